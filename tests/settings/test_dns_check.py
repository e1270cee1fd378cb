#!/usr/bin/env python3
"""A domain's records compared with a DNS that we play: by API, command line and panel.

Wants dns.servers=127.0.0.1:$MAILSTEAD_TEST_DNS_PORT.
usage: test_dns_check.py --json quickstart.json     prints TAP
"""
import argparse
import http.cookiejar
import json
import os
import pathlib
import re
import ssl
import subprocess
import time
import sys
import urllib.parse
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/harness"))
from fake_dns import FakeDns  # noqa: E402

DOMAIN = "check.test"
OURS = "192.0.2.25"
DATA = ""  # the server's directory
TLS = ssl.create_default_context()
TLS.check_hostname = False
TLS.verify_mode = ssl.CERT_NONE


class Api:
    def __init__(self, env):
        self.base = env["https"] + "/api/v1"
        self.token = env["logins"][0]["token"]

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method, headers={
            "Authorization": "Bearer " + self.token, "Content-Type": "application/json"},
            data=None if body is None else json.dumps(body).encode())
        with urllib.request.urlopen(request, context=TLS, timeout=60) as answer:
            return json.load(answer) if answer.status != 204 else None


def perfect_zone(records):
    """The zone as the panel asks for it."""
    zone = {}
    for record in records:
        value = record["value"].split(" ")
        if record["type"] == "TXT":
            item = ("TXT", record["value"])
        elif record["type"] == "MX":
            item = ("MX", int(value[0]), value[1])
        elif record["type"] == "SRV":
            item = ("SRV", *map(int, value[:3]), value[3])
        else:
            item = (record["type"], record["value"])
        zone.setdefault(record["name"], []).append(item)
    return zone


def replace(zone, name, kind, *items):
    return {**zone, name: [r for r in zone.get(name, []) if r[0] != kind] + list(items)}


