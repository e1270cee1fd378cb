#!/usr/bin/env python3
"""A DKIM rotation in manual DNS while mail is submitted: no signature ever names a key that DNS does not show.

The zone is ours and gets the new keys late; time is moved in the database. Also keys that are published in the mail
server's zone, behind aliases. Wants dns.servers=127.0.0.1:$MAILSTEAD_TEST_DNS_PORT.
usage: test_rotation.py --json quickstart.json     prints TAP
"""
import argparse
import imaplib
import json
import os
import pathlib
import re
import smtplib
import ssl
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from test_dns_check import Api, FakeDns, Taps, perfect_zone  # noqa: E402

DOMAIN = "rotate.test"
ADDRESS, PASSWORD = f"sender@{DOMAIN}", "a long password here"
PATIENCE = 120
TLS = ssl.create_default_context()
TLS.check_hostname = False
TLS.verify_mode = ssl.CERT_NONE


class Submitter(threading.Thread):
    """Mail to oneself, one message after the other, until stopped."""

    def __init__(self, env):
        super().__init__(daemon=True)
        self.env, self.sent, self.failed, self.ending = env, 0, [], threading.Event()

    def run(self):
        while not self.ending.is_set():
            try:
                with smtplib.SMTP_SSL(self.env["host"], self.env["ports"]["submissions"], context=TLS, timeout=60) as smtp:
                    smtp.login(ADDRESS, PASSWORD)
                    while not self.ending.is_set():
                        smtp.sendmail(ADDRESS, [ADDRESS], f"From: {ADDRESS}\r\nTo: {ADDRESS}\r\nSubject: {self.sent}\r\n\r\nx\r\n")
                        self.sent += 1
                        self.ending.wait(1)
            except (OSError, smtplib.SMTPException) as error:
                self.failed.append(str(error))
                self.ending.wait(1)


def selectors(env):
    """The selectors of each message in the inbox, oldest first."""
    with imaplib.IMAP4_SSL(env["host"], env["ports"]["imaps"], ssl_context=TLS) as imap:
        imap.login(ADDRESS, PASSWORD)
        imap.select("INBOX", readonly=True)
        parts = imap.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (DKIM-SIGNATURE)])")[1]
    return [set(re.findall(rb"[;\s]s=([^;\s]+)", part[1])) for part in parts if isinstance(part, tuple)]


def wait_for(what, condition):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.3)
    print(f"# waited in vain: {what}")
    return False


def age_keys(data, domain):
    """An hour and a bit goes by for the keys of a domain."""
    socket_dir = (data / "postgres/postmaster.pid").read_text(encoding="utf-8").split("\n")[4]
    subprocess.run(["psql", "-Xq", "-h", socket_dir, "-U", "mailstead_admin", "-d", "mailstead", "-c",
                    "UPDATE dkim_key k SET changed_at = changed_at - interval '61 minutes' FROM domain d "
                    f"WHERE d.domain_id = k.domain_id AND d.name = '{domain}'"], check=True, timeout=60)


class Rotation:
    def __init__(self, api, dns, data):
        self.api, self.dns, self.data = api, dns, data

    def states(self):
        return {key["selector"]: key["state"] for key in self.api.call("GET", f"/domains/{DOMAIN}/dkim")["items"]}

    def records(self):
        return self.api.call("GET", f"/domains/{DOMAIN}/dns")["records"]

    def look(self):
        """Asks DNS as a process without a cache does."""
        tool = [os.path.join(os.environ["MAILSTEAD_BUILD_DIR"], "mailstead"), "dns", "check", DOMAIN, "--data",
                str(self.data), "--json"]
        return subprocess.run(tool, capture_output=True, check=False, timeout=120).returncode == 0

    def publish(self):
        self.dns.zone = perfect_zone(self.records())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", required=True)
    path = pathlib.Path(parser.parse_args().json).resolve()
    env = json.loads(path.read_text(encoding="utf-8"))
    api, taps = Api(env), Taps()
    api.call("POST", "/domains", {"name": DOMAIN})
    api.call("POST", "/mailboxes", {"address": ADDRESS, "password": PASSWORD})
    try:
        with FakeDns(int(os.environ["MAILSTEAD_TEST_DNS_PORT"])) as dns:
            run(taps, Rotation(api, dns, path.parent), env)
            delegate(taps, Rotation(api, dns, path.parent))
    finally:
        api.call("DELETE", f"/domains/{DOMAIN}?cascade=true")
    print(f"1..{taps.count}")
    return taps.failed > 0


