"""What no client should send, sent to a running server: what the tests/scripts/*/test_garbage.py share.

Every reply must be the protocol's, every process must be the one from before, the mailbox unchanged.
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import re
import select
import socket
import ssl
import struct
import sys
import threading
import time

import server

# A sanitizer keeps 256 MiB of freed memory per process aside before it is used again.
GROWTH_MIB = 400
LONG = 4 << 20
ENDLESS = 64 << 20
SILENCE = b"<silence>"
PATIENCE_S = 30.0


class Busy(Exception):
    """The server has not yet seen that the session before has gone."""


class Target:
    """One port, and the role behind it."""

    def __init__(self, env, data, port, role):
        self.env, self.data, self.port, self.role = env, data, port, role

    def connect(self):
        sock = socket.create_connection((self.env["host"], self.env["ports"][self.port]), 20)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.port in server.IMPLICIT_TLS:
            sock = server.tls_context(self.env).wrap_socket(sock, server_hostname=self.env["hostname"])
        return sock

    def talk(self, payload, pattern):
        """Everything the server says to this, until it closes or has been silent for a while after the pattern came."""
        with self.connect() as sock:
            if isinstance(sock, ssl.SSLSocket):
                return talk_tls(sock, payload, pattern)
            sender = threading.Thread(target=push, args=(sock, payload), daemon=True)
            sender.start()
            heard = read_all(sock)
            sender.join(PATIENCE_S)
            return heard

    def steps(self, steps, cut, hard):
        """Plays (bytes, pattern of the reply) and leaves after `cut` bytes; hard: with a reset."""
        sock = self.connect()
        try:
            heard = b""
            for data, pattern in steps:
                part = data[:cut]
                sock.sendall(part)
                cut -= len(part)
                if len(part) < len(data) or (cut == 0 and pattern is None):
                    break
                heard = read_until(sock, pattern)
            if hard:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return heard
        finally:
            sock.close()


def push(sock, payload):
    try:
        sock.sendall(payload)
        sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # closed on us: what it said before counts


def read_all(sock):
    """What came until the end; SILENCE when neither words nor the end came."""
    heard = b""
    sock.settimeout(PATIENCE_S)
    try:
        while more := sock.recv(65536):
            heard += more
    except TimeoutError:
        return heard or SILENCE
    except OSError:
        pass
    return heard


def talk_tls(sock, payload, pattern):
    """The same over TLS, in one thread: two that read and write one session take each other's errors for their own.
    It has no end of our own half, so a second of silence after the pattern ends it."""
    heard, end = b"", time.monotonic() + PATIENCE_S
    sock.setblocking(False)
    while time.monotonic() < end:
        quiet = True
        try:
            if not (more := sock.recv(65536)):
                return heard
            heard, quiet = heard + more, False
            if re.search(pattern, heard, re.S):
                end = time.monotonic() + 1.0
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError:
            return heard
        try:
            if payload and (sent := sock.send(payload[:16384])):
                payload, quiet = payload[sent:], False
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            pass
        except OSError:
            payload = b""  # closed on us: what it said before counts
        if quiet:
            select.select([sock], [sock] if payload else [], [], 0.2)
    return heard or SILENCE


def read_until(sock, pattern):
    heard = b""
    while pattern and not re.search(pattern, heard, re.S):
        more = sock.recv(65536)
        if not more:
            raise EOFError(f"closed after {heard!r}")
        heard += more
        if b"[IN-USE]" in heard:
            raise Busy
    return heard


def rss_mib(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]) >> 10


class Watch:
    """The server's processes, memory and log before and after."""

    def __init__(self, checks, env, data):
        self.checks, self.env, self.data = checks, env, data
        self.before = self.pids()
        self.memory = {name: rss_mib(pid) for name, pid in self.before.items()}
        self.log_at = len(self.log())
        self.counts = self.messages()

    def pids(self):
        status = json.loads((self.data / "run/status.json").read_text())
        return {role["name"]: role["pid"] for role in status["roles"]}

    def log(self):
        return (self.data / "run/mailstead.log").read_text(errors="replace")

    def messages(self):
        return [server.count_messages(self.env, m) for m in self.env["mailboxes"]]

    def unchanged(self, label, added=(0, 0)):
        t = self.checks
        time.sleep(0.3)
        t.check(self.pids() == self.before, f"{label}: no process died", (self.before, self.pids()))
        wanted = [n + more for n, more in zip(self.counts, added)]
        t.check(self.messages() == wanted, f"{label}: no half message is left", (wanted, self.messages()))
        self.counts = wanted

    def end(self):
        t = self.checks
        grown = {name: rss_mib(pid) - self.memory[name] for name, pid in self.pids().items()}
        t.check(max(grown.values()) < GROWTH_MIB, f"memory stays bounded ({grown} MiB more)")
        new = [line for line in self.log()[self.log_at:].splitlines() if any(f in line for f in server.FINDINGS)]
        t.check(not new, "no sanitizer finding in the log", "\n".join(new))


