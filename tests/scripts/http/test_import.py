#!/usr/bin/python3
"""CSV in and out: each row has its own answer, a check changes nothing, what goes out comes in again."""
import csv
import io

import web


def rows(*lines):
    return "\r\n".join(lines) + "\r\n"


def mailboxes(w):
    name = f"i{w.mark}.example"
    made = w.api("POST", "/import/domains", {"csv": rows("domain", name, "not a domain", name)})
    w.check(made.status == 200 and (made.json["created"], made.json["refused"]) == (1, 2), "domains: one made, two refused", made)
    w.check([e["line"] for e in made.json["errors"]] == [3, 4], "each with its line", made)
    text = rows("address;password_hash;name;quota_bytes", f"a@{name};$2b$05$abcdefghijklmnopqrstuuJBI4qTrB.QDbkzLWuLp7mX8qPUPG7TG;Ann;1000",
                f"b@{name};{{SHA512-CRYPT}}$6$saltsalt$" + "a" * 86 + ";\"B; ob\";", f"c@{name};nonsense;;", f"d@elsewhere{w.mark}.example;x;;",
                f"e@{name};;;", f"f@{name};$2b$05$abcdefghijklmnopqrstuuJBI4qTrB.QDbkzLWuLp7mX8qPUPG7TG;;many")
    check = w.api("POST", "/import/mailboxes?dry_run=1", {"csv": text})
    w.check(check.status == 200 and check.json["body"]["created"] == 2 and check.json["body"]["refused"] == 4, "a check", check)
    w.check(w.api("GET", f"/mailboxes/a@{name}").status == 404, "changes nothing")
    done = w.api("POST", "/import/mailboxes", {"csv": text})
    w.check((done.json["created"], done.json["refused"]) == (2, 4), "the same for good", done)
    w.check([(e["line"], e["field"]) for e in done.json["errors"]] ==
            [(4, "password_hash"), (5, "address"), (6, "password"), (7, "quota_bytes")], "each refusal names line and field", done)
    bob = w.api("GET", f"/mailboxes/b@{name}").json
    w.check(bob["name"] == "B; ob", "quoted fields", bob)
    out = w.api("GET", f"/export/mailboxes?domain={name}")
    found = list(csv.DictReader(io.StringIO(out.raw.decode())))
    w.check(out.headers["Content-Type"].startswith("text/csv") and [r["address"] for r in found] == [f"a@{name}", f"b@{name}"],
            "they go out as CSV", out)
    again = w.api("POST", "/import/mailboxes", {"csv": text})
    w.check(again.json["created"] == 0, "a second time makes nothing", again)
    aliases = w.api("POST", "/import/aliases", {"csv": rows("address,targets,posters", f"x@{name},a@{name} b@{name},members", f"y@{name},,")})
    w.check((aliases.json["created"], aliases.json["refused"]) == (1, 1), "aliases", aliases)
    w.check(f"x@{name},a@{name} b@{name},,members" in w.api("GET", f"/export/aliases?domain={name}").raw.decode(), "and out")
    w.is_problem(w.api("POST", "/import/mailboxes", {"csv": rows("address,colour", "a,b")}), 422, "invalid", "an unknown column")


def others(w):
    _, cookie = w.customer("reseller")
    page = w.call("GET", "/import", token=None, headers={"Cookie": cookie})
    w.check(page.status == 200, "the page", page)
    foreign = w.api("POST", "/import/mailboxes?dry_run=1", {"csv": rows("address,password", "x@example.test,a long password")}, token="customer")
    w.check(foreign.status == 200, "a customer's own domain", foreign)


if __name__ == "__main__":
    web.main(mailboxes, others)
