#!/usr/bin/python3
"""Tenants: plans and their pools, suspension by four switches, deletion with undo, transfer. REQUIREMENTS 64."""
import datetime
import smtplib

import web

PASSWORD = "a long password"


def reseller(w, **plan):
    """A reseller of its own, with a plan: (login, token)."""
    login = f"r{w.mark}{w.count}@web.example"
    made = w.api("POST", "/plans", {"name": f"plan {login}", "mailbox_quota_bytes": 1000, **plan})
    assert made.status == 201, made
    made = w.api("POST", "/accounts", {"login": login, "password": PASSWORD, "role": "reseller", "plan": f"plan {login}"})
    assert made.status == 201, made
    return login, w.token_of(login, PASSWORD)


def customer(w, token, plan=None, name="c"):
    login = f"{name}{w.mark}{w.count}@web.example"
    body = {"login": login, "password": PASSWORD, "role": "customer"}
    made = w.api("POST", "/accounts", {**body, **({"plan": plan} if plan else {})}, token=token)
    assert made.status == 201, made
    return login, w.token_of(login, PASSWORD)


def mailbox(w, token, address, **more):
    return w.api("POST", "/mailboxes", {"address": address, "password": PASSWORD, **more}, token=token)


def plans(w):
    login, token = reseller(w, max_domains=2, max_mailboxes=3, max_aliases=1, max_storage_bytes=5000, send_per_day=100)
    too_much = w.api("POST", "/plans", {"name": "Big", "max_domains": 3, "max_mailboxes": 3, "max_aliases": 1,
                                        "max_storage_bytes": 10, "send_per_day": 10, "mailbox_quota_bytes": 5}, token=token)
    w.is_problem(too_much, 409, "limit", "a plan beyond one's own")
    w.check(too_much.json["errors"][0]["field"] == "max_domains", "names the figure", too_much)
    w.is_problem(w.api("POST", "/plans", {"name": "Open"}, token=token), 409, "limit", "an unlimited plan of a limited reseller")
    small = {"name": "Small", "max_domains": 1, "max_mailboxes": 2, "max_aliases": 1, "max_storage_bytes": 4000,
             "send_per_day": 50, "mailbox_quota_bytes": 1000}
    made = w.api("POST", "/plans", small, token=token)
    w.check(made.status == 201 and made.headers["Location"].endswith(f"/plans/{made.json['id']}"), "a plan is made", made)
    w.check(all(made.json[key] == value for key, value in small.items()) and made.json["send_per_hour"] is None,
            "and is what was asked for", made)
    w.is_problem(w.api("POST", "/plans", small, token=token), 409, "exists", "the same name again")
    w.is_problem(w.api("POST", "/plans", {"name": "x", "max_storage_bytes": 1}), 422, "invalid", "storage without a quota")

    _, own = customer(w, token, plan="Small")
    w.check(w.api("POST", "/domains", {"name": f"a{w.mark}.example"}, token=own).status == 201, "one domain")
    second = w.api("POST", "/domains", {"name": f"b{w.mark}.example"}, token=own)
    w.is_problem(second, 409, "limit", "a second domain")
    w.check("1 of 1 domains" in second.json["detail"], "the refusal has the figures", second)
    w.check(mailbox(w, own, f"a@a{w.mark}.example").json["quota_bytes"] == 1000, "a mailbox gets the plan's quota")
    w.is_problem(mailbox(w, own, f"b@a{w.mark}.example", quota_bytes=3001), 409, "limit", "more storage than there is")
    w.check(mailbox(w, own, f"b@a{w.mark}.example", quota_bytes=3000).status == 201, "all of the storage")
    w.is_problem(w.api("PATCH", f"/mailboxes/b@a{w.mark}.example", {"quota_bytes": 3001}, token=own), 409, "limit",
                 "a larger quota")
    w.is_problem(mailbox(w, own, f"c@a{w.mark}.example", quota_bytes=1), 409, "limit", "a third mailbox")
    alias = {"address": f"x@a{w.mark}.example", "targets": ["a@b.example"]}
    w.check(w.api("POST", "/aliases", alias, token=own).status == 201, "one alias")
    w.is_problem(w.api("POST", "/aliases", {**alias, "address": f"y@a{w.mark}.example"}, token=own), 409, "limit", "two")

    _, other = customer(w, token, plan="Small")
    w.api("POST", "/domains", {"name": f"c{w.mark}.example"}, token=other)
    w.check(mailbox(w, other, f"a@c{w.mark}.example", quota_bytes=1).status == 201, "the reseller's third mailbox")
    full = mailbox(w, other, f"b@c{w.mark}.example", quota_bytes=1)
    w.is_problem(full, 409, "limit", "the reseller's pool is used up, not the customer's")
    w.check("provider" in full.json["detail"] and login not in full.json["detail"], "a customer does not see whose", full)
    full = mailbox(w, token, f"b@c{w.mark}.example", quota_bytes=1)
    w.check(login in full.json["detail"] and "3 of 3 mailboxes" in full.json["detail"], "the reseller sees its own", full)

    usage = w.api("GET", f"/accounts/{login}", token=token).json["usage"]
    w.check(usage["mailboxes"] == {"pool": 3, "given_out": 4, "used": 3}, "pool, given out, used", usage)
    w.check(usage["storage"] == {"pool": 5000, "given_out": 8000, "used": 4001}, "of storage too", usage)
    w.is_problem(w.api("DELETE", f"/plans/{made.json['id']}", token=token), 409, "conflict", "a plan that accounts have")
    changed = w.api("PATCH", f"/plans/{made.json['id']}", {"send_per_hour": 7, "max_aliases": 0}, token=token,
                    headers={"If-Match": made.headers["ETag"]})
    w.check(changed.status == 200 and changed.json["send_per_hour"] == 7 and changed.json["max_domains"] == 1, "a plan changes", changed)
    w.is_problem(w.api("PATCH", f"/plans/{made.json['id']}", {"name": "x"}, token=token, headers={"If-Match": made.headers["ETag"]}),
                 412, "version_mismatch", "of an old version")


