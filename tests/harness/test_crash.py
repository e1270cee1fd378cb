#!/usr/bin/env python3
"""Roles and PostgreSQL die by kill -9 under load: what was acknowledged is there, once (REQUIREMENTS 17).

    test_crash.py BUILD_DIR [MX_KILLS DATABASE_KILLS]

Senders keep a ledger: a Message-ID goes into it only after the server's 250. Processes are killed in turn, each must
listen again in time, and at the end every mailbox is read over IMAP and compared with the ledger. A message
whose 250 was lost with the connection may be there or not, but never twice, because no sender tries again.
"""
import base64
import collections
import os
import pathlib
import re
import signal
import socket
import sys
import threading
import time

import server
from server import Server, directory, free_port_base, greets

FIRST_PORT = 31000 + os.getpid() % 20 * 90
SENDERS = 3  # of each kind
ROUNDS = 2
QUICK_KILLS = 4
AGAIN_S = 1.0
# Measured 0.1 to 0.2 s; a sanitized role takes several times the processor time, which the load and other work take too.
AGAIN_SANITIZED_S = 3.0
# PostgreSQL replays its log after a crash.
DATABASE_AGAIN_S = 10.0
REPLY = re.compile(rb"(?:\d{3}-[^\r\n]*\r\n)*(\d{3}) [^\r\n]*\r\n\Z")


class Closed(Exception):
    """The connection ended before the reply."""


class Sender(threading.Thread):
    """Sends one message after another until told to stop; knows which were acknowledged."""

    def __init__(self, env, name, stop, mailbox=None):
        super().__init__(daemon=True)
        self.env, self.name, self.stop, self.mailbox = env, name, stop, mailbox
        self.recipient = env["mailboxes"][1]["address"]
        self.acknowledged, self.unknown, self.permanent = [], [], []
        self.sock = None

    def reply(self):
        data = b""
        while not REPLY.match(data):
            more = self.sock.recv(4096)
            if not more:
                raise Closed
            data += more
        return int(REPLY.match(data)[1])

    def say(self, text):
        self.sock.sendall(text.encode() + b"\r\n")
        return self.reply()

    def open(self):
        port = self.env["ports"]["submissions" if self.mailbox else "smtp"]
        self.sock = socket.create_connection((self.env["host"], port), 20)
        if self.mailbox:
            self.sock = server.tls_context(self.env).wrap_socket(self.sock, server_hostname=self.env["hostname"])
        if self.reply() != 220 or self.say("EHLO client.test") != 250:
            raise Closed
        if self.mailbox:
            plain = f"\0{self.mailbox['address']}\0{self.mailbox['password']}".encode()
            if self.say("AUTH PLAIN " + base64.b64encode(plain).decode()) != 235:
                raise Closed

    def send_one(self, number):
        identity = f"{self.name}-{number}@crash.test"
        sender = self.mailbox["address"] if self.mailbox else "load@client.test"
        for command in (f"MAIL FROM:<{sender}>", f"RCPT TO:<{self.recipient}>"):
            code = self.say(command)
            if code >= 500:
                self.permanent.append((command, code))
            if code != 250:
                raise Closed
        if self.say("DATA") != 354:
            raise Closed
        body = "x" * (100 if number % 20 else 400_000)
        self.unknown.append(identity)
        code = self.say(f"From: <{sender}>\r\nTo: <{self.recipient}>\r\nMessage-ID: <{identity}>\r\nSubject: load\r\n"
                        f"Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n\r\n" +
                        "\r\n".join(body[i:i + 70] for i in range(0, len(body), 70)) + "\r\n.")
        if code == 250:
            self.acknowledged.append(identity)
        elif code >= 500:
            self.permanent.append((identity, code))

    def run(self):
        number = 0
        while not self.stop.is_set():
            try:
                if not self.sock:
                    self.open()
                number += 1
                self.send_one(number)
                time.sleep(0.01)
            except (OSError, Closed):
                if self.sock:
                    self.sock.close()
                self.sock = None
                time.sleep(0.05)


def kill_and_wait(s, env, role, port):
    """Seconds from the kill until another process of the role greets; None: never."""
    pid = s.pid_of(role)
    if not pid:
        return None
    os.kill(pid, signal.SIGKILL)
    return server.wait_for(lambda: s.pid_of(role) not in (0, pid) and (not port or greets(env, port)), 40)


def kill_all(t, s, env):
    for _ in range(ROUNDS):
        for role, port in (("mx", "smtp"), ("user", "imaps"), ("web", "https"), ("send", None)):
            kill_role(t, s, env, role, port)
            time.sleep(1.0)
    for _ in range(QUICK_KILLS):  # what has served is never made to wait
        kill_role(t, s, env, "mx", "smtp")
        time.sleep(0.3)
    kill_database(t, s, env)


def kill_role(t, s, env, role, port):
    allowed = AGAIN_SANITIZED_S if is_sanitized(s) else AGAIN_S
    took = kill_and_wait(s, env, role, port)
    t.check(took is not None and took <= allowed,
            f"{role} serves again within {allowed:.0f} s of kill -9 ({took or -1:.2f} s)")


