"""Hostile mail servers on loopback addresses for tests: each does one thing wrong, at one step, some times.

  with FakeMx(port, {"127.0.0.31": Act("rcpt", "450 4.7.1 Greylisted", times=1)}) as mx:
      ...; mx.received["127.0.0.31"]

A step is one of greeting ehlo starttls mail rcpt data dot (the reply to the message) or body (while it is sent). What
is done at it: a reply (several lines are sent as they are), or DROP (hang up instead), HALF (half of the right
reply, then hang up), SLOW (the right reply, byte by byte), JUNK (bytes of no protocol, then hang up). `times` counts
uses; after them the server is a good one. `received` has what was sent to its end, also when the reply was not given.
"""
import base64
import collections
import dataclasses
import socket
import socketserver
import ssl
import threading
import time

DROP, HALF, SLOW, JUNK = "DROP", "HALF", "SLOW", "JUNK"
EXTENSIONS = ("PIPELINING", "SIZE 10000000", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES")
PATIENCE_S = 60
SLOW_S = 0.002

Message = collections.namedtuple("Message", "mail_from rcpts data peer login tls", defaults=(False,))


@dataclasses.dataclass
class Act:
    step: str = ""
    what: str = ""
    times: int = 1 << 30
    extensions: tuple = EXTENSIONS
    tls: ssl.SSLContext = None  # STARTTLS is offered, and works


class Gone(Exception):
    """One of the two has hung up."""


class Session(socketserver.StreamRequestHandler):
    timeout = PATIENCE_S

    def handle(self):
        self.act, self.mx = self.server.act, self.server.mx
        self.mail_from, self.rcpts, self.login, self.tls = "", [], "", False
        try:
            self.say("greeting", "220 mx.hostile.test ESMTP")
            while True:
                self.command(self.line())
        except (Gone, OSError):
            pass  # the client knows what to make of it

    def line(self):
        line = self.rfile.readline(10000)
        if not line.endswith(b"\n"):
            raise Gone
        return line.decode("utf-8", "replace").rstrip("\r\n")

    def send(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def say(self, step, usual):
        """The reply at this step, or what is done instead. Returns the code that was said."""
        with self.server.lock:
            hit = self.act.step == step and self.server.uses < self.act.times
            self.server.uses += hit
        if not hit:
            self.send(usual)
            return int(usual[:3])
        return self.misbehave(usual)

    def misbehave(self, usual):
        what = self.act.what
        if what == DROP:
            raise Gone
        if what == HALF:
            self.wfile.write(usual.encode()[:len(usual) // 2])
            raise Gone
        if what == JUNK:
            self.wfile.write(bytes(range(256)) * 4 + b"\r\n")
            raise Gone
        if what == SLOW:
            for byte in usual.encode() + b"\r\n":
                self.wfile.write(bytes([byte]))
                time.sleep(SLOW_S)
            return int(usual[:3])
        self.send(what)
        return int(what[:3])

    def extensions(self):
        return (*self.act.extensions, "STARTTLS") if self.act.tls and not self.tls else self.act.extensions

    def command(self, line):
        verb = line[:4].upper()
        if verb == "EHLO":
            self.say("ehlo", "\r\n".join(f"250-{e}" for e in ("mx.hostile.test", *self.extensions())) + "\r\n250 HELP")
        elif verb == "HELO":
            self.say("helo", "250 mx.hostile.test")
        elif verb == "AUTH":
            self.login = base64.b64decode(line.split()[2]).decode()
            self.send("235 2.7.0 welcome")
        elif verb == "STAR":
            self.starttls()
        elif verb == "MAIL":
            if self.say("mail", "250 2.1.0 ok") == 250:
                self.mail_from, self.rcpts = line[line.index("<") + 1:line.rindex(">")], []
        elif verb == "RCPT":
            if self.say("rcpt", "250 2.1.5 ok") == 250:
                self.rcpts.append(line[line.index("<") + 1:line.index(">")])
        elif verb == "DATA":
            self.data()
        elif verb == "RSET":
            self.rcpts = []
            self.send("250 2.0.0 ok")
        elif verb == "QUIT":
            self.send("221 2.0.0 bye")
            raise Gone
        else:
            self.send("502 5.5.1 what?")

    def starttls(self):
        """It offers what it cannot do, unless it was given a certificate."""
        self.send("220 2.0.0 go ahead")
        if self.act.tls:
            self.connection = self.act.tls.wrap_socket(self.connection, server_side=True)
            self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
            self.tls = True
            return
        self.wfile.write(b"this is no handshake\r\n")
        raise Gone

    def data(self):
        if not self.rcpts:
            self.send("554 5.5.1 no valid recipients")
            return
        if self.say("data", "354 go ahead") != 354:
            return
        lines = []
        while (line := self.rfile.readline(100000)) != b".\r\n":
            if not line:
                raise Gone
            lines.append(line[1:] if line.startswith(b".") else line)
            if self.act.step == "body" and len(lines) == 3:
                with self.server.lock:
                    hit = self.server.uses < self.act.times
                    self.server.uses += hit
                if hit:
                    self.misbehave("")
        message = Message(self.mail_from, tuple(self.rcpts), b"".join(lines), self.client_address[0], self.login, self.tls)
        # What is refused was not received; what was only not confirmed was.
        refused = self.act.step == "dot" and self.act.what[:1] in "45" and self.server.uses < self.act.times
        if not refused:
            self.mx.received[self.server.address].append(message)
        self.rcpts = []
        self.say("dot", "250 2.0.0 queued")


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 50


class FakeMx:
    def __init__(self, port, acts):
        self.port, self.acts = port, acts
        self.received = {address: [] for address in acts}
        self.servers = []

    def __enter__(self):
        for address, act in self.acts.items():
            server = Server((address, self.port), Session)
            server.address, server.act, server.mx, server.uses, server.lock = address, act, self, 0, threading.Lock()
            threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
            self.servers.append(server)
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.shutdown()
            server.server_close()


def free_port(addresses):
    """A port that is free on all of them."""
    for _ in range(200):
        with socket.socket() as first:
            first.bind((addresses[0], 0))
            port = first.getsockname()[1]
            if all(is_free(address, port) for address in addresses[1:]):
                return port
    raise OSError("no free port")


def is_free(address, port):
    with socket.socket() as sock:
        try:
            sock.bind((address, port))
            return True
        except OSError:
            return False
