#!/usr/bin/env python3
"""Mail goes out: to another Mailstead, to Postfix, and to servers that do something wrong at every step. REQUIREMENTS
8, 9, 12 to 15, 21 and 53.

    test_outbound.py BUILD_DIR

All servers stand on addresses 127.0.0.N with one port, DNS is ours. Alice submits one message for each line of CASES;
what has arrived where, what the queue still holds and what she is told is compared with the line. Nothing here
waits for time: the schedule is 1 s, 2 s, and conditions are looked at until they hold.
"""
import concurrent.futures
import email
import http.client
import json
import os
import pathlib
import shutil
import smtplib
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
import dsn
import fake_dns
import fake_mx
import server
from fake_mx import DROP, EXTENSIONS, HALF, JUNK, SLOW, Act

PATIENCE_S = 150.0
BASE = 33000 + os.getpid() % 20 * 300
OURS, PEER, POSTFIX, NOBODY = "127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14"
FIRST_HOSTILE = 31
DEDICATED = "127.0.0.99"
EARLY = "250 2.0.0 ok\r\n250 2.0.0 ok\r\n250 2.0.0 ok\r\n354 go\r\n250 2.0.0 stored"
HUGE = "\r\n".join(["250-" + "x" * 500] * 2000) + "\r\n250 ok"
PLAIN = tuple(e for e in EXTENSIONS if e != "PIPELINING")
SENT, FAILED = "sent", "failed"

# name: what the server does; what becomes of the message; enhanced status of the failure
CASES = {
    "good": (Act(), SENT, ""),
    "slow": (Act("rcpt", SLOW), SENT, ""),
    "serial": (Act(extensions=PLAIN), SENT, ""),
    "oldest": (Act("ehlo", "502 5.5.1 what?"), SENT, ""),
    "greylist": (Act("rcpt", "450 4.7.1 Greylisted, come back", times=1), SENT, ""),
    "busy": (Act("greeting", "421 4.3.2 too busy", times=1), SENT, ""),
    "goes-421": (Act("mail", "421 4.3.2 shutting down", times=1), SENT, ""),
    "full-421": (Act("dot", "421 4.3.2 shutting down", times=1), SENT, ""),
    "defers": (Act("dot", "451 4.3.0 try again", times=1), SENT, ""),
    "drops-at-greeting": (Act("greeting", DROP, times=1), SENT, ""),
    "drops-at-ehlo": (Act("ehlo", DROP, times=1), SENT, ""),
    "drops-at-mail": (Act("mail", DROP, times=1), SENT, ""),
    "drops-at-rcpt": (Act("rcpt", DROP, times=1), SENT, ""),
    "drops-at-data": (Act("data", DROP, times=1), SENT, ""),
    "drops-in-message": (Act("body", DROP, times=1), SENT, ""),
    "drops-at-end": (Act("dot", DROP, times=1), SENT, ""),
    "half-greeting": (Act("greeting", HALF, times=1), SENT, ""),
    "half-ehlo": (Act("ehlo", HALF, times=1), SENT, ""),
    "half-mail": (Act("mail", HALF, times=1), SENT, ""),
    "half-data": (Act("data", HALF, times=1), SENT, ""),
    "half-end": (Act("dot", HALF, times=1), SENT, ""),
    "junk-greeting": (Act("greeting", JUNK, times=1), SENT, ""),
    "junk-mail": (Act("mail", JUNK, times=1), SENT, ""),
    "junk-end": (Act("dot", JUNK, times=1), SENT, ""),
    "early-consent": (Act("mail", EARLY, times=1), SENT, ""),
    "early-data": (Act("data", "354 go\r\n250 2.0.0 stored", times=1), SENT, ""),
    "huge": (Act("ehlo", HUGE, times=1), SENT, ""),
    "injects": (Act("rcpt", "250-2.1.5 ok\r\n550 5.1.1 or not", times=1), SENT, ""),
    "broken-tls": (Act(extensions=(*EXTENSIONS, "STARTTLS")), SENT, ""),
    "no-service": (Act("greeting", "554 5.7.1 no mail from you"), FAILED, "5.7.1"),
    "no-ehlo": (Act("ehlo", "554 5.7.1 go away"), SENT, ""),  # it takes HELO
    "no-sender": (Act("mail", "550 5.7.1 sender refused"), FAILED, "5.7.1"),
    "unknown": (Act("rcpt", "550 5.1.1 No such user\x1b[31m"), FAILED, "5.1.1"),
    "full": (Act("rcpt", "552 5.2.2 Mailbox full"), FAILED, "5.2.2"),
    "spam": (Act("dot", "554 5.7.1 Spam detected"), FAILED, "5.7.1"),
    "no-data": (Act("data", "554 5.6.0 no"), FAILED, "5.6.0"),
    "small": (Act(extensions=("SIZE 100",)), FAILED, "5.3.4"),
    "plain-ascii": (Act(extensions=("PIPELINING", "SMTPUTF8")), SENT, ""),
    "relay": (Act(extensions=(*EXTENSIONS, "AUTH LOGIN PLAIN")), SENT, ""),
    "never": (Act("rcpt", "450 4.2.1 come back never"), FAILED, "4.4.7 4.2.1 5.4.7"),
}
HOSTILE = {name: f"127.0.0.{FIRST_HOSTILE + i}" for i, name in enumerate(CASES)}
# Without a server of their own; the enhanced status of the failure.
BY_DNS = {"null-mx": "5.1.10", "absent": "5.1.2", "no-address": "5.4.4", "loop": "5.4.6"}