def kill_database(t, s, env):
    took = kill_and_wait(s, env, "postgres", None)
    t.check(took is not None and took <= DATABASE_AGAIN_S, f"the supervisor starts PostgreSQL again ({took or -1:.2f} s)")
    took = server.wait_for(lambda: can_read(env), 30)
    t.check(took is not None, f"and mail can be read again ({took or -1:.2f} s)")


def kill_often(mx_kills, database_kills):
    """The same ledger over many kills, the two kinds mixed; the moments between them differ."""
    def kill(t, s, env):
        for n in range(mx_kills):
            kill_role(t, s, env, "mx", "smtp")
            time.sleep(0.2 + n % 7 * 0.1)
            if (n + 1) * database_kills // mx_kills > n * database_kills // mx_kills:
                kill_database(t, s, env)
    return kill


def is_sanitized(s):
    return b"__asan_init" in (s.build / "mailstead").read_bytes()


def can_read(env):
    try:
        return server.count_messages(env, env["mailboxes"][1]) >= 0
    except (OSError, server.imaplib.IMAP4.error):
        return False


def log_in(env, mailbox):
    """A client in the INBOX. Some of the role's database connections may still be those of before the crash: it says so."""
    for _ in range(100):
        try:
            client = server.imap_login(env, mailbox)
            if client.select("INBOX", readonly=True)[0] == "OK":
                return client
        except server.imaplib.IMAP4.error as error:
            if "UNAVAILABLE" not in str(error):
                raise
        time.sleep(0.2)
    raise SystemExit("no log-in within 20 s of the crash")


def identities(env, mailbox):
    """How often each Message-ID is in the INBOX."""
    client = log_in(env, mailbox)
    _, rows = client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")
    client.logout()
    headers = b"".join(row[1] for row in rows if isinstance(row, tuple))
    return collections.Counter(found.decode() for found in re.findall(rb"<([^>]+@crash\.test)>", headers))


def whole_bodies(env, mailbox, names):
    """The large messages of the ledger that have not the length they were sent with."""
    client = log_in(env, mailbox)
    short = []
    for name in names:
        _, found = client.search(None, "HEADER", "Message-ID", name)
        _, rows = client.fetch(found[0].split()[0], "(BODY.PEEK[TEXT])")
        if rows[0][1].count(b"x") != 400_000:
            short.append((name, len(rows[0][1])))
    client.logout()
    return short


def compare(t, env, senders, kind):
    acknowledged = [i for sender in senders for i in sender.acknowledged]
    sent = {i for sender in senders for i in sender.unknown}
    found = identities(env, env["mailboxes"][1])
    t.check(len(acknowledged) > 50, f"{kind}: {len(acknowledged)} of {len(sent)} messages were acknowledged")
    missing = [i for i in acknowledged if not found[i]]
    t.check(not missing, f"{kind}: every acknowledged message is there", missing)
    doubled = {i: n for i, n in found.items() if i in sent and n > 1}
    t.check(not doubled, f"{kind}: none is there twice", doubled)
    refused = [p for sender in senders for p in sender.permanent]
    t.check(not refused, f"{kind}: nothing was refused for good because of a crash", refused)
    large = [i for i in acknowledged if int(i.split("@")[0].rsplit("-", 1)[1]) % 20 == 0][-5:]
    short = whole_bodies(env, env["mailboxes"][1], [i for i in large if found[i]])
    t.check(large and not short, f"{kind}: large messages are whole", short or "none was sent")


def crash(t, build, kill):
    with directory() as place:
        s = Server(build, place / "data", free_port_base(FIRST_PORT))
        status, output = s.quickstart("--set", "limits.exempt_networks=127.0.0.0/8")
        if not t.check(status == 0, "quickstart", output):
            return
        try:
            run_load(t, s, s.env, kill)
        finally:
            status, output = s.stop()
        t.check(status == 0, "clean stop", output)
        t.check(not s.findings(), "no sanitizer finding in the log", s.findings())
        t.check(not list((s.data / "spool").iterdir()), "no spool file is left", list((s.data / "spool").iterdir()))


def run_load(t, s, env, kill):
    stop = threading.Event()
    world = [Sender(env, f"world{i}", stop) for i in range(SENDERS)]
    users = [Sender(env, f"user{i}", stop, env["mailboxes"][0]) for i in range(SENDERS)]
    for sender in world + users:
        sender.start()
    time.sleep(1.0)
    kill(t, s, env)
    before = sum(len(x.acknowledged) for x in world + users)
    again = server.wait_for(lambda: sum(len(x.acknowledged) for x in world + users) > before + 10, 20)
    t.check(again is not None, "mail flows again after the last crash")
    stop.set()
    for sender in world + users:
        sender.join(30)
    compare(t, env, world, "port 25")
    compare(t, env, users, "submission")


if __name__ == "__main__":
    kills = [int(n) for n in sys.argv[2:4]]
    del sys.argv[2:4]
    how = kill_often(*kills) if len(kills) == 2 else kill_all
    sys.exit(server.main([lambda t, build: crash(t, build, how)], __doc__))
