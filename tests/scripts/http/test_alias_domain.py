#!/usr/bin/env python3
"""A domain that is another name of a domain: mail for it arrives, its owner may send under it, it has no addresses of its own.

    test_alias_domain.py --json quickstart.json
"""
import smtplib

import web


def rcpt(w, address):
    with smtplib.SMTP(w.host, w.ports["smtp"], timeout=60) as smtp:
        smtp.ehlo("client.test")
        smtp.mail("a@sender.test")
        return smtp.rcpt(address)[0]


def alias_domain(w):
    name, other, password = f"n{w.mark}.test", f"o{w.mark}.test", "a long password"
    made = w.api("POST", "/domains", {"name": other}, token="customer")
    w.check(made.status == 201 and made.json["alias_of"] == "", "a domain", made)
    made = w.api("POST", "/mailboxes", {"address": f"ann@{other}", "password": password}, token="customer")
    w.check(made.status == 201, "a mailbox in it", made)
    made = w.api("POST", "/domains", {"name": name, "alias_of": other}, token="customer")
    w.check(made.status == 201 and made.json["alias_of"] == other, "another name of it", made)
    w.check(w.api("GET", f"/domains/{name}", token="customer").json["alias_of"] == other, "says so when asked")

    w.check(rcpt(w, f"ann@{name}") == 250, "RCPT under the other name")
    w.check(rcpt(w, f"ann+x@{name}") == 250, "with detail")
    w.check(rcpt(w, f"ben@{name}") == 550, "RCPT of nobody")
    w.check(rcpt(w, f"postmaster@{name}") == 250, "REQ 18: postmaster")
    w.check(w.api("PATCH", f"/domains/{name}", {"suspended": True}, token="customer").status == 200, "suspended")
    w.check(rcpt(w, f"ann@{name}") == 550, "RCPT under a name that is suspended")
    w.check(rcpt(w, f"ann@{other}") == 250, "which does not touch the other")
    w.check(w.api("PATCH", f"/domains/{name}", {"suspended": False}, token="customer").status == 200, "resumed")

    w.is_problem(w.api("POST", "/mailboxes", {"address": f"ben@{name}", "password": password}, token="customer"), 409,
                 "conflict", "a mailbox of its own")
    w.is_problem(w.api("POST", "/aliases", {"address": f"ben@{name}", "targets": [f"ann@{other}"]}, token="customer"), 409,
                 "conflict", "an alias of its own")
    w.is_problem(w.api("POST", "/domains", {"name": f"p{w.mark}.test", "alias_of": name}, token="customer"), 422, "invalid",
                 "a name of a name")
    w.is_problem(w.api("POST", "/domains", {"name": f"p{w.mark}.test", "alias_of": "elsewhere.test"}, token="customer"), 404,
                 "not_found", "a name of a domain that is not ours")
    _, cookie = w.customer()
    foreign = w.form("/domains/new", {"name": f"q{w.mark}.test", "alias_of": other}, headers={"Cookie": cookie})
    w.check(foreign.status != 303, "a name of somebody else's domain", foreign)
    w.is_problem(w.api("DELETE", f"/domains/{other}?cascade=1", token="customer"), 409, "conflict", "it keeps the domain")

    records = w.api("GET", f"/domains/{name}/dns", token="customer").json["records"]
    w.check({"mx", "spf", "dkim"} <= {r["purpose"] for r in records}, "it has DNS records of its own", records)
    with smtplib.SMTP(w.host, w.ports["submission"], timeout=60) as smtp:
        smtp.starttls(context=w.tls)
        smtp.login(f"ann@{name}", password)
        code = smtp.mail(f"ann@{name}")[0]
        w.check(code == 250, "log-in and MAIL FROM under the other name", code)
    w.check(w.api("DELETE", f"/domains/{name}", token="customer").status == 204, "removed")
    w.check(rcpt(w, f"ann@{name}") == 550, "and nobody's then")


if __name__ == "__main__":
    web.main(alias_domain)