def zone():
    records = {"mx.ours.test": [("A", OURS)], "example.test": [("MX", 10, "mx.ours.test")],
               "mx.peer.test": [("A", PEER)], "peer.test": [("MX", 10, "mx.peer.test")],
               "mx.postfix.test": [("A", POSTFIX)], "postfix.test": [("MX", 10, "mx.postfix.test")],
               "null-mx.test": [("MX", 0, ".")], "no-address.test": [("TXT", "nothing")],
               "loop.test": [("MX", 10, "mx.ours.test"), ("MX", 20, "mx.peer.test")],
               "nobody.test": [("A", NOBODY)],
               "backup.test": [("MX", 10, "nobody.test"), ("MX", 20, "backup-mx.test")],
               "backup-mx.test": [("A", HOSTILE["good"])]}
    for name, address in HOSTILE.items():
        records[f"{name}.test"] = [("MX", 10, f"mx.{name}.test")]
        records[f"mx.{name}.test"] = [("A", address)]
    return records


# --- the servers ---------------------------------------------------------------------------------


class Mailstead(server.Server):
    def __init__(self, build, data, base, address, hostname, port, dns):
        super().__init__(build, data, base)
        self.options = [word for setting in (
            f"listen.smtp={address}:{port}", f"hostname={hostname}", f"addresses={address}",
            f"delivery.port={port}", f"dns.servers=127.0.0.1:{dns}", "delivery.retry=1s,2s",
            "delivery.lifetime=30s", "delivery.delay_notice=6s", "limits.exempt_networks=127.0.0.0/8") for word in ("--set", setting)]

    def start(self):
        return self.quickstart(*self.options)

    def call(self, method, path, body=None, login="customer"):
        env = self.env
        token = next(entry["token"] for entry in env["logins"] if entry["role"] == login)
        client = http.client.HTTPSConnection(env["host"], env["ports"]["https"], timeout=60,
                                             context=server.tls_context(env))
        client.request(method, "/api/v1" + path, json.dumps(body) if body is not None else None,
                       {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        answer = client.getresponse()
        text = answer.read()
        client.close()
        assert answer.status < 300, (method, path, answer.status, text)
        return json.loads(text or b"null")

    def queue(self):
        return self.call("GET", "/queue?limit=100", login="admin")["items"]


POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
daemon_directory = {sbin}
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {root}/log
maillog_file_prefixes = {root}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_bind_address = {address}
myhostname = mx.postfix.test
mydestination =
alias_maps =
alias_database =
mynetworks = {address}
smtpd_recipient_restrictions = reject_unauth_destination
smtpd_relay_restrictions = reject_unauth_destination
smtpd_helo_restrictions =
virtual_mailbox_domains = postfix.test
virtual_mailbox_base = {root}
virtual_mailbox_maps = inline:{{ {{ pat@postfix.test = spool/ }}, {{ late@postfix.test = nowhere/under/a/file/ }} }}
virtual_alias_maps = inline:{{ {{ back@postfix.test = bob@example.test }}, {{ lost@postfix.test = nobody@example.test }} }}
virtual_minimum_uid = 1
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
transport_maps = inline:{{ {{ example.test = relay:[{ours}]:{port} }} }}
"""
POSTFIX_MASTER = """
{address}:{port} inet n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
proxymap  unix  - - n - - proxymap
relay     unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
virtual   unix  - n n - - virtual
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


class Postfix:
    """A peer that we did not write: keeps mail for pat@, sends back@ on to bob@example.test."""

    SBIN = "/usr/lib/postfix/sbin"

    def __init__(self, root, port):
        self.root, self.port, self.process = root, port, None

    def __enter__(self):
        if os.getuid() != 0 or not shutil.which("postfix"):
            return None
        for name in ("queue", "data", "spool"):
            (self.root / name).mkdir(parents=True)
        shutil.chown(self.root / "data", "postfix")
        os.chown(self.root / "spool", 65534, 65534)
        values = {"root": self.root, "sbin": self.SBIN, "address": POSTFIX, "ours": OURS, "port": self.port}
        (self.root / "main.cf").write_text(POSTFIX_MAIN.format(**values))
        (self.root / "master.cf").write_text(POSTFIX_MASTER.strip().format(**values) + "\n")
        env = dict(os.environ, MAIL_CONFIG=str(self.root))
        subprocess.run(["postfix", "check"], env=env, check=True, stderr=subprocess.DEVNULL)
        self.process = subprocess.Popen([f"{self.SBIN}/master", "-d"], env=env, start_new_session=True)
        return self

    def __exit__(self, *_):
        if self.process:
            self.process.terminate()
            self.process.wait()

    def mails(self):
        return [path.read_bytes() for path in (self.root / "spool").glob("new/*")]


# --- mail ----------------------------------------------------------------------------------------


TEXT = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
SIGNED = ("Content-Type: multipart/signed; boundary=b\r\n\r\n--b\r\n" + TEXT + "Gr\u00fc\u00dfe\r\n--b\r\n"
          "Content-Type: application/pgp-signature\r\n\r\nx\r\n--b--\r\n")
ODD = "Viele Gr\u00fc\u00dfe an alle\r\n.\r\n" + "Wort " * 500 + "\r\n"


def submit(env, rcpts, subject, text="Hello.\r\n.\r\nBye.\r\n", mail_options=(), rcpt_options=(), sender=None, entity=TEXT):
    alice = sender or env["mailboxes"][0]
    data = (f"From: {alice['address']}\r\nTo: {rcpts[0]}\r\nSubject: {subject}\r\n"
            f"Message-ID: <{subject}@example.test>\r\nMIME-Version: 1.0\r\n{entity}{text}")
    with smtplib.SMTP_SSL(env["host"], env["ports"]["submissions"], timeout=60,
                          context=server.tls_context(env)) as smtp:
        smtp.login(alice["address"], alice["password"])
        smtp.sendmail(alice["address"], rcpts, data.encode(), mail_options, rcpt_options)


def inbox(env, mailbox):
    """Every message of INBOX."""
    client = server.imap_login(env, mailbox)
    try:
        if int(client.select("INBOX", readonly=True)[1][0]) == 0:
            return []
        return [part[1] for part in client.fetch("1:*", "(BODY.PEEK[])")[1] if isinstance(part, tuple)]
    finally:
        client.logout()


def without_trace(raw):
    """A notification as it was written: Return-Path and Received of the delivery taken off."""
    head, body = raw.split(b"\r\n\r\n", 1)
    lines = head.replace(b"\r\n ", b"\0 ").replace(b"\r\n\t", b"\0\t").split(b"\r\n")
    kept = [line for line in lines if not line.lower().startswith(
        (b"return-path:", b"received:", b"dkim-signature:", b"authentication-results:"))]
    return b"\r\n".join(kept).replace(b"\0", b"\r\n") + b"\r\n\r\n" + body


def reports(env):
    """{recipient: [report]} of all notifications that Alice has."""
    found = {}
    for raw in inbox(env, env["mailboxes"][0]):
        if b"report-type=delivery-status" not in raw or b"Postfix" in raw:
            continue
        assert b"Return-Path: <>" in raw, "a notification has a sender"
        report = dsn.read(without_trace(raw))
        for rcpt in report.rcpts:
            address = rcpt["final-recipient"].split("; ", 1)[1]
            found.setdefault(address, []).append((rcpt, report))
    return found


# --- groups --------------------------------------------------------------------------------------


class World:
    """What the groups share."""

    def __init__(self, ours, peer, postfix, mx):
        self.ours, self.peer, self.postfix, self.mx = ours, peer, postfix, mx
        self.reports = {}


def submit_all(checks, w):
    env = w.ours.env
    jobs = [(f"x@{name}.test", name) for name in [*CASES, *BY_DNS, "backup"]]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda job: submit(env, [job[0]], job[1]), jobs))
    submit(env, ["x@good.test", "y@good.test", "z@unknown.test", "y@slow.test"], "several")
    submit(env, ["bea@peer.test"], "to-peer", text="Gr\u00fc\u00dfe\r\n.\r\n")
    submit(env, ["nobody@peer.test"], "to-nobody")
    for name in ("plain-ascii", "good"):
        submit(env, [f"odd@{name}.test"], "odd", text=ODD)
        submit(env, [f"signed@{name}.test"], "signed", text="", entity=SIGNED)
    if w.postfix:
        submit(env, ["pat@postfix.test"], "to-postfix")
        submit(env, ["back@postfix.test"], "through-postfix")
    submit(env, ["r@good.test"], "receipt", rcpt_options=["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;R+2Bo@good.test"],
           mail_options=["RET=HDRS", "ENVID=QQ+2B1"])
    submit(env, ["r@serial.test"], "silent", rcpt_options=["NOTIFY=NEVER"])
    bob = env["mailboxes"][1]["address"]
    submit(env, [bob, "r@oldest.test"], "here", rcpt_options=["NOTIFY=SUCCESS", "ORCPT=rfc822;b+2Bo@example.test"],
           mail_options=["RET=FULL", "ENVID=here+2B"])
    submit(env, [bob], "quiet", rcpt_options=["NOTIFY=FAILURE"])
    checks.check(True, "submitted")


