#!/usr/bin/env python3
"""The zone snippet of every kind of domain passes named-checkzone inside a zone with SOA and NS.

usage: test_zone.py --json quickstart.json     prints TAP
"""
import argparse
import json
import re
import ssl
import subprocess
import tempfile
import urllib.parse
import urllib.request

TLS = ssl.create_default_context()
TLS.check_hostname = False
TLS.verify_mode = ssl.CERT_NONE
LONG = "x" * 63
# 219 octets: the longest names in a snippet are those below _domainkey and _submissions._tcp.
LONGEST = ".".join([LONG, LONG, LONG, "y" * 22, "test"])
NAMES = ["zone.test", "xn--bcher-kva.test", "b\u00fccher-zone.test", "\u4f8b\u3048.test", f"{LONG}.test", LONGEST,
         "a-b.c--d.0.test"]
CHECK = ["named-checkzone", "-i", "local", "-k", "fail", "-m", "fail", "-n", "fail", "-r", "fail", "-S", "fail"]


class Api:
    def __init__(self, env):
        self.base, self.token = env["https"] + "/api/v1", env["logins"][0]["token"]

    def call(self, method, path, body=None):
        request = urllib.request.Request(
            self.base + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": "Bearer " + self.token, "Content-Type": "application/json"})
        with urllib.request.urlopen(request, context=TLS, timeout=30) as answer:
            return answer.read().decode()


def zone_of(name, snippet):
    return (f"$ORIGIN {name}.\n@ 3600 IN SOA ns1 hostmaster 1 7200 900 1209600 300\n@ 3600 IN NS ns1\n"
            f"ns1 3600 IN A 192.0.2.1\n{snippet}")


def faults(name, snippet):
    """What is wrong with it; empty: nothing."""
    with tempfile.NamedTemporaryFile("w", suffix=".zone") as file:
        file.write(zone_of(name, snippet))
        file.flush()
        done = subprocess.run([*CHECK, name, file.name], capture_output=True, text=True, check=False, timeout=30)
    records = [line for line in snippet.splitlines() if line and not line.startswith(";")]
    wanted = {"MX": 1, "SRV": 4, "CNAME": 3}  # and keys, below
    types = [re.match(r"\S+ \d+ IN (\S+) ", line)[1] for line in records]
    wrong = [f"{count} {kind}" for kind, count in wanted.items() if types.count(kind) != count]
    wrong += [key for key in ("k=rsa", "k=ed25519") if key not in snippet]
    return wrong + ([] if done.returncode == 0 and "OK" in done.stdout else [done.stdout])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", required=True)
    with open(parser.parse_args().json, encoding="utf-8") as file:
        env = json.load(file)
    api, failed = Api(env), 0
    names = [None] + NAMES
    for number, given in enumerate(names, 1):
        # The demo's own domain has the mail server's name in it.
        name = "example.test" if given is None else json.loads(api.call("POST", "/domains", {"name": given}))["name"]
        path = "/domains/" + urllib.parse.quote(name)
        snippet = api.call("GET", path + "/dns/zone?format=bind")
        wrong = faults(name, snippet)
        if given is not None:
            api.call("DELETE", path)
        failed += bool(wrong)
        print(f"{'not ' if wrong else ''}ok {number} - {given or name}" + (f" # {wrong}" if wrong else ""))
    # The check itself can fail: no string holds more than 255 octets.
    broken = faults(name, snippet + f'\nx.{name}. 3600 IN TXT "{"x" * 256}"\n')
    broken = any("not loaded due to errors" in fault for fault in broken)
    failed += not broken
    print(f"{'' if broken else 'not '}ok {len(names) + 1} - a broken snippet is found out")
    print(f"1..{len(names) + 1}")
    return failed > 0


if __name__ == "__main__":
    raise SystemExit(main())