def cases(zone, records, host):
    """(what, zone, purpose, status, part of the hint)"""
    dkim = next(r for r in records if r["purpose"] == "dkim")
    ptr = next(r for r in records if r["purpose"] == "ptr")

    def spf(text, **more):
        changed = replace(zone, DOMAIN, "TXT", ("TXT", text))
        return {**changed, **{name.replace("_", ".") + ".test": items for name, items in more.items()}}

    yield "perfect", zone, None, "ok", ""
    yield "no zone", {}, None, "missing", ""
    yield "servfail", {name: ["SERVFAIL"] for name in zone}, None, "error", "not answer"
    yield "mx elsewhere", replace(zone, DOMAIN, "MX", ("MX", 5, "mx.other.test")), "mx", "wrong", "mx.other.test"
    two = replace(zone, DOMAIN, "MX", ("MX", 5, "mx.other.test"), ("MX", 9, host))
    yield "mx of two", {**two, "mx.other.test": [("A", "198.51.100.9")]}, "mx", "ok", ""
    alias = replace(zone, DOMAIN, "MX", ("MX", 5, "mx.check.test"))
    yield "mx by another name", {**alias, "mx.check.test": [("A", OURS)]}, "mx", "ok", ""
    yield "spf by a", spf(f"v=spf1 a:{host} -all"), "spf", "ok", ""
    yield "spf by mx", spf("v=spf1 mx -all"), "spf", "ok", ""
    yield "spf by network", spf("v=spf1 ip4:192.0.2.0/24 -all"), "spf", "ok", ""
    yield "spf by include", spf("v=spf1 include:inc.test -all", inc=[("TXT", f"v=spf1 ip4:{OURS} -all")]), "spf", "ok", ""
    yield "spf by redirect", spf("v=spf1 redirect=inc.test", inc=[("TXT", f"v=spf1 ip4:{OURS} -all")]), "spf", "ok", ""
    yield ("spf failed first", spf(f"v=spf1 -ip4:{OURS} mx -all"), "spf", "wrong",
           f"v=spf1 ip4:{OURS} -ip4:{OURS} mx -all")
    yield ("spf without us", spf("v=spf1 include:inc.test ~all", inc=[("TXT", "v=spf1 ip4:198.51.100.1 -all")]), "spf",
           "wrong", f": v=spf1 ip4:{OURS} include:inc.test ~all")
    yield "spf unanswered", spf("v=spf1 include:inc.test ~all", inc=["SERVFAIL"]), "spf", "error", ""
    yield "spf broken", spf("v=spf1 include:inc.test ~all"), "spf", "wrong", "no SPF record"
    yield "spf for ever", spf("v=spf1 include:inc.test ~all", inc=[("TXT", "v=spf1 include:inc.test -all")]), "spf", \
        "wrong", "ten DNS look-ups"
    yield "spf twice", replace(zone, DOMAIN, "TXT", ("TXT", "v=spf1 mx -all"), ("TXT", "v=spf1 a -all")), "spf", \
        "multiple", "one SPF record"
    yield "dkim other key", replace(zone, dkim["name"], "TXT", ("TXT", "v=DKIM1; k=rsa; p=dGhlIGtleQ==")), "dkim", \
        "wrong", "another key"
    yield "dmarc of one's own", replace(zone, "_dmarc." + DOMAIN, "TXT", ("TXT", "v=DMARC1;p=reject")), "dmarc", "ok", ""
    yield "host elsewhere", replace(zone, host, "A", ("A", "198.51.100.1")), "a", "wrong", OURS
    yield "ptr elsewhere", replace(zone, ptr["name"], "PTR", ("PTR", "host.other.test")), "ptr", "wrong", "host.other.test"
    yield ("autoconfig by address", {**zone, f"autoconfig.{DOMAIN}": [("A", OURS)]}, "autoconfig", "ok", "")
    yield ("autoconfig elsewhere", {**zone, f"autoconfig.{DOMAIN}": [("A", "198.51.100.1")]}, "autoconfig", "wrong", "another server")
    without = {name: items for name, items in zone.items() if not name.startswith("autoconfig.")}
    yield "no autoconfig", without, "autoconfig", "missing", "CNAME"
    yield ("sts with another id", replace(zone, "_mta-sts." + DOMAIN, "TXT", ("TXT", "v=STSv1; id=20260101;")), "mta-sts", "ok", "")
    yield ("sts twice", replace(zone, "_mta-sts." + DOMAIN, "TXT", ("TXT", "v=STSv1; id=1"), ("TXT", "v=STSv1; id=2")), "mta-sts",
           "multiple", "one such record")
    yield "sts without id", replace(zone, "_mta-sts." + DOMAIN, "TXT", ("TXT", "v=STSv1;")), "mta-sts", "malformed", "id="
    yield "reports nowhere", replace(zone, "_smtp._tls." + DOMAIN, "TXT", ("TXT", "v=TLSRPTv1; rua=me")), "tls-rpt", "malformed", "mailto:"
    yield "unprintable", replace(zone, DOMAIN, "TXT", ("TXT", "v=spf1 \x1b[31m\u00e4 -all")), "spf", "malformed", ""


class Taps:
    def __init__(self):
        self.count = self.failed = 0

    def ok(self, good, what, detail=""):
        self.count += 1
        self.failed += not good
        print(f"{'' if good else 'not '}ok {self.count} - {what}" + ("" if good else f" # {detail}"), flush=True)


def status_holds(records, purpose, status, hint):
    looked = [r for r in records if purpose in (None, r["purpose"])]
    good = [r for r in looked if r["status"] == status and hint in r["hint"] and (status == "ok") == (r["hint"] == "")]
    return bool(looked) and (len(good) == len(looked) if purpose is None else bool(good))


def panel_check(env):
    """Presses the button on the DNS page; the page that comes back."""
    login = env["logins"][0]
    opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=TLS),
                                         urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))

    def send(path, **fields):
        data = urllib.parse.urlencode(fields).encode() if fields else None
        request = urllib.request.Request(env["https"] + path, data=data, headers={"Origin": env["https"]})
        return opener.open(request, timeout=60).read().decode()

    send("/login", login=login["login"], password=login["password"])
    page = send(f"/domains/{DOMAIN}/dns")
    form = re.search(r'action="(/domains/[^"]*/dns/check)".*?name="([^"]+)" value="([^"]+)"', page, re.S)
    return page, send(form[1], **{form[2]: form[3]}) if form else ""


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", required=True)
    path = pathlib.Path(parser.parse_args().json)
    global DATA
    DATA = str(path.parent)
    env = json.loads(path.read_text(encoding="utf-8"))
    api, taps, host = Api(env), Taps(), env["hostname"]
    api.call("POST", "/domains", {"name": DOMAIN})
    try:
        with FakeDns(int(os.environ["MAILSTEAD_TEST_DNS_PORT"])) as dns:
            run(api, taps, dns, env, path, host)
    finally:
        api.call("DELETE", f"/domains/{DOMAIN}")
    print(f"1..{taps.count}")
    return taps.failed > 0