def queue_empties(checks, w):
    """Everything ends: delivered, or given up within its lifetime."""
    waited = server.wait_for(lambda: not w.ours.queue(), PATIENCE_S)
    checks.check(waited is not None, "the queue is empty in the end", w.ours.queue())


def check_outcomes(checks, w):
    told = w.reports = reports(w.ours.env)
    for name, (_, outcome, status) in CASES.items():
        copies = [m for m in w.mx.received[HOSTILE[name]] if b"Subject: " + name.encode() + b"\r\n" in m.data]
        rcpt = [r for r, _ in told.get(f"x@{name}.test", []) if r["action"] == "failed"]
        if outcome == SENT:
            # What was dropped or garbled after the end may come twice, nothing else (RFC 1047).
            most = 2 if name in ("drops-at-end", "half-end", "junk-end") else 1
            checks.check(1 <= len(copies) <= most and not rcpt, f"{name}: delivered", (len(copies), rcpt))
        else:
            checks.check(not copies and len(rcpt) == 1 and rcpt[0]["status"].split(".", 1)[1] in
                         [s.split(".", 1)[1] for s in status.split()],
                         f"{name}: refused, and Alice is told", (len(copies), rcpt))
    for name, status in BY_DNS.items():
        rcpt = [r for r, _ in told.get(f"x@{name}.test", [])]
        checks.check(len(rcpt) == 1 and rcpt[0]["status"] == status, f"{name}: refused, and Alice is told", rcpt)


