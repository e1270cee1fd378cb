#!/usr/bin/python3
"""Many at once and undone again: by names and by what matches, with what was changed since left alone; imports too."""
import web


def fill(w, n=5):
    name = f"k{w.mark}.example"
    w.api("POST", "/domains", {"name": name}, token="reseller")
    for i in range(n):
        made = w.api("POST", "/mailboxes", {"address": f"b{i}@{name}", "password": "a long password", "quota_bytes": 1000 + i},
                     token="reseller")
        if made.status != 201:
            raise AssertionError(made)
    return name


def bulk(w, path, body, token="reseller", dry=""):
    return w.api("POST", f"{path}/bulk{dry}", body, token=token)


def undo(w, made, token="reseller"):
    return w.api("POST", f"/bulk/{made.json['id']}/undo", {}, token=token)


def mailboxes(w):
    name = fill(w)

    def seen(i, field):
        return w.api("GET", f"/mailboxes/b{i}@{name}", token="reseller").json.get(field)

    dry = bulk(w, "/mailboxes", {"action": "delete", "all": True, "domain": name}, dry="?dry_run=1")
    w.check(dry.json["body"]["done"] == 5 and dry.json["body"]["id"] is None, "a rehearsal", dry)
    w.check(seen(0, "quota_bytes") == 1000, "changes nothing")
    w.api("PATCH", f"/mailboxes/b1@{name}", {"no_send": True, "suspend_reason": "Spam."}, token="reseller")
    made = bulk(w, "/mailboxes", {"action": "suspend", "names": [f"b0@{name}", f"b1@{name}", f"nobody@{name}"], "suspend_reason": "Bills."})
    w.check((made.json["done"], made.json["refused"], [e["object"] for e in made.json["errors"]]) == (2, 1, [f"nobody@{name}"]),
            "two suspended, one is not there", made)
    w.check(seen(0, "no_login") and seen(1, "suspend_reason") == "Bills.", "with the reason")
    back = undo(w, made)
    w.check((back.json["undone"], back.json["kept"]) == (2, 0), "undone", back)
    w.check(not seen(0, "suspended") and seen(1, "no_send") and not seen(1, "no_login") and seen(1, "suspend_reason") == "Spam.",
            "each as it was before")
    w.is_problem(undo(w, made), 409, "conflict", "a second time")
    quota = bulk(w, "/mailboxes", {"action": "quota", "quota_bytes": 5000, "all": True, "q": f"@{name}"})
    w.check(quota.json["done"] == 5 and seen(4, "quota_bytes") == 5000, "a quota for all that match", quota)
    w.api("PATCH", f"/mailboxes/b2@{name}", {"name": "Changed"}, token="reseller")
    back = undo(w, quota)
    w.check((back.json["undone"], back.json["kept"], [e["object"] for e in back.json["errors"]]) == (4, 1, [f"b2@{name}"]),
            "what was changed since stays and is told", back)
    w.check([seen(i, "quota_bytes") for i in range(5)] == [1000, 1001, 5000, 1003, 1004], "the others are as before")
    gone = bulk(w, "/mailboxes", {"action": "delete", "all": True, "domain": name})
    w.check(gone.json["done"] == 5 and w.api("GET", f"/mailboxes?domain={name}", token="reseller").json["items"] == [], "deleted", gone)
    w.check(undo(w, gone).json["undone"] == 5 and seen(3, "quota_bytes") == 1003, "and brought back")
    w.is_problem(undo(w, quota, "customer"), 404, "not_found", "somebody else's")
    w.is_problem(bulk(w, "/mailboxes", {"action": "delete"}), 422, "invalid", "nothing selected")
    w.is_problem(bulk(w, "/mailboxes", {"action": "quota", "names": [f"b0@{name}"]}), 422, "invalid", "a quota without the quota")
    foreign = bulk(w, "/mailboxes", {"action": "delete", "names": [f"b0@{name}"]}, token="customer")
    w.check(foreign.json["done"] == 0 and foreign.json["refused"] == 1, "another tenant's mailbox is refused", foreign)
    listed = w.api("GET", "/bulk?limit=2", token="reseller").json
    w.check(len(listed["items"]) == 2 and gone.json["id"] in [b["id"] for b in listed["items"]], "they are listed", listed)


