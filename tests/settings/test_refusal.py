#!/usr/bin/env python3
"""A client that a connection limit turns away is told so in its protocol's words.

Wants limits.connections_per_address=8 and no exempt network.
usage: test_refusal.py --json quickstart.json     prints TAP
"""
import argparse
import json
import socket
import time

LIMIT = 8
WORDS = {"smtp": b"421 4.3.2 ", "submission": b"421 4.3.2 ", "imap": b"* BYE ", "pop3": b"-ERR [SYS/TEMP] "}


def connect(env, port):
    sock = socket.create_connection((env["host"], env["ports"][port]), 20)
    return sock, sock.makefile("rb")


def hold(env, port, words):
    """As many connections as may be. Closed ones count until the server has seen it: again, then."""
    for _ in range(100):
        held = [connect(env, port) for _ in range(LIMIT)]
        if not any(reader.readline().startswith(words) for _, reader in held):
            return held
        close(held)
        time.sleep(0.05)
    raise SystemExit(f"{port}: the first {LIMIT} connections are refused")


def close(held):
    for sock, reader in held:
        reader.close()
        sock.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", required=True)
    with open(parser.parse_args().json, encoding="utf-8") as file:
        env = json.load(file)
    failed = 0
    for number, (port, words) in enumerate(WORDS.items(), 1):
        held = hold(env, port, words)
        extra = connect(env, port)
        line, rest = extra[1].readline(), extra[1].read()
        good = line.startswith(words) and line.endswith(b"\r\n") and rest == b""
        failed += not good
        print(f"{'' if good else 'not '}ok {number} - {port} says why # {line!r}")
        close(held + [extra])
    print(f"1..{len(WORDS)}")
    return failed > 0


if __name__ == "__main__":
    raise SystemExit(main())