def check_bytes(checks, w):
    """What arrived is what was sent, under one Received field, whole."""
    good = [m for m in w.mx.received[HOSTILE["good"]] if b"Subject: good\r\n" in m.data][0]
    checks.check(good.data.endswith(b"\r\n\r\nHello.\r\n.\r\nBye.\r\n"), "dots arrive as they were sent", good.data)
    checks.check(good.mail_from == w.ours.env["mailboxes"][0]["address"], "with its sender", good.mail_from)
    checks.check(good.data.lower().count(b"\nreceived:") + good.data.lower().startswith(b"received:") == 1,
                 "one Received", good.data)
    several = [m for m in w.mx.received[HOSTILE["good"]] if b"Subject: several\r\n" in m.data]
    checks.check(len(several) == 1 and set(several[0].rcpts) == {"x@good.test", "y@good.test"},
                 "two recipients in one transaction", several)
    backup = [m for m in w.mx.received[HOSTILE["good"]] if b"Subject: backup\r\n" in m.data]
    checks.check(len(backup) == 1, "the second server when the first is down", backup)


def check_encoding(checks, w):
    """REQUIREMENTS 6 and 8: 8-bit text and long lines are encoded before they are signed, for every server the same."""
    odd = [m.data for name in ("plain-ascii", "good") for m in w.mx.received[HOSTILE[name]] if b"Subject: odd\r\n" in m.data]
    checks.check(len(odd) == 2 and all(data.isascii() and max(map(len, data.split(b"\r\n"))) <= 998 for data in odd),
                 "8-bit text and long lines are encoded", odd)
    decoded = [email.message_from_bytes(data).get_payload(decode=True) for data in odd]
    checks.check(decoded == [ODD.encode()] * 2, "and are the same when decoded", decoded)
    signed = [m.data for m in w.mx.received[HOSTILE["good"]] if b"Subject: signed\r\n" in m.data]
    checks.check(len(signed) == 1 and signed[0].endswith(SIGNED.encode()), "what is signed stays as it is", signed)
    rcpt = [r for r, _ in w.reports.get("signed@plain-ascii.test", [])]
    checks.check(len(rcpt) == 1 and rcpt[0]["status"] == "5.6.3", "and comes back where it cannot be taken", rcpt)