def others(w):
    name = f"o{w.mark}.example"
    login, _ = w.customer("reseller")
    w.api("POST", "/domains", {"name": name, "account": login}, token="reseller")
    for i in range(3):
        w.api("POST", "/aliases", {"address": f"a{i}@{name}", "targets": ["x@far.example", f"y{i}@far.example"], "posters": "members"},
              token="reseller")
    before = w.api("GET", f"/aliases/a2@{name}", token="reseller").json
    gone = bulk(w, "/aliases", {"action": "delete", "all": True, "domain": name})
    w.check(gone.json["done"] == 3 and w.api("GET", f"/aliases/a2@{name}", token="reseller").status == 404, "aliases deleted", gone)
    w.check(undo(w, gone).json["undone"] == 3, "and back")
    after = w.api("GET", f"/aliases/a2@{name}", token="reseller").json
    w.check(all(before[k] == after[k] for k in ("targets", "posters", "name")), "with all they had", after)
    w.api("POST", "/plans", {"name": f"Plan {w.mark}", "max_domains": 9}, token="reseller")
    plan = bulk(w, "/accounts", {"action": "plan", "plan": f"Plan {w.mark}", "names": [login]})
    w.check(w.api("GET", f"/accounts/{login}", token="reseller").json["plan"] == f"Plan {w.mark}", "a plan for many", plan)
    w.check(undo(w, plan).json["undone"] == 1 and w.api("GET", f"/accounts/{login}", token="reseller").json["plan"] is None, "undone")
    both = bulk(w, "/domains", {"action": "delete", "names": [name]})
    w.check(both.json["done"] == 1 and w.api("GET", f"/domains/{name}", token="reseller").status == 404, "a domain with all in it", both)
    w.check(undo(w, both).json["undone"] == 1 and w.api("GET", f"/aliases/a0@{name}", token="reseller").status == 200, "comes back with it")
    w.check(bulk(w, "/accounts", {"action": "delete", "all": True}, token="customer").status == 403, "customers have no accounts below")


def imports(w):
    name = f"m{w.mark}.example"
    text = "address,password_hash\n" + "".join(
        f"p{i}@{name},$2b$05$abcdefghijklmnopqrstuuJBI4qTrB.QDbkzLWuLp7mX8qPUPG7TG\n" for i in range(8)) + "broken,x\n"
    w.check(w.api("POST", "/import/mailboxes", {"csv": text}, token="reseller").json["created"] == 0, "no domain, no mailboxes")
    done = w.api("POST", "/import/mailboxes", {"csv": text, "add_domains": True}, token="reseller")
    w.check((done.json["created"], done.json["refused"]) == (8, 1), "with their domain", done)
    keys = w.api("GET", f"/domains/{name}/dkim", token="reseller").json["items"]
    w.check(sorted(k["algorithm"] for k in keys) == ["ed25519", "rsa"], "which has both keys when it is asked for them", keys)
    w.api("PATCH", f"/mailboxes/p3@{name}", {"name": "In use"}, token="reseller")
    back = undo(w, done)
    w.check((back.json["undone"], back.json["kept"]) == (7, 2), "undone but for what is used, and its domain", back)
    w.check([m["address"] for m in w.api("GET", f"/mailboxes?domain={name}", token="reseller").json["items"]] == [f"p3@{name}"], "it is")
    again = w.api("POST", "/import/mailboxes", {"csv": text, "add_domains": True}, token="reseller")
    w.check(again.json["created"] == 7, "and in again", again)
    clean = f"n{w.mark}.example"
    both = w.api("POST", "/import/mailboxes", {"csv": text.replace(name, clean), "add_domains": True}, token="reseller")
    back = undo(w, both)
    w.check((back.json["undone"], back.json["kept"]) == (9, 0) and w.api("GET", f"/domains/{clean}", token="reseller").status == 404,
            "an untouched import goes as a whole, domain and all", back)


if __name__ == "__main__":
    web.main(mailboxes, others, imports)
