#!/usr/bin/env python3
"""Mail to other servers, from the click to the remote's 250: through a DNS server and a mail server that we play.

    test_sending.py BUILD_DIR [KILLS [STOLEN]]

What is accepted goes out, is tried again, or comes back with a report; aliases forward with a sender that leads back; a stolen
mailbox is held and its people hear of it; the sending process dies by kill -9 and nothing that was acknowledged is lost.
"""
import collections
import concurrent.futures
import email
import http.client
import json
import os
import random
import re
import signal
import smtplib
import socketserver
import sys
import threading
import time

import fake_dns
import server
from server import Server, directory, free_port_base

FIRST_PORT = 35000 + os.getpid() % 20 * 90
KILLS = 4  # by default; 200 by hand
STOLEN = 300  # messages that a stolen account sends; 10,000 by hand
PATIENCE_S = 120
RETRY = "1s,1s,2s"


class Sink(socketserver.ThreadingTCPServer):
    """A mail server. What it says depends on the recipient's name: no..., grey..., drop...; all others are taken."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 200

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Session)
        self.messages, self.grey, self.lock = [], collections.Counter(), threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def to(self, rcpt):
        with self.lock:
            return [m for m in self.messages if rcpt in m["rcpts"]]


class Session(socketserver.StreamRequestHandler):
    timeout = 120

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def answer(self, rcpt):
        if rcpt.startswith("no"):
            return "550 5.1.1 There is nobody of that name"
        if rcpt.startswith("grey"):
            with self.server.lock:
                self.server.grey[rcpt] += 1
                if self.server.grey[rcpt] < 3:
                    return "451 4.7.1 Greylisted, please try again later"
        return "250 2.1.5 ok"

    def data(self, sender, rcpts):
        self.say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        if line:
            with self.server.lock:
                self.server.messages.append({"from": sender, "rcpts": rcpts, "data": b"".join(lines)})
            self.say("250 2.0.0 taken")

    def handle(self):
        try:
            self.talk()
        except ConnectionError:
            pass  # a killed client

    def talk(self):
        sender, rcpts = "", []
        self.say("220 sink.test ESMTP")
        while line := self.rfile.readline().decode("latin-1"):
            verb = line[:4].upper()
            path = re.search(r"<([^>]*)>", line)
            if verb == "EHLO":
                self.say("250-sink.test\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")
            elif verb == "MAIL":
                sender, rcpts = path[1], []
                self.say("250 2.1.0 ok")
            elif verb == "RCPT":
                if path[1].startswith("drop"):
                    return
                answer = self.answer(path[1])
                rcpts += [path[1]] if answer.startswith("250") else []
                self.say(answer)
            elif verb == "DATA" and rcpts:
                self.data(sender, rcpts)
            elif verb == "QUIT":
                self.say("221 2.0.0 bye")
                return
            else:
                self.say("503 5.5.1 no" if verb == "DATA" else "250 2.0.0 ok")


class World:
    """A server with the sink around it."""

    def __init__(self, build, place):
        dns_port = fake_dns.free_port()
        self.sink, self.dns = Sink(), fake_dns.FakeDns(dns_port)
        mx = [("MX", 10, "sink.test")]
        self.dns.zone = {"sink.test": [("A", "127.0.0.1")], "far.test": mx, "other.test": mx,
                         "null.test": [("MX", 0, ".")], "dead.test": [("MX", 10, "dead.sink.test")],
                         "dead.sink.test": [("A", "127.0.0.3")]}
        self.server = Server(build, place / "data", free_port_base(FIRST_PORT))
        self.settings = [word for setting in (
            "limits.exempt_networks=127.0.0.0/8", f"dns.servers=127.0.0.1:{dns_port}", f"delivery.port={self.sink.port}",
            f"delivery.retry={RETRY}", "delivery.lifetime=25s", "delivery.delay_notice=0s", "sandbox=yes")
            for word in ("--set", setting)]

    def submit(self, rcpts, text="Hello", sender=0, options=(), identity=None):
        box = self.server.env["mailboxes"][sender]
        with self.log_in(sender) as smtp:
            head = f"Message-ID: <{identity}>\r\n" if identity else ""
            smtp.sendmail(box["address"], rcpts, f"From: {box['address']}\r\n{head}Subject: {text}\r\n\r\n{text}\r\n",
                          rcpt_options=options)

    def log_in(self, sender=0):
        env = self.server.env
        box = env["mailboxes"][sender]
        smtp = smtplib.SMTP_SSL(env["host"], env["ports"]["submissions"], context=server.tls_context(env), timeout=60)
        smtp.login(box["address"], box["password"])
        return smtp

    def inbox(self, who, subject):
        """Messages whose Subject has this word, parsed."""
        env = self.server.env
        client = server.imap_login(env, env["mailboxes"][who])
        client.select("INBOX", readonly=True)
        _, found = client.search(None, "SUBJECT", f'"{subject}"')
        parsed = []
        for number in found[0].split():
            _, rows = client.fetch(number, "(BODY.PEEK[])")
            parsed.append(email.message_from_bytes(rows[0][1]))
        client.logout()
        return parsed

    def api(self, path, role="admin"):
        token = next(x["token"] for x in self.server.env["logins"] if x["role"] == role)
        return server.api(self.server.env, path, token)[1]


def until(condition):
    return server.wait_for(condition, PATIENCE_S) is not None


def reports(w, rcpt, who=0):
    """Delivery reports that name this recipient."""
    found = []
    for message in w.inbox(who, ""):
        for part in message.walk():
            if part.get_content_type() == "message/delivery-status" and rcpt in str(part):
                found.append(message)
    return found


def goes_out(t, w):
    w.submit(["one@far.test", "two@far.test", "three@other.test"], "out")
    t.check(until(lambda: all(w.sink.to(r) for r in ("one@far.test", "two@far.test", "three@other.test"))),
            "mail reaches its recipients elsewhere")
    same = w.sink.to("one@far.test")[0]["rcpts"] == ["one@far.test", "two@far.test"]
    t.check(same, "two of one destination share a transaction", w.sink.messages)
    t.check(w.sink.to("one@far.test")[0]["from"] == w.server.env["mailboxes"][0]["address"], "with their own sender")
    t.check(until(lambda: not w.api("/queue")["items"]), "and the queue is empty again")
    row = next(r for r in w.api("/trace?address=one@far.test")["items"])
    trace = w.api("/trace/" + (row.get("id") or row.get("trace_id")))
    names = [e.get("name") or e.get("event") for e in trace["events"]]
    t.check("message.queued" in names and "message.sent" in names, "the trace tells it from the click to the 250", trace)


def is_tried_again(t, w):
    w.submit(["grey@far.test"], "grey")
    t.check(until(lambda: w.sink.to("grey@far.test")), "a greylisted message is tried again and taken")
    t.check(w.sink.grey["grey@far.test"] == 3, "after two refusals", w.sink.grey)


def comes_back(t, w):
    w.submit(["no@far.test", "yes@far.test"], "refused")
    w.submit(["x@null.test"], "null")
    w.submit(["x@nowhere.test"], "nowhere")
    for rcpt, status in (("no@far.test", "5.1.1"), ("x@null.test", "5.1.10"), ("x@nowhere.test", "5.1.2")):
        t.check(until(lambda r=rcpt: reports(w, r)), f"{rcpt}: a report comes back")
        text = str(reports(w, rcpt)[0])
        t.check(f"Status: {status}" in text and "Action: failed" in text, f"{rcpt}: with its status", text)
    t.check(until(lambda: w.sink.to("yes@far.test")), "the other recipient has it")
    report = reports(w, "no@far.test")[0]
    t.check("There is nobody of that name" in str(report), "the remote's words are in the report", report)
    t.check(report["Return-Path"] == "<>", "reports have the null sender", report["Return-Path"])
    w.submit(["nobody@far.test"], "silent", options=["NOTIFY=NEVER"])
    w.submit(["x@dead.test"], "dead")
    w.submit(["success@far.test"], "success", options=["NOTIFY=SUCCESS"])
    t.check(until(lambda: reports(w, "success@far.test")), "success is told when it is asked for")
    t.check(until(lambda: reports(w, "x@dead.test")), "who cannot be reached is given up at the end of the lifetime")
    t.check(not reports(w, "nobody@far.test"), "NOTIFY=NEVER is kept")


def is_forwarded(t, w):
    env = w.server.env
    token = next(x["token"] for x in env["logins"] if x["role"] == "customer")
    for address, targets in (("fwd@example.test", ["fwd@far.test", env["mailboxes"][1]["address"]]),
                             ("back@example.test", ["no@far.test"])):
        status = post(env, "/aliases", {"address": address, "targets": targets}, token)
        t.check(status == 201, f"{address} is made", status)
    with smtplib.SMTP(env["host"], env["ports"]["smtp"], timeout=60) as smtp:
        for rcpt in ("fwd@example.test", "back@example.test"):
            smtp.sendmail("ann@other.test", [rcpt], "From: ann@other.test\r\nSubject: forwarded\r\n\r\nHello\r\n")
        try:
            smtp.sendmail("ann@other.test", ["fwd@example.test"],
                          "Delivered-To: fwd@example.test\r\nFrom: ann@other.test\r\n\r\nx\r\n")
            t.check(False, "a circle is refused")
        except smtplib.SMTPDataError as error:
            t.check(error.smtp_code == 554, "a circle is refused", error)
    t.check(until(lambda: w.sink.to("fwd@far.test")), "an alias forwards")
    sender = w.sink.to("fwd@far.test")[0]["from"]
    t.check(sender.startswith("SRS0=") and sender.endswith("@example.test"), "with a sender that leads back to us", sender)
    t.check(until(lambda: w.inbox(1, "forwarded")), "and keeps a copy for the mailbox among its targets")
    with smtplib.SMTP(env["host"], env["ports"]["smtp"], timeout=60) as smtp:
        smtp.sendmail("", [sender], "From: mailer@far.test\r\nSubject: bounce\r\n\r\nIt failed.\r\n")
        try:
            smtp.sendmail("", ["SRS0=AAAAAA=AA=other.test=ann@example.test"], "From: x@far.test\r\n\r\nx\r\n")
            t.check(False, "a made-up sender of ours is refused")
        except smtplib.SMTPRecipientsRefused:
            t.check(True, "a made-up sender of ours is refused")
    t.check(until(lambda: any(m["from"] == "" and b"Subject: bounce" in m["data"] for m in w.sink.to("ann@other.test"))),
            "its bounce goes on to the first sender")
    t.check(until(lambda: any(m["from"] == "" and b"delivery-status" in m["data"] for m in w.sink.to("ann@other.test"))),
            "a forwarded message that is refused comes back to who sent it")


def post(env, path, body, token):
    client = http.client.HTTPSConnection(env["host"], env["ports"]["https"], context=server.tls_context(env), timeout=30)
    client.request("POST", "/api/v1" + path, json.dumps(body),
                   headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
    status = client.getresponse().status
    client.close()
    return status


def survives_kills(t, w):
    """Every acknowledged submission arrives at least once; twice only what was under way at a kill."""
    kills = KILLS
    sent, stop = [], threading.Event()
    bob = w.server.env["mailboxes"][1]["address"]

    def load():
        while not stop.is_set():
            if not server.wait_for(lambda: stop.is_set() or len(w.sink.messages) > len(sent) - 500, PATIENCE_S):
                return  # they do not come any more: that shows
            with w.log_in(1) as smtp:
                for _ in range(20):
                    rcpt = f"load{len(sent)}@far.test"
                    smtp.sendmail(bob, [rcpt], f"From: {bob}\r\nSubject: load\r\n\r\nx\r\n")
                    sent.append(rcpt)
    loader = threading.Thread(target=load, daemon=True)
    loader.start()
    for _ in range(kills):
        # At work again, and somewhere in the middle of it: what has passed Bob's limit is let go.
        post_release(w)
        before, arrived = len(sent), len(w.sink.messages)
        server.wait_for(lambda n=before, m=arrived: len(sent) > n + 5 and len(w.sink.messages) > m, PATIENCE_S)
        time.sleep(0.3 + random.random() / 2)  # who dies at once has its restart put off
        pid = w.server.pid_of("send")
        os.kill(pid, signal.SIGKILL)
        until(lambda p=pid: w.server.pid_of("send") not in (0, p))
    stop.set()
    loader.join(PATIENCE_S)
    post_release(w)

    def copies():
        with w.sink.lock:
            return collections.Counter(rcpt for m in w.sink.messages for rcpt in m["rcpts"])
    arrived = until(lambda: copies().keys() >= set(sent))
    t.check(arrived, f"all of {len(sent)} acknowledged messages arrive though send was killed {kills} times",
            sorted(set(sent) - copies().keys())[:20])
    acknowledged = set(sent)
    twice = [rcpt for rcpt, n in copies().items() if n > 1 and rcpt in acknowledged]
    t.check(len(twice) <= kills * 50, f"twice only what was under way ({len(twice)})", twice[:20])


def post_release(w):
    w.server.command("queue", "release", "--state", "held")


def steal(w, numbers):
    alice = w.server.env["mailboxes"][0]["address"]
    with w.log_in() as smtp:
        for number in numbers:
            smtp.sendmail(alice, [f"spam{number}@far.test"], f"From: {alice}\r\nSubject: spam\r\n\r\nBuy!\r\n")


def is_held(t, w):
    """REQUIREMENTS 61: of what a stolen account sends 200 at most leave, the rest is held, its people hear of it."""
    env = w.server.env
    alice, bob = (env["mailboxes"][i]["address"] for i in (0, 1))
    customer = next(x for x in env["logins"] if x["role"] == "customer")
    status = post(env, "/aliases", {"address": customer["login"], "targets": [bob]}, customer["token"])
    t.check(status == 201, "the customer reads mail", status)
    steal(w, range(260))
    begun = time.monotonic()  # the limit has been passed
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        told = [pool.submit(lambda who=who: until(lambda: w.inbox(who, "being held")) and time.monotonic() - begun) for who in (0, 1)]
        list(pool.map(lambda first: steal(w, range(260 + first, STOLEN, 4)), range(4)))
    held = [i for i in w.api("/queue?limit=200&state=held", "customer")["items"]]
    t.check(len(held) > 30, f"a stolen mailbox is held beyond its limit ({len(held)} or more)")
    # A minute is the promise where the machine has nothing else to do: by hand.
    limit = 60 if STOLEN > 1000 else PATIENCE_S
    for who, waited in zip(("owner", "customer"), (f.result() for f in told)):
        t.check(waited and waited < limit, f"its {who} is told by mail", waited)
    status, output = w.server.command("queue", "remove", "--state", "held", "--address", alice)
    t.check(status == 0 and int(output) >= len(held), "what is held can be removed", output)

    def left():
        return len({m["rcpts"][0] for m in w.sink.messages if m["rcpts"][0].startswith("spam")})
    t.check(until(lambda: left() == STOLEN - int(output)) and 0 < left() <= 200, f"{left()} of {STOLEN} have left, all others were held")
    t.check(not w.api("/queue?state=held", "customer")["items"], "and are gone")


def outbound(t, build):
    with directory() as place:
        w = World(build, place)
        with w.dns:
            status, output = w.server.quickstart(*w.settings)
            if not t.check(status == 0, "quickstart", output):
                return
            try:
                for group in (goes_out, is_tried_again, comes_back, is_forwarded, is_held, survives_kills):
                    t.group(group, w)
            finally:
                status, output = w.server.stop()
            t.check(status == 0, "clean stop", output)
            t.check(not w.server.findings(), "no sanitizer finding in the log", w.server.findings())
            w.server.remove_cluster()


if __name__ == "__main__":
    arguments, sys.argv = sys.argv, sys.argv[:2]
    counts = arguments[2:]
    KILLS = int(counts[0]) if counts else KILLS
    STOLEN = int(counts[1]) if counts[1:] else STOLEN
    sys.exit(server.main([outbound], __doc__))