def own_plan(w):
    login, token = reseller(w, max_domains=1)
    w.is_problem(w.api("PATCH", f"/accounts/{login}", {"plan": None}, token=token), 403, "forbidden", "one's own plan")
    w.is_problem(w.api("POST", "/accounts", {"login": f"q{w.mark}@web.example", "password": PASSWORD, "role": "customer",
                                             "plan": "no such plan"}, token=token), 404, "not_found", "an unknown plan")
    w.check(w.api("PATCH", f"/accounts/{login}", {"plan": None}).json["plan"] is None, "the admin takes the plan away")


def suspension(w):
    login, token = customer(w, "reseller")
    name = f"s{w.mark}.example"
    w.api("POST", "/domains", {"name": name}, token=token)
    mailbox(w, token, f"a@{name}")
    soon = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    for path, who in ((f"/domains/{name}", token), (f"/mailboxes/a@{name}", token), (f"/accounts/{login}", "reseller")):
        off = w.api("PATCH", path, {"no_send": True, "hold_out": True, "suspend_reason": "Spam was sent.", "suspend_until": soon},
                    token=who)
        w.check(off.status == 200 and off.json["suspended"] and off.json["no_send"] and off.json["hold_out"]
                and not off.json["no_login"] and off.json["suspend_reason"] == "Spam was sent."
                and off.json["suspend_until"][:19] == soon[:19], f"{path}: switched off, with reason and end", off)
        w.is_problem(w.api("PATCH", path, {"suspend_until": "2020-01-01T00:00:00Z"}, token=who), 422, "invalid", "an end in the past")
        on = w.api("PATCH", path, {"suspended": False}, token=who)
        w.check(on.status == 200 and not any(on.json[key] for key in ("suspended", "no_login", "no_send", "no_receive", "hold_out",
                                             "suspend_reason", "suspend_until")), f"{path}: and on again", on)
    w.check(w.api("PATCH", f"/mailboxes/a@{name}", {"pop3": False, "imap": True}, token=token).json["pop3"] is False, "no POP3")