def run(api, taps, dns, env, path, host):
    records = api.call("GET", f"/domains/{DOMAIN}/dns")["records"]
    taps.ok(all(r["status"] == "unknown" for r in records), "GET says unknown")
    zone = perfect_zone(records)
    tool = [os.path.join(os.environ["MAILSTEAD_BUILD_DIR"], "mailstead"), "dns", "check", DOMAIN, "--data",
            DATA, "--json"]
    for what, dns.zone, purpose, status, hint in cases(zone, records, host):
        # Each command is a process with an empty cache; the server's is for the ones below.
        done = subprocess.run(tool, capture_output=True, check=False, timeout=60)
        got = json.loads(done.stdout)["records"] if done.returncode == 0 else []
        taps.ok(status_holds(got, purpose, status, hint), what,
                [(r["purpose"], r["status"], r["hint"], r["found"]) for r in got if purpose in (None, r["purpose"])] or
                done.stderr)
    dns.zone = replace(zone, DOMAIN, "TXT", ("TXT", "v=spf1 include:none.test ~all"))
    answer = patient_check(api)
    statuses = {r["purpose"]: r["status"] for r in answer["records"]}
    taps.ok(answer["domain"] == DOMAIN and statuses.pop("spf") == "wrong" and set(statuses.values()) == {"ok"},
            "API", statuses)
    kept = api.call("GET", f"/domains/{DOMAIN}/dns")
    taps.ok(kept["checked_at"] and {r["purpose"]: r["status"] for r in kept["records"]}["spf"] == "wrong", "it is kept", str(kept)[:300])
    dns.zone = zone
    before, after = panel_check(env)
    taps.ok("v=spf1 include:none.test" in before and "Last checked" in after and "All records are correct" in after, "panel",
            (re.findall(r'class="pill[^>]*>([^<]*)', after), re.findall(r"Found:.{0,80}", before), "include:none.test" in before, "Last checked" in after))
    changes = api.call("GET", f"/domains/{DOMAIN}/dns/history")["items"]
    taps.ok([c["after"] for c in changes if c["purpose"] == "spf"][:2] == ["ok", "wrong"], "the history tells", str(changes)[:300])
    rotation(api, taps, dns, zone)


def patient_check(api):
    """The server may have given up on a DNS server that was away before this test began."""
    for _ in range(60):
        answer = api.call("POST", f"/domains/{DOMAIN}/dns/check", {})
        if {r["status"] for r in answer["records"]} != {"error"}:
            break
        time.sleep(0.5)
    return answer


def rotation(api, taps, dns, zone):
    """Keys go on when DNS shows them; the old ones stay until the new ones have settled."""
    def states():
        return {key["selector"]: key["state"] for key in api.call("GET", f"/domains/{DOMAIN}/dkim")["items"]}

    first = states()
    taps.ok(set(first.values()) == {"active"}, "keys that DNS shows are active", first)
    api.call("POST", f"/domains/{DOMAIN}/dkim/rotate", {})
    made = {s for s in states() if s not in first}
    api.call("POST", f"/domains/{DOMAIN}/dns/check", {})
    taps.ok({s: states()[s] for s in made} == dict.fromkeys(made, "pending"), "new keys wait for DNS", states())
    dns.zone = {**zone, **perfect_zone([r for r in api.call("GET", f"/domains/{DOMAIN}/dns")["records"] if r["purpose"] == "dkim"])}
    done = subprocess.run([os.path.join(os.environ["MAILSTEAD_BUILD_DIR"], "mailstead"), "dns", "check", DOMAIN, "--data", DATA, "--json"],
                          capture_output=True, check=False, timeout=60)  # a process without yesterday's negative answers
    now = states()
    taps.ok(done.returncode == 0 and {now[s] for s in made} == {"published"} and {now[s] for s in first} == {"active"},
            "seen, they settle, and the old ones sign on", now)


if __name__ == "__main__":
    raise SystemExit(main())
