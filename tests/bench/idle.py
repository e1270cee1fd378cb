#!/usr/bin/python3
"""Measures what an idle IMAP connection costs the server in memory.

Opens N TLS connections, logs in, selects INBOX, sends IDLE and leaves them there; prints the growth of
the server processes' private dirty memory for each connection, in KiB. The client is this process, which
is not counted.

usage: idle.py --quickstart FILE (--pid PID… | --mailstead PROGRAM) [--connections N] [--names REGEX]
  --pid         the server is these processes and their descendants (Dovecot's master, say)
  --names       … but only those whose name matches, as "imap|imap-login"
  --mailstead   ask PROGRAM status for the process of the role `user`
"""

import argparse
import json
import pathlib
import re
import resource
import socket
import ssl
import subprocess
import sys
import time

import processes


class IdleClient:
    """A connection that has said IDLE; it keeps the socket and no buffers."""

    def __init__(self, address, login, context):
        plain = socket.create_connection(address, timeout=30)
        self.socket = context.wrap_socket(plain)
        self._until(b"* OK", "greeting")
        self._say(b"a LOGIN %s %s" % (quoted(login[0]), quoted(login[1])), b"a OK")
        self._say(b"b SELECT INBOX", b"b OK")
        self._say(b"c IDLE", b"+")

    def _say(self, line, wanted):
        self.socket.sendall(line + b"\r\n")
        self._until(wanted, line.split()[1].decode())

    def _until(self, wanted, what):
        data = b""
        while not any(line.startswith(wanted) for line in data.split(b"\r\n")):
            more = self.socket.recv(16384)
            if not more or b"\na NO" in data or b"\nb NO" in data:
                raise SystemExit(f"idle: {what} failed: {data[-200:]!r}")
            data += more

    def close(self):
        self.socket.close()


def quoted(text):
    return b'"' + text.encode().replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def roles_pids(program, data):
    """The process of the role that speaks IMAP."""
    status = json.loads(subprocess.check_output([program, "status", "--json", "--data", str(data)]))
    return [role["pid"] for role in status["roles"] if role["name"] == "user"]


def server_pids(options):
    if options.mailstead:
        return roles_pids(options.mailstead, options.quickstart.parent)
    pattern = re.compile(options.names)
    return [pid for pid, name in processes.tree(options.pid).items() if pattern.fullmatch(name)]


def settled_kib(options):
    """Memory once it has stopped changing for a second (at most ten are given)."""
    last = -1
    for _ in range(10):
        now = processes.private_dirty_kib(server_pids(options))
        if now == last:
            break
        last = now
        time.sleep(1)
    return last


def main():
    parser = argparse.ArgumentParser(description="Measure the memory of idle IMAP connections.")
    parser.add_argument("--quickstart", type=pathlib.Path, required=True)
    parser.add_argument("--pid", type=int, nargs="*", default=[])
    parser.add_argument("--names", default=".*")
    parser.add_argument("--mailstead")
    parser.add_argument("--connections", type=int, default=500)
    options = parser.parse_args()
    if not options.pid and not options.mailstead:
        parser.error("give --pid or --mailstead")
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)

    start = json.loads(options.quickstart.read_text())
    address = (start["host"], start["ports"]["imaps"])
    boxes = [(box["address"], box["password"]) for box in start["mailboxes"]]
    context = ssl.create_default_context(cafile=start["ca"])
    context.check_hostname = False
    IdleClient(address, boxes[0], context).close()  # what is loaded once should not count
    before = settled_kib(options)
    clients = [IdleClient(address, boxes[i % len(boxes)], context) for i in range(options.connections)]
    after = settled_kib(options)
    for client in clients:
        client.close()
    print(json.dumps({"connections": options.connections, "before_kib": before, "after_kib": after,
                      "kib_per_connection": round((after - before) / options.connections, 1)}))
    return 0 if after > before else 1


if __name__ == "__main__":
    sys.exit(main())