def undo(w):
    login, token = customer(w, "reseller")
    name = f"u{w.mark}.example"
    w.api("POST", "/domains", {"name": name}, token=token)
    mailbox(w, token, f"a@{name}")
    w.check(w.api("DELETE", f"/mailboxes/a@{name}", token=token).status == 204, "a mailbox is deleted")
    w.check(w.api("GET", f"/mailboxes/a@{name}", token=token).status == 404, "and gone")
    listed = w.api("GET", "/deleted", token=token).json["items"]
    w.check([(d["kind"], d["name"]) for d in listed] == [("mailbox", f"a@{name}")], "but listed", listed)
    back = w.api("POST", f"/mailboxes/a@{name}/restore", {}, token=token)
    w.check(back.status == 200 and w.api("GET", f"/mailboxes/a@{name}", token=token).status == 200, "and comes back", back)
    w.check(w.log_in(f"a@{name}", PASSWORD).startswith("__Host-ms_mail"), "with its password")
    w.api("DELETE", f"/mailboxes/a@{name}", token=token)
    mailbox(w, token, f"a@{name}")
    w.is_problem(w.api("POST", f"/mailboxes/a@{name}/restore", {}, token=token), 409, "exists", "its address is taken")

    w.is_problem(w.api("DELETE", f"/domains/{name}", token=token), 409, "conflict", "a domain with mailboxes")
    w.check(w.api("DELETE", f"/domains/{name}?cascade=1", token=token).status == 204, "with all that is in it")
    w.check(w.api("GET", f"/mailboxes/a@{name}", token=token).status == 404, "its mailboxes are gone too")
    w.check(w.form("/login", {"login": f"a@{name}", "password": PASSWORD}).status == 422, "and do not log in")
    other = w.api("POST", "/domains", {"name": name})
    w.check(other.status == 201, "its name is free at once", other)
    w.is_problem(w.api("POST", f"/domains/{name}/restore", {}, token=token), 409, "exists", "so it cannot come back")
    w.api("DELETE", f"/domains/{name}?cascade=1")
    w.check(w.api("POST", f"/domains/{name}/restore", {}, token=token).status == 200, "until it is free again")
    w.check(w.api("GET", f"/mailboxes/a@{name}", token=token).status == 200, "with its mailboxes")

    w.is_problem(w.api("DELETE", f"/accounts/{login}", token=token), 403, "forbidden", "one's own account")
    w.check(w.api("DELETE", f"/accounts/{login}", token="reseller").status == 204, "a customer is deleted")
    w.is_problem(w.api("GET", "/domains", token=token), 401, "bad_token", "its token")
    w.check(w.api("GET", f"/domains/{name}", token="reseller").status == 404, "its domain went with it")
    back = w.api("POST", f"/accounts/{login}/restore", {}, token="reseller")
    w.check(back.status == 200 and back.json["domains"] == 1, "and comes back with it", back)
    w.check(w.api("GET", f"/mailboxes/a@{name}", token=token).status == 200, "all of it")


def transfer(w):
    _, token = reseller(w, max_domains=5, max_mailboxes=5, max_aliases=5)
    w.api("POST", "/plans", {"name": "One", "max_domains": 5, "max_mailboxes": 1, "max_aliases": 5, "mailbox_quota_bytes": 10},
          token=token)
    (_, own), (to, _) = customer(w, token, name="d"), customer(w, token, plan="One", name="e")
    name = f"t{w.mark}.example"
    w.api("POST", "/domains", {"name": name}, token=own)
    mailbox(w, own, f"a@{name}")
    mailbox(w, own, f"b@{name}")
    w.is_problem(w.api("PATCH", f"/domains/{name}", {"account": to}, token=token), 409, "limit", "no room for its mailboxes")
    w.api("DELETE", f"/mailboxes/b@{name}", token=own)
    moved = w.api("PATCH", f"/domains/{name}", {"account": to}, token=token)
    w.check(moved.status == 200 and moved.json["account"] == to, "a domain goes to another customer", moved)
    w.check(w.api("GET", f"/domains/{name}", token=own).status == 404, "who had it does not see it any more")