def check_notices(checks, w):
    unknown = w.reports["x@unknown.test"][0]
    rcpt, report = unknown
    checks.check(rcpt["remote-mta"] == "dns; mx.unknown.test" and rcpt["diagnostic-code"] ==
                 "smtp; 550 5.1.1 No such user\\x1b[31m", "the remote's words, escaped", rcpt)
    checks.check("does not exist" in report.words and "mx.unknown.test" in report.words, "in plain words", report.words)
    receipts = w.reports.get("r@good.test", [])
    checks.check(not receipts, "a receipt is left to a server that offers DSN", receipts)
    bob = w.ours.env["mailboxes"][1]["address"]
    for address, action in ((bob, "delivered"), ("r@oldest.test", "relayed")):
        told = w.reports.get(address, [])
        checks.check(len(told) == 1 and told[0][0]["action"] == action and told[0][0]["status"].startswith("2.") and
                     told[0][0]["original-recipient"] == "rfc822; b+o@example.test" and
                     told[0][1].message["original-envelope-id"] == "here+", f"{address}: a receipt, {action}", told)
    checks.check(not any(a == "r@serial.test" for a in w.reports), "NOTIFY=NEVER")
    delayed = [r for r, _ in w.reports.get("x@never.test", []) if r["action"] == "delayed"]
    checks.check(len(delayed) == 1 and "will-retry-until" in delayed[0], "one notice of the delay", delayed)


def check_peer(checks, w):
    bea = {"address": "bea@peer.test", "password": "a very long password 1"}
    mails = inbox(w.peer.env, bea)
    text = [email.message_from_bytes(mail).get_payload(decode=True) for mail in mails]
    checks.check(text == ["Gr\u00fc\u00dfe\r\n.\r\n".encode()], "another Mailstead has it", mails)
    checks.check(mails and b"ESMTPS" in mails[0], "it came by TLS", mails)
    rcpt = [r for r, _ in w.reports.get("nobody@peer.test", [])]
    checks.check(len(rcpt) == 1 and rcpt[0]["status"] == "5.1.1", "its refusal is told", rcpt)


