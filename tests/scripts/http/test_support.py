#!/usr/bin/python3
"""Support access: a parent sees what its customer sees, for a while, under both names. REQUIREMENTS 64, 65, 70."""
import re
import secrets

import web
from test_second_factor import Browser

REASON = "Ticket 4711: DNS"


def setting(w):
    """A customer with a domain and a mailbox, a stranger, and the reseller in a browser."""
    login, cookie = w.customer("reseller")
    token = w.token_of(login, "a long password")
    domain = f"d{secrets.token_hex(4)}.example"
    for path, body in (("/domains", {"name": domain}), ("/mailboxes", {"address": f"box@{domain}", "password": "a long password"})):
        made = w.api("POST", path, body, token=token)
        if made.status != 201:
            raise AssertionError(made)
    reseller = w.logins["reseller"]
    return login, domain, token, Browser(w, w.log_in(reseller["login"], reseller["password"])), Browser(w, cookie)


def act(w, browser, login, reason=REASON):
    return browser.post(f"/customers/{login}/act", {"reason": reason}, f"/customers/{login}")


def entries(w, token):
    return w.api("GET", "/audit?limit=100", token=token).json["items"]


def test_act(w):
    login, domain, token, browser, _ = setting(w)
    reseller = w.logins["reseller"]["login"]
    w.check(act(w, browser, login, "x").status == 422, "no access without a reason")
    before = browser.get("/customers/new")
    stale = re.search(rb'name="csrf"[^>]*value="([^"]+)"', before.raw).group(1).decode()
    begun = act(w, browser, login)
    w.check(begun.status == 303 and begun.headers["Location"].startswith("/?done="), "it begins", begun)

    for path in ("/", "/domains", "/mailboxes", f"/domains/{domain}/dns", "/audit", "/queue", "/messages", "/help/api"):
        page = browser.get(path)
        w.check(page.status == 200 and b'class="acting"' in page.raw and login.encode() in page.raw, f"{path} says for whom", page)
    w.check(domain.encode() in browser.get("/domains").raw, "what is the customer's is there")
    listed = browser.get("/domains").raw
    w.check(b"example.test" not in listed.replace(w.start["hostname"].encode(), b""), "and nothing else of the reseller's", listed[-3000:])
    w.check(browser.get("/customers").status == 403, "nor its other customers")
    for path in ("/tokens", "/account"):
        page = browser.get(path)
        w.check(page.status == 403 and b'class="acting"' in page.raw, f"{path} stays shut, and says so", page)

    old = w.form("/customers/new", {"login": "x@x.example", "csrf": stale}, headers={"Cookie": browser.cookie})
    w.check(old.status == 403, "a form opened before is void", old)
    made = browser.post("/domains/new", {"name": f"sub.{domain}"}, "/domains/new")
    w.check(made.status == 303, "a change is made", made)

    forbidden = {
        f"/mailboxes/box@{domain}/password": {"password": "another long one"},
        "/account/password": {"current": "a long password", "password": "another long one"},
        "/account/profile": {"contact": "evil@x.example"},
        "/account/second-factor": {}, "/tokens": {"label": "x", "scope": "*"},
    }
    for path, fields in forbidden.items():
        w.check(browser.post(path, fields, "/domains").status == 403, f"POST {path} is the owner's alone")
    csrf = re.search(rb'name="csrf"[^>]*value="([^"]+)"', browser.get("/domains").raw).group(1).decode()
    head = {"Cookie": browser.cookie, "X-CSRF-Token": csrf}
    calls = (("PATCH", f"/mailboxes/box@{domain}", {"password": "another long one"}), ("POST", "/tokens", {"label": "x", "scopes": ["*"]}),
             ("GET", "/tokens", None), ("POST", f"/mailboxes/box@{domain}/app-passwords", {"label": "x"}),
             ("PUT", f"/mailboxes/box@{domain}/forwarding", {"targets": ["evil@x.example"]}),
             ("PATCH", f"/accounts/{login}", {"contact": "evil@x.example"}))
    for method, path, body in calls:
        answer = w.api(method, path, body, token=None, headers=head)
        w.is_problem(answer, 403, "forbidden", f"{method} {path.split('/')[1]} by API, too")
    w.check(w.api("GET", "/domains", token=None, headers=head).status == 200, "reading works by API")
    inbox = browser.get("/mail/inbox")
    w.check(inbox.status in (303, 401, 403), "mail is out of reach", inbox)

    seen = {e["action"]: e for e in reversed(entries(w, token))}
    w.check(seen["support.begin"]["actor"] == reseller and seen["support.begin"]["after"]["reason"] == REASON, "the owner reads who and why", seen)
    w.check((seen["domain.create"]["actor"], seen["domain.create"]["on_behalf_of"]) == (reseller, login), "and each change under both names", seen["domain.create"])

    ended = browser.post("/support/end", {}, "/domains")
    w.check(ended.status == 303 and ended.headers["Location"].startswith(f"/customers/{login}"), "it ends", ended)
    w.check(b'class="acting"' not in browser.get("/domains").raw and browser.get("/customers").status == 200, "and the reseller is itself again")
    last = entries(w, token)[0]
    w.check(last["action"] == "support.end" and last["on_behalf_of"] == login, "which is written down", last)
    again = browser.post("/support/end", {}, "/domains")
    w.check(again.status == 303, "ending twice does no harm", again)


def test_who(w):
    login, _, _, browser, customer = setting(w)
    own = act_raw(w, browser, w.logins["reseller"]["login"])
    w.check(own.status == 403, "nobody acts for themselves", own)
    above = act_raw(w, browser, w.logins["admin"]["login"])
    w.check(above.status == 404, "nor for those above", above)
    w.check(act_raw(w, customer, login).status == 403, "customers act for nobody")
    admin = w.logins["admin"]
    high = Browser(w, w.log_in(admin["login"], admin["password"]))
    w.check(act(w, high, w.logins["reseller"]["login"]).status == 303, "an admin acts for a reseller")
    nested = act(w, high, login)
    w.check(nested.status == 403, "but from there for nobody else", nested)
    token = w.api("POST", f"/customers/{login}/act", {}, token="reseller")
    w.check(token.status == 404, "tokens have no such thing", token)
    out = high.post("/logout", {}, "/domains")
    w.check(out.status == 303, "logging out ends it", out)
    actions = [(e["action"], e["object"]) for e in entries(w, "admin")]
    w.check(("support.end", w.logins["reseller"]["login"]) in actions, "and is written down", actions[:5])


def act_raw(w, browser, login):
    return browser.post(f"/customers/{login}/act", {"reason": REASON}, "/domains")


if __name__ == "__main__":
    web.main(test_act, test_who)
