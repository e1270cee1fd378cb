#!/usr/bin/python3
"""Pauses of the queue, and what is done with many of its messages at once."""
import re
import time

import web

PATIENCE_S = 120


def submit(w, box, to):
    """Through webmail, at once."""
    cookie = {"Cookie": w.log_in(box["address"], box["password"])}

    def post(path, fields):
        page = w.call("GET", "/mail/settings/sending", token=None, headers=cookie)
        csrf = re.search(rb'name="csrf"[^>]*value="([^"]+)"', page.raw).group(1).decode()
        return w.form(path, {"csrf": csrf, **fields}, headers={**cookie, "Origin": w.start["https"]})

    post("/mail/settings/sending", {"undo_s": "0"})
    answer = post("/mail/compose", {"to": to, "subject": "queue", "text": "Hello.", "do": "send"})
    post("/mail/settings/sending", {"undo_s": "10"})
    return answer


def jobs(w, destination, **options):
    return w.api("GET", f"/queue?destination={destination}", **options).json["items"]


def until(w, name, condition):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if condition():
            return w.check(True, name)
        time.sleep(0.3)
    return w.check(False, name)


def destinations(w):
    box = w.start["mailboxes"][0]
    name = f"paused-{w.mark}.example"
    answer = w.api("POST", "/queue/pauses", {"kind": "destination", "value": name.upper(), "reason": "They asked us to."})
    w.check(answer.status == 200 and answer.json["value"] == name, "a destination is paused", answer)
    w.is_problem(w.api("POST", "/queue/pauses", {"kind": "destination", "value": name}, token="customer"), 403, "forbidden",
                 "customers pause no destinations")
    listed = w.api("GET", "/queue/pauses", token="customer").json["items"]
    w.check(any(p["value"] == name for p in listed), "everybody sees it", listed)
    submit(w, box, f"a@{name}, b@{name}")
    w.check(len(jobs(w, name)) == 2, "its mail is queued")
    answer = w.api("POST", "/queue/act", {"do": "retry", "destination": name})
    w.check(answer.json == {"done": 2}, "it may be asked for at once", answer)
    time.sleep(1)
    waiting = jobs(w, name)
    w.check([j["attempts"] for j in waiting] == [0, 0] and waiting[0]["state"] == "waiting", "and is not tried all the same", waiting)
    group = [g for g in w.api("GET", "/queue/groups").json["items"] if g["destination"] == name]
    w.check(len(group) == 1 and group[0]["paused"] and group[0]["messages"] == 2, "the group says so", group)
    answer = w.api("DELETE", f"/queue/pauses/destination/{name}")
    w.check(answer.status == 204, "it is resumed", answer)
    w.check(w.api("DELETE", f"/queue/pauses/destination/{name}").status == 404, "once")
    until(w, "then it is tried", lambda: not jobs(w, name) or all(j["attempts"] > 0 for j in jobs(w, name)))


def senders(w):
    box = w.start["mailboxes"][1]
    name = f"sender-{w.mark}.example"
    answer = w.api("POST", "/queue/pauses", {"kind": "sender", "value": box["address"], "reason": "Looks stolen."}, token="customer")
    w.check(answer.status == 200, "a customer pauses one of its senders", answer)
    w.check(w.api("POST", "/queue/pauses", {"kind": "sender", "value": "root@elsewhere.example"}, token="customer").status == 404,
            "nobody else's")
    w.check(w.api("POST", "/queue/pauses", {"kind": "sender", "value": "no-address"}, token="customer").status == 422, "an address")
    submit(w, box, f"a@{name}")
    held = jobs(w, name, token="customer")
    w.check(len(held) == 1 and held[0]["state"] == "held" and held[0]["hold_reason"] == "paused", "what it sends is held", held)
    found = [s for s in w.api("GET", "/queue/senders", token="customer").json["items"] if s["sender"] == box["address"]]
    w.check(len(found) == 1 and found[0]["paused"] and found[0]["held"] >= 1, "the list of senders says so", found)
    answer = w.api("DELETE", f"/queue/pauses/sender/{box['address']}", token="customer")
    w.check(answer.status == 204, "it is resumed", answer)
    w.check(all(j["state"] != "held" for j in jobs(w, name, token="customer")), "and its mail goes on")


def many(w):
    box = w.start["mailboxes"][0]
    name = f"many-{w.mark}.example"
    w.api("POST", "/queue/pauses", {"kind": "destination", "value": name})
    submit(w, box, ", ".join(f"r{i}@{name}" for i in range(5)))
    w.is_problem(w.api("POST", "/queue/act", {"do": "remove"}), 422, "invalid", "everything is not what is meant")
    answer = w.api("POST", "/queue/act", {"do": "remove", "destination": name, "note": "a test"})
    w.check(answer.json == {"done": 5} and not jobs(w, name), "all of a destination are removed", answer)
    trace = w.api("GET", f"/trace?address=r3@{name}").json["items"]
    w.check(trace and all("a test" in t["text"] for t in trace), "the trace says why", trace)
    w.api("DELETE", f"/queue/pauses/destination/{name}")


if __name__ == "__main__":
    web.main(destinations, senders, many)