def check_postfix(checks, w):
    if not w.postfix:
        checks.skip("Postfix has it", "this needs root and Postfix")
        return
    has = server.wait_for(lambda: any(b"Subject: to-postfix" in m for m in w.postfix.mails()), PATIENCE_S)
    checks.check(has is not None, "Postfix has it", w.postfix.mails())
    bob = w.ours.env["mailboxes"][1]
    has = server.wait_for(lambda: any(b"Subject: through-postfix" in m for m in inbox(w.ours.env, bob)), PATIENCE_S)
    checks.check(has is not None, "Postfix sends it on to us", (w.postfix.root / "log").read_text()[-3000:])


def check_routes(checks, w):
    """A domain with a relay and an outgoing address of its own."""
    sam = {"address": "sam@relayed.test", "password": "a very long password 1"}
    w.ours.call("POST", "/domains", {"name": "relayed.test"})
    w.ours.call("POST", "/mailboxes", sam)
    url = f"smtp://user%40relay.test:p%3Aw@{HOSTILE['relay']}:{w.mx.port}"
    shown = w.ours.call("PUT", "/domains/relayed.test/route", {"smarthost": url, "source": DEDICATED}, login="admin")
    checks.check(shown == {"smarthost": f"smtp://user%40relay.test@{HOSTILE['relay']}:{w.mx.port}", "source": DEDICATED},
                 "a route is shown without its password", shown)
    checks.check(w.ours.call("GET", "/domains/relayed.test/route") == shown, "the customer sees it")

    def relayed():
        return [m for m in w.mx.received[HOSTILE["relay"]] if b"Subject: by-relay\r\n" in m.data]

    # The send role reads routes again after some seconds: until then mail for nowhere is refused.
    def try_once():
        submit(w.ours.env, ["x@absent.test"], "by-relay", sender=sam)
        return server.wait_for(relayed, 4.0) is not None
    checks.check(server.wait_for(try_once, PATIENCE_S) is not None, "mail goes by the domain's relay")
    message = (relayed() or [fake_mx.Message("", (), b"", "", "")])[0]
    checks.check(message.login == "\0user@relay.test\0p:w", "with its log-in", message.login)
    checks.check(message.peer == DEDICATED, "from the domain's address", message.peer)
    w.ours.call("DELETE", "/domains/relayed.test/route", login="admin")
    shown = w.ours.call("GET", "/domains/relayed.test/route")
    checks.check(shown == {"smarthost": "", "source": ""}, "and back to the server's way", shown)


def check_log(checks, w):
    for name, mailstead in (("ours", w.ours), ("peer", w.peer)):
        checks.check(not mailstead.findings(), f"{name}: no sanitizer finding in the log", mailstead.findings())


def outbound(checks, build):
    addresses = [OURS, PEER, POSTFIX, NOBODY, *HOSTILE.values()]
    port, dns_port = fake_mx.free_port(addresses), fake_dns.free_port()
    acts = {HOSTILE[name]: case[0] for name, case in CASES.items()}
    with server.directory() as scratch, fake_dns.FakeDns(dns_port) as dns, fake_mx.FakeMx(port, acts) as mx:
        dns.zone = zone()
        bases = [server.free_port_base(BASE)]
        bases.append(server.free_port_base(bases[0] + 100))
        ours = Mailstead(build, scratch / "ours", bases[0], OURS, "mx.ours.test", port, dns_port)
        peer = Mailstead(build, scratch / "peer", bases[1], PEER, "mx.peer.test", port, dns_port)
        try:
            for mailstead in (ours, peer):
                status, output = mailstead.start()
                assert status == 0, output
            peer.call("POST", "/domains", {"name": "peer.test"})
            peer.call("POST", "/mailboxes", {"address": "bea@peer.test", "password": "a very long password 1"})
            with Postfix(scratch / "postfix", port) as postfix:
                world = World(ours, peer, postfix, mx)
                for group in (submit_all, queue_empties, check_outcomes, check_bytes, check_encoding, check_notices, check_peer,
                              check_postfix, check_routes):
                    checks.group(group, world)
        finally:
            for mailstead in (ours, peer):
                checks.check(mailstead.stop()[0] == 0, f"{mailstead.data.name}: clean stop")
        check_log(checks, world)
        for mailstead in (ours, peer):
            mailstead.remove_cluster()


if __name__ == "__main__":
    sys.exit(server.main([outbound], __doc__))
