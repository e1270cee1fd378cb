#!/usr/bin/env python3
"""Records pushed to Debian's BIND and Knot by dynamic update: the diff, the push, the way back, and refusals."""
import base64
import pathlib
import sys

import web

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "harness"))
from name_server import NameServer  # noqa: E402

OTHERS = ['@ TXT "some-verification=1234"', '@ TXT "v=spf1 include:_spf.other.example ~all"', "www A 192.0.2.80",
          "autoconfig CNAME elsewhere.example.", '_dmarc TXT "v=DMARC1; p=none"']


def actions(plan, wanted):
    return {(c["name"], c["type"]) for c in plan["changes"] if c["action"] == wanted}


def one_server(w, kind):
    domain = f"{kind}-{w.mark}.example"
    w.api("POST", "/domains", {"name": domain})
    push = f"/domains/{domain}/dns/push"
    w.check(w.api("GET", push).status == 404, f"{kind}: nowhere to push to at first")
    with NameServer(kind, domain, OTHERS) as server:
        setting = {"server": f"127.0.0.1:{server.port}", "key_name": server.key, "secret": server.secret}
        done = w.api("PUT", push, setting)
        w.check(done.status == 200 and done.json["zone"] == domain and server.secret not in str(done.json), f"{kind}: set, the secret stays", done)
        try_push(w, kind, domain, push, server)
        refusals(w, kind, domain, push, server, setting)
    answer = w.api("GET", push + "/changes")
    w.check(answer.status in (503, 409), f"{kind}: a server that is away is said", answer)
    w.check(w.api("DELETE", push).status == 204 and w.api("GET", push).status == 404, f"{kind}: forgotten")
    w.api("DELETE", f"/domains/{domain}")


def try_push(w, kind, domain, push, server):
    before = {name: server.query(name, t) for name, t in ((domain, "TXT"), (f"_dmarc.{domain}", "TXT"), (domain, "MX"))}
    plan = w.api("GET", push + "/changes").json
    w.check((domain, "MX") in actions(plan, "add") and (domain, "TXT") in actions(plan, "replace"), f"{kind}: the diff", plan)
    w.check((f"autoconfig.{domain}", "CNAME") in actions(plan, "skip"), f"{kind}: what leads elsewhere is left", plan)
    w.check(server.query(domain, "MX") == [], f"{kind}: looking changes nothing")
    w.check(w.api("POST", push + "/apply?dry_run=1", {}).status == 200 and server.query(domain, "MX") == [], f"{kind}: a dry run neither")
    done = w.api("POST", push + "/apply", {})
    w.check(done.status == 200 and done.json["pending"] > 5, f"{kind}: pushed", done)
    host = w.start["hostname"]
    w.check(server.query(domain, "MX") == [f"10 {host}."], f"{kind}: MX is there", server.query(domain, "MX"))
    apex = server.query(domain, "TXT")
    w.check('"some-verification=1234"' in apex and len(apex) == 2 and any("include:_spf.other.example" in t and "ip" in t or "include" in t for t in apex),
            f"{kind}: SPF is merged, others' TXT stays", apex)
    for record in w.api("GET", f"/domains/{domain}/dns").json["records"]:
        if record["purpose"] == "dkim":
            seen = "".join(server.query(record["name"], "TXT")).replace('" "', "").strip('"').replace("\\;", ";")
            w.check(seen == record["value"], f"{kind}: {record['name'].split('.')[0]} is there, whole", seen)
    w.check(server.query(f"www.{domain}", "A") == ["192.0.2.80"], f"{kind}: nothing else is touched")
    again = w.api("GET", push + "/changes").json
    w.check(again["pending"] == 0, f"{kind}: then nothing is left to do", [c for c in again["changes"] if c["action"] in ("add", "replace")])
    w.check(w.api("GET", push).json["can_undo"], f"{kind}: it can be taken back")
    undone = w.api("POST", push + "/undo", {})
    after = {name: server.query(name, t) for name, t in ((domain, "TXT"), (f"_dmarc.{domain}", "TXT"), (domain, "MX"))}
    w.check(undone.status == 200 and after == before, f"{kind}: taken back, as it was", (undone, before, after))
    w.is_problem(w.api("POST", push + "/undo", {}), 409, "conflict", f"{kind}: only once")


def refusals(w, kind, domain, push, server, setting):
    w.api("PUT", push, {**setting, "secret": base64.b64encode(b"x" * 32).decode()})
    w.is_problem(w.api("POST", push + "/apply", {}), 409, "conflict", f"{kind}: another secret")
    w.api("PUT", push, {**setting, "key_name": "unknown-key"})
    w.is_problem(w.api("POST", push + "/apply", {}), 409, "conflict", f"{kind}: another key")
    w.check(server.query(domain, "MX") == [], f"{kind}: nothing was changed", server.query(domain, "MX"))


def bind(w):
    one_server(w, "named")


def knot(w):
    one_server(w, "knotd")


def settings(w):
    domain = f"push-{w.mark}.example"
    w.api("POST", "/domains", {"name": domain})
    good = {"server": "127.0.0.1", "key_name": "k", "secret": base64.b64encode(b"x" * 32).decode()}
    for name, value in (("server", "ns.example.org"), ("server", "127.0.0.1:0"), ("server", "[::1"), ("secret", "short"), ("secret", "?"),
                        ("zone", "elsewhere.example"), ("key_name", "")):
        answer = w.api("PUT", f"/domains/{domain}/dns/push", {**good, name: value})
        w.check(answer.status == 422, f"refused: {name} {value!r}", answer)
    w.api("DELETE", f"/domains/{domain}")


web.main(bind, knot, settings)