def forwarding(w):
    name = f"f{w.mark}.example"
    w.api("POST", "/domains", {"name": name})
    for local in "ab":
        mailbox(w, "admin", f"{local}@{name}")
    path = f"/mailboxes/a@{name}/forwarding"
    w.check(w.api("GET", path).json == {"targets": [], "keep": True}, "mail stays at first")
    on = w.api("PUT", path, {"targets": [f"b@{name}"]})
    w.check(on.json == {"targets": [f"b@{name}"], "keep": True} and w.api("GET", path).json == on.json, "passed on, with a copy", on)
    w.check(set(w.api("GET", f"/aliases/a@{name}").json["targets"]) == {f"a@{name}", f"b@{name}"}, "which delivery sees")
    off = w.api("PUT", path, {"targets": [f"b@{name}"], "keep": False})
    w.check(off.json["keep"] is False and w.api("GET", f"/aliases/a@{name}").json["targets"] == [f"b@{name}"], "without", off)
    w.is_problem(w.api("PUT", path, {"targets": [f"A@{name}"]}), 422, "invalid", "to itself")
    w.is_problem(w.api("PUT", path, {"targets": ["nobody"]}), 422, "invalid", "to no address")
    w.check(w.api("PUT", path, {"targets": []}).json == {"targets": [], "keep": True}, "and ended")
    w.check(w.api("GET", f"/aliases/a@{name}").status == 404, "nothing is left of it")


def post(w, sender, recipient, login=PASSWORD):
    """What RCPT answers: by submission, or to port 25 without a log-in."""
    with smtplib.SMTP(w.host, w.ports["submission" if login else "smtp"], timeout=60) as smtp:
        smtp.ehlo("client.example")
        if login:
            smtp.starttls(context=w.tls)
            smtp.ehlo("client.example")
            smtp.login(sender, login)
        smtp.mail(sender)
        return smtp.rcpt(recipient)


def groups(w):
    name = f"g{w.mark}.example"
    w.api("POST", "/domains", {"name": name})
    made = w.api("POST", "/aliases", {"address": f"team@{name}", "targets": [f"a@{name}"], "name": "The team", "posters": "members"})
    w.check(made.status == 201 and made.json["posters"] == "members" and made.json["name"] == "The team", "a closed group", made)
    w.is_problem(w.api("PUT", f"/aliases/team@{name}", {"targets": [f"a@{name}"], "posters": "nobody"}), 422, "invalid", "posters")
    for local in "ab":
        mailbox(w, "admin", f"{local}@{name}")
    w.check(post(w, f"b@{name}", f"team@{name}")[:2] == (550, b"5.7.1 Only members may write to this address"), "who is no member")
    w.check(post(w, f"a@{name}", f"team@{name}")[0] == 250, "a member")
    w.check(post(w, f"b@{name}", f"a@{name}")[0] == 250, "its member is open to all")
    w.api("PUT", f"/aliases/team@{name}", {"targets": [f"a@{name}"], "posters": "domain"})
    w.check(post(w, f"b@{name}", f"team@{name}")[0] == 250, "the domain")
    w.check(post(w, "who@remote.example", f"team@{name}", login=None)[0] == 550, "and nobody else")
    w.check(w.api("PUT", f"/aliases/team@{name}", {"targets": [f"a@{name}"]}).json["posters"] == "anyone", "opened again")


if __name__ == "__main__":
    web.main(plans, own_plan, suspension, undo, transfer, groups, forwarding)