def noise(seed=1, length=5000):
    return random.Random(seed).randbytes(length)


def each(t, target, cases):
    """cases: (name, bytes, pattern that the whole conversation must match)."""
    for name, payload, pattern in cases:
        heard = target.talk(payload, pattern)
        t.check(re.search(pattern, heard, re.S) is not None, f"{target.port}: {name}", heard[-300:])


def endless(t, target, start=b""):
    """A line that never ends is ended by the server."""
    with target.connect() as sock:
        sent = 0
        sock.settimeout(10)
        try:
            sock.sendall(start)
            while sent < ENDLESS:
                sock.sendall(b"A" * 65536)
                sent += 65536
        except OSError:
            pass
        t.check(sent < ENDLESS, f"{target.port}: a line without end is cut off", f"{sent} bytes were taken")


def every_cut(target, steps, end=None, threads=4):
    """Leaves at every byte of the dialogue before `end`; what went wrong."""
    total = sum(len(data) for data, _ in steps) if end is None else end

    def leave(cut):
        for _ in range(50):
            try:
                target.steps(steps, cut, cut % 2 == 1)
                return None
            except Busy:
                time.sleep(0.02)
            except (OSError, EOFError) as error:
                return (cut, repr(error))
        return (cut, "busy for a second")

    with concurrent.futures.ThreadPoolExecutor(threads) as pool:
        return [wrong for wrong in pool.map(leave, range(total)) if wrong]


def before_tls(t, target, command, injected, first, probe, answer):
    """Bytes behind STARTTLS in the same segment are not run inside TLS."""
    with target.connect() as sock:
        read_until(sock, rb"\r\n")
        for line, pattern in first:
            sock.sendall(line)
            read_until(sock, pattern)
        sock.sendall(command + injected)
        try:
            heard = read_until(sock, rb"\r\n")
            with server.tls_context(target.env).wrap_socket(sock, server_hostname=target.env["hostname"]) as tls:
                tls.sendall(probe)
                heard = read_until(tls, rb"\r\n")
            t.check(re.match(answer, heard) is not None, f"{target.port}: what follows {command!r} is not run", heard)
        except (OSError, EOFError) as error:
            t.check(True, f"{target.port}: what follows {command!r} ends the connection ({type(error).__name__})")


def slow_drip(t, target, payload, drips=30):
    """Many clients send a byte now and then; another one is served at once."""
    slow = [target.connect() for _ in range(drips)]
    try:
        worst = 0.0
        for i in range(20):
            for sock in slow:
                sock.sendall(payload[i:i + 1])
            start = time.monotonic()
            ok = server.greets(target.env, target.port)
            worst = max(worst, time.monotonic() - start if ok else 99.0)
            time.sleep(0.05)
        t.check(worst < 3.0, f"{target.port}: {drips} slow clients do not hold up another ({worst:.2f} s)")
    finally:
        for sock in slow:
            sock.close()


def main(test, description):
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", required=True, type=pathlib.Path, help="quickstart.json of a running server")
    path = parser.parse_args().json
    env = json.loads(path.read_text())
    data = pathlib.Path(os.path.abspath(path)).parent
    checks = server.Checks()

    def run(t):
        watch = Watch(t, env, data)
        test(t, env, data, watch)
        watch.end()
    checks.group(run)
    sys.exit(checks.done())
