#!/usr/bin/env python3
"""The trace: what came, what was refused and why; found by address, Message-ID, peer and state; one's own only.

    test_trace.py --json quickstart.json
"""
import smtplib
import time

import web


def wait_for(ask, patience_s=60):
    """The first answer that is true: refused recipients are written behind the session's back."""
    until = time.monotonic() + patience_s
    while time.monotonic() < until:
        found = ask()
        if found:
            return found
        time.sleep(0.05)
    return None


def rows(w, query, token="customer"):
    return w.api("GET", "/trace?" + query, token=token).json["items"]


def send(w):
    """One message that arrives, one refused recipient, one message that is refused at its end."""
    bob = w.start["mailboxes"][1]["address"]
    with smtplib.SMTP(w.host, w.ports["smtp"], timeout=30) as smtp:
        smtp.ehlo("client.test")
        sender = f"s{w.mark}@sender.test"
        smtp.sendmail(sender, [bob], f"Message-ID: <good-{w.mark}@x.test>\r\nSubject: =?utf-8?q?gr=C3=BCn?= {w.mark}"
                                     "\r\n\r\nx\r\n")
        smtp.mail(sender)
        code, _ = smtp.rcpt(f"nobody-{w.mark}@example.test")
        w.check(code == 550, "an unknown recipient is refused at RCPT", code)
        smtp.rset()
        smtp.mail(sender)
        smtp.rcpt(bob)
        smtp.docmd("DATA")
        smtp.send(f"Message-ID: <bad-{w.mark}@x.test>\r\nSubject: bare {w.mark}\r\n\r\nx\ny\r\n.\r\n")
        code, text = smtp.getreply()
        w.check(code == 550 and text.startswith(b"5.5.2"), "requirement 1: a bare LF is 550 5.5.2", (code, text))
    return bob, sender


def test_search(w):
    bob, sender = send(w)
    refused = wait_for(lambda: [r for r in rows(w, f"address={sender}") if r["to"].startswith("nobody")])
    w.check(refused and refused[0]["state"] == "recipient.refused" and "550 5.1.1" in refused[0]["text"],
            "the refused recipient is in the trace, with the reply", refused)
    found = rows(w, f"address={sender}")
    states = sorted(r["state"] for r in found)
    w.check(states == ["message.delivered", "message.refused", "recipient.refused"],
            "one row a message and recipient, refused ones too", found)
    w.check(all(r["from"] == sender for r in found), "with the sender", found)

    good = rows(w, f"message_id=<good-{w.mark}@x.test>")
    w.check(len(good) == 1 and good[0]["state"] in ("message.delivered", "message.junked") and good[0]["to"] == bob
            and good[0]["subject"] == f"gr\u00fcn {w.mark}", "found by Message-ID, with its subject", good)
    bad = rows(w, f"message_id=bad-{w.mark}@x.test")
    w.check(len(bad) == 1 and bad[0]["state"] == "message.refused" and "CR LF" in bad[0]["text"]
            and bad[0]["subject"] == f"bare {w.mark}", "a refused one too", bad)
    w.check(rows(w, f"message_id={good[0]['id']}") == good, "found by the id of our reply")
    w.check(rows(w, f"address=sender.test&message_id={bad[0]['id']}") == bad, "found by the sender's domain")
    w.check({r["state"] for r in rows(w, f"address={sender}&state=refused")}
            == {"message.refused", "recipient.refused"}, "state=refused")
    w.check(len(rows(w, f"address={sender}&direction=in")) == 3 and not rows(w, f"address={sender}&direction=out"),
            "direction=in")
    w.check(not rows(w, f"address={sender}&since=2099-01-01T00:00:00Z"), "since is a bound")
    answer = w.api("GET", "/trace?state=lost", token="customer")
    w.is_problem(answer, 422, "invalid", "a state that does not exist")

    event = w.api("GET", f"/trace/{bad[0]['id']}", token="customer").json["events"][0]
    w.check(event["evidence"]["peer"] and event["evidence"]["status"] == "5.5.2"
            and event["evidence"]["message_id"] == f"bad-{w.mark}@x.test", "the evidence", event)
    return good[0]["id"], bad[0]["id"], sender


def test_pages(w):
    """Cursor paging gives every row once."""
    everything = rows(w, "limit=20")
    cursor, seen = "", []
    while len(seen) < len(everything):
        answer = w.api("GET", f"/trace?limit=3{'&cursor=' + cursor if cursor else ''}", token="customer").json
        seen += answer["items"]
        cursor = answer["next_cursor"]
        if not cursor:
            break
    # What comes in meanwhile comes first; ids sort by time, so nothing is there twice.
    keys = [(r["id"], r["to"]) for r in seen]
    w.check(len(keys) == len(set(keys)) and keys == sorted(keys, reverse=True), "pages follow each other", keys)


def test_strangers(w):
    """Somebody else's trace is not there: neither in lists nor by its id."""
    good, bad, sender = test_search(w)
    _, cookie = w.customer()
    other = {"token": None, "headers": {"Cookie": cookie}}
    w.check(w.api("GET", f"/trace?address={sender}", **other).json["items"] == [], "another customer's list is empty")
    for trace_id in (good, bad):
        w.is_problem(w.api("GET", f"/trace/{trace_id}", **other), 404, "not_found", "a foreign id")
    page = w.call("GET", f"/messages?q={sender}&state=refused", **other)
    w.check(page.status == 200 and good not in page.raw.decode() and bad not in page.raw.decode(), "nor on its page")


def test_panel(w):
    """The page searches and filters without JavaScript; pages keep what was asked for."""
    cookie = {"Cookie": w.log_in(w.logins["customer"]["login"], w.logins["customer"]["password"])}
    sender = f"s{w.mark}@sender.test"
    for query, count in ((f"q={sender}", 3), (f"q={sender}&state=refused", 2), (f"q={sender}&direction=out", 0),
                         (f"q={sender}&since=hour", 3), (f"q=good-{w.mark}@x.test", 1), ("q=%3Cno@such.id%3E", 0)):
        page = w.call("GET", "/messages?" + query, token=None, headers=cookie)
        body = page.raw.decode()
        w.check(page.status == 200 and body.count('<a href="/messages/') == count, f"/messages?{query}: {count} rows",
                body[-3000:])
    page = w.call("GET", "/messages?state=delivered&since=week", token=None, headers=cookie).raw.decode()
    w.check('value="delivered" selected' in page and 'value="week" selected' in page, "the form says what is shown")
    w.check("rel=\"next\"" not in page or "&amp;state=delivered&amp;since=week" in page, "the next page too")
    trace_id = rows(w, f"message_id=bad-{w.mark}@x.test")[0]["id"]
    page = w.call("GET", f"/messages/{trace_id}", token=None, headers=cookie)
    w.check(page.status == 200 and "CR LF" in page.raw.decode() and 'class="timeline"' in page.raw.decode(),
            "the page of one message says why it was refused", page)


if __name__ == "__main__":
    web.main(test_strangers, test_panel, test_pages)