def run(taps, rotation, env):
    rotation.publish()
    taps.ok(wait_for("active", lambda: rotation.look() and set(rotation.states().values()) == {"active"}), "DNS shows the first keys")
    first = set(rotation.states())
    submitter = Submitter(env)
    submitter.start()
    try:
        late(taps, rotation, env, submitter, first)
    finally:
        submitter.ending.set()
        submitter.join(60)
    shown = {s.encode() for s in rotation.states()}
    taps.ok(submitter.sent > 5 and not submitter.failed, "all mail was taken", submitter.failed[:3])
    seen = selectors(env)
    taps.ok(len(seen) == submitter.sent and all(len(s) == 2 and s <= shown for s in seen), "each message has two signatures", seen[-3:])


def late(taps, rotation, env, submitter, first):
    """New keys are made, appear late, settle, sign. What DNS shows is known at each moment."""
    rotation.api.call("POST", f"/domains/{DOMAIN}/dkim/rotate", {})
    made = set(rotation.states()) - first
    mark = submitter.sent + 4
    taps.ok(wait_for("mail", lambda: submitter.sent > mark) and rotation.look(), "mail goes on while the new keys are not in DNS")
    taps.ok({rotation.states()[s] for s in made} == {"pending"}, "they wait", rotation.states())
    age_keys(rotation.data, DOMAIN)
    rotation.look()
    taps.ok({rotation.states()[s] for s in made} == {"pending"}, "however long it takes", rotation.states())
    before = {s.decode() for found in selectors(env) for s in found}
    taps.ok(before <= first, "nothing is signed with them", before)
    rotation.publish()
    taps.ok(wait_for("published", lambda: rotation.look() and {rotation.states()[s] for s in made} == {"published"}), "DNS shows them")
    taps.ok({s.decode() for found in selectors(env) for s in found} <= first, "while they settle the old ones sign")
    age_keys(rotation.data, DOMAIN)
    taps.ok(wait_for("active", lambda: rotation.look() and {rotation.states()[s] for s in made} == {"active"}), "an hour later they are active")
    taps.ok({rotation.states()[s] for s in first} == {"retiring"}, "and the old ones stay for mail under way", rotation.states())
    names = {r["label"] if "label" in r else r["name"].split(".")[0] for r in rotation.records() if r["purpose"] == "dkim"}
    taps.ok(first | made <= {n.split("._domainkey")[0] for n in names}, "both are in view", names)
    taps.ok(wait_for("new signatures", lambda: {s.decode() for s in selectors(env)[-1]} == made), "then the new ones sign")


def delegate(taps, rotation):
    """The selectors become aliases: the customer's zone has them before there is a key."""
    api = rotation.api
    api.call("PATCH", f"/domains/{DOMAIN}/dns/settings", {"dkim_delegated": True})
    rotation.publish()
    rotation.look()
    aliases = [r for r in rotation.records() if r["purpose"] == "dkim" and r["type"] == "CNAME"]
    taps.ok(len(aliases) == 4 and {r["status"] for r in aliases} == {"ok"}, "aliases without keys are right", aliases)
    customer = dict(rotation.dns.zone)
    api.call("POST", f"/domains/{DOMAIN}/dkim/rotate", {})
    rotation.look()
    made = [r for r in rotation.records() if r["type"] == "CNAME" and r["name"].startswith("ms1")]
    taps.ok({r["status"] for r in made} == {"wrong"} and "operator" in made[0]["hint"], "the operator has not published the keys", made)
    taps.ok({rotation.states()[s] for s in ("ms1r", "ms1e")} == {"pending"}, "so they wait", rotation.states())
    host = {n: v for n, v in perfect_zone(rotation.records()).items() if "._domainkey.mail." in n}
    rotation.dns.zone = {**customer, **host}
    taps.ok(wait_for("published", lambda: rotation.look() and {rotation.states()[s] for s in ("ms1r", "ms1e")} == {"published"}),
            "seen through the alias, with the customer's zone untouched", rotation.states())


if __name__ == "__main__":
    raise SystemExit(main())
