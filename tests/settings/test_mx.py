#!/usr/bin/env python3
"""Port 25 towards strangers: PROXY headers, rates, early talkers, tarpit, hanging up, in clear words.

Wants mail.proxy_protocol=127.0.0.2, connections_per_address=8 and small limits.smtp_*: connections from 127.0.0.2 then come
from any address that their header names. Each check takes addresses of its own, so none disturbs another.

    test_mx.py --json quickstart.json     prints TAP
"""
import argparse
import json
import pathlib
import secrets
import socket
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
import server  # noqa: E402

TIMEOUT_S = 60
CONNECTIONS, MESSAGES, RECIPIENTS = 30, 30, 60  # as run_all.py sets them; some come back meanwhile
NET = f"10.{secrets.randbelow(256)}.{secrets.randbelow(250)}"  # of its own each time: buckets fill slowly
V2 = b"\r\n\r\n\0\r\nQUIT\n"


class Peer:
    def __init__(self, env, header, rest=b""):
        self.sock = socket.create_connection((env["host"], env["ports"]["smtp"]), TIMEOUT_S, ("127.0.0.2", 0))
        self.file = self.sock.makefile("rb")
        self.send(header + rest)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.sock.close()

    def send(self, data):
        try:
            self.sock.sendall(data)
        except OSError:
            pass  # what it said before tells why

    def reply(self):
        while True:
            try:
                line = self.file.readline()
            except ConnectionResetError:
                return b""
            if not line or line[3:4] != b"-":
                return line

    def ask(self, data):
        self.send(data)
        return self.reply()


def v1(address):
    return f"PROXY TCP4 {address} 192.0.2.25 40000 25\r\n".encode()


def v2(address, command=0x21, family=0x11, tlvs=b""):
    kind, ours = (socket.AF_INET6, "2001:db8::25") if family == 0x21 else (socket.AF_INET, "192.0.2.25")
    body = socket.inet_pton(kind, address) + socket.inet_pton(kind, ours) + struct.pack(">HH", 40000, 25)
    return V2 + bytes((command, family)) + struct.pack(">H", len(body + tlvs)) + body + tlvs


def came_from(env, header, mark):
    """The address that the server believes in, from the trace of a refused recipient."""
    with Peer(env, header) as peer:
        if not peer.reply().startswith(b"220 "):
            return None
        peer.ask(b"EHLO client.test\r\n")
        peer.ask(b"MAIL FROM:<a@sender.test>\r\n")
        peer.ask(b"RCPT TO:<" + mark + b"@example.test>\r\n")
        peer.ask(b"QUIT\r\n")
    token = next(login["token"] for login in env["logins"] if login["role"] == "customer")
    seen = []

    def found():
        seen[:] = server.api(env, f"/trace?address={mark.decode()}@example.test", token)[1]["items"]
        return seen
    server.wait_for(found, TIMEOUT_S)
    return seen[0]["text"].split()[2] if seen else None


def proxy_headers(t, env):
    mark = f"p{time.time_ns()}"
    for number, (name, header, want) in enumerate((
            ("version 1", v1("198.51.100.10"), "198.51.100.10"),
            ("version 1, IPv6", b"PROXY TCP6 2001:db8::10 2001:db8::1 4000 25\r\n", "2001:db8::10"),
            ("version 1, UNKNOWN", b"PROXY UNKNOWN\r\n", "127.0.0.2"),
            ("version 2", v2("198.51.100.11"), "198.51.100.11"),
            ("version 2, IPv6", v2("2001:db8::11", family=0x21), "2001:db8::11"),
            ("version 2 with TLVs", v2("198.51.100.12", tlvs=b"\3\0\4abcd\4\0\0"), "198.51.100.12"),
            ("version 2, LOCAL", v2("198.51.100.13", command=0x20), "127.0.0.2"))):
        got = came_from(env, header, f"{mark}n{number}".encode())
        t.check(got == want, f"PROXY {name}", got)
    for name, header in (("no header", b"EHLO client.test\r\n"), ("garbage", b"\0\1\2\3" * 20 + b"\r\n"),
                         ("an address that is none", b"PROXY TCP4 999.1.1.1 192.0.2.1 1 25\r\n"),
                         ("a family that is none", b"PROXY TCP5 1.1.1.1 192.0.2.1 1 25\r\n"),
                         ("a bare LF", b"PROXY TCP4 192.0.2.1 192.0.2.2 1 25\n" + b"x" * 100),
                         ("version 3", V2 + b"\x31\x11\0\x0c" + bytes(12)),
                         ("a body that is too short", V2 + b"\x21\x11\0\4" + bytes(4)),
                         ("a body of 65,535", V2 + b"\x21\x11\xff\xff" + bytes(2000))):
        with Peer(env, header) as peer:
            got = peer.reply()
            t.check(got == b"", f"PROXY: {name} is hung up on without a word", got)
    with Peer(env, v1("198.51.100.14")[:20]) as peer:  # in two pieces
        time.sleep(0.05)
        peer.send(v1("198.51.100.14")[20:])
        got = peer.reply()
        t.check(got.startswith(b"220 "), "PROXY: a header in two pieces", got)


def early_talkers(t, env):
    """REQ 3. Strangers wait a moment for the greeting: what comes in it comes too early."""
    with Peer(env, v1("198.51.100.20"), b"EHLO client.test\r\n") as peer:
        got = peer.reply()
        t.check(got.startswith(b"554 5.5.0 ") and peer.reply() == b"", "REQ 3: bytes before the greeting are 554 and the end", got)
    with Peer(env, v1("198.51.100.20")) as peer:
        t.check(peer.reply().startswith(b"220 "), "and who waits is greeted")


def until(ask, wanted, tries):
    """Asks again until the reply begins so; the replies."""
    replies = []
    while len(replies) < tries and not (replies and replies[-1].startswith(wanted)):
        replies.append(ask()[:9])
    return replies


def rates(t, env):
    """An address, and its network with four times as much; others are not touched."""
    def greeting():
        with Peer(env, v1(f"{NET}.1")) as peer:
            return peer.reply()

    replies = until(greeting, b"421", 4 * CONNECTIONS)
    t.check(len(replies) > CONNECTIONS and replies[-1] == b"421 4.7.0", "connections have a rate", replies)
    with Peer(env, v1(f"{NET}.2")) as peer:
        t.check(peer.reply().startswith(b"220 "), "which is not the neighbour's")
    with Peer(env, v1(f"{NET}.10")) as peer:
        peer.reply()
        peer.ask(b"EHLO client.test\r\n")
        replies = until(lambda: peer.ask(b"RSET\r\n") and peer.ask(b"MAIL FROM:<a@sender.test>\r\n"), b"4", 4 * MESSAGES)
        t.check(len(replies) > MESSAGES and replies[-1] == b"450 4.7.1", "messages have a rate", replies)
    with Peer(env, v1(f"{NET}.20")) as peer:
        peer.reply()
        peer.ask(b"EHLO client.test\r\n")
        peer.ask(b"MAIL FROM:<a@sender.test>\r\n")
        bob = env["mailboxes"][1]["address"].encode()
        # 100 are the most of one message: that is 452 4.5.3
        replies = until(lambda: peer.ask(b"RCPT TO:<" + bob + b">\r\n"), b"4", 4 * RECIPIENTS)
        t.check(len(replies) > RECIPIENTS and replies[-1] == b"450 4.7.1", "recipients have a rate", replies)
    held = [Peer(env, v1(f"{NET}.30")) for _ in range(9)]
    replies = [peer.reply()[:9] for peer in held]
    t.check(sorted(replies)[-1] == b"421 4.3.2" and replies.count(b"421 4.3.2") == 1, "eight connections at a time, by the address of the header", replies)
    for peer in held:
        peer.__exit__()


def patience(t, env):
    """Wrong commands: slower after five, hung up on after twenty."""
    with Peer(env, v1(f"{NET}.40")) as peer:
        peer.reply()
        start = time.monotonic()
        replies = until(lambda: peer.ask(b"XYZZY\r\n"), b"421", 30)
        # The last one is answered twice: that it was wrong, and that it was one too many.
        if replies[-1].startswith(b"500") or not replies[-1]:
            replies.append(peer.reply()[:9])
        t.check(b"421 4.7.0" in replies and len(replies) <= 22, "too many errors are the end", replies)
        t.check(time.monotonic() - start > 10, "and they were slow")
    with Peer(env, v1(f"{NET}.41")) as peer:
        peer.reply()
        peer.ask(b"EHLO client.test\r\n")
        peer.ask(b"MAIL FROM:<a@sender.test>\r\n")
        times = []
        for i in range(8):
            start = time.monotonic()
            peer.ask(b"RCPT TO:<guess%d@example.test>\r\n" % i)
            times.append(time.monotonic() - start)
        t.check(max(times[6:]) > 0.5, "guessing recipients is slow", times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", required=True, type=pathlib.Path)
    env = json.loads(parser.parse_args().json.read_text())
    t = server.Checks()
    for function in (proxy_headers, early_talkers, rates, patience):
        t.group(function, env)
    return t.done()


if __name__ == "__main__":
    sys.exit(main())
