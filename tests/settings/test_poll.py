#!/usr/bin/env python3
"""An idle IMAP client hears of new mail although the bell was lost: the poll below the bells.

The user role's bell socket is out of the way while the mail comes in, as if it came in on another node.
usage: test_poll.py --json quickstart.json     prints TAP
"""
import argparse
import json
import pathlib
import smtplib
import socket
import ssl
import time

PERIOD = 15
SLACK = 30


class Client:
    def __init__(self, env, box):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.sock = context.wrap_socket(socket.create_connection((env["host"], env["ports"]["imaps"]), 20))
        self.sock.settimeout(PERIOD + SLACK)
        self.input = self.sock.makefile("rb")
        self.input.readline()
        self.command(f"LOGIN {box['address']} \"{box['password']}\"")
        self.command("SELECT INBOX")

    def command(self, text):
        self.sock.sendall(b"a " + text.encode() + b"\r\n")
        while not (line := self.input.readline()).startswith((b"a ", b"+ ")):
            if not line:
                raise EOFError(text)
        if not line.startswith((b"a OK", b"+ ")):
            raise SystemExit(f"{text}: {line}")

    def idle(self, deliver):
        """Seconds from the delivery to its EXISTS; None: it never came."""
        self.command("IDLE")
        deliver()
        begin = time.monotonic()
        try:
            while not self.input.readline().endswith(b" EXISTS\r\n"):
                pass
        except TimeoutError:
            return None
        took = time.monotonic() - begin
        self.sock.sendall(b"DONE\r\n")
        while not self.input.readline().startswith(b"a "):
            pass
        return took


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", required=True)
    path = pathlib.Path(parser.parse_args().json)
    env = json.loads(path.read_text(encoding="utf-8"))
    box = env["mailboxes"][0]

    def deliver():
        with smtplib.SMTP(env["host"], env["ports"]["smtp"], timeout=20) as smtp:
            smtp.sendmail("ann@elsewhere.test", [box["address"]],
                          "From: ann@elsewhere.test\r\nSubject: poll\r\n\r\nHello.\r\n")

    client = Client(env, box)
    heard = client.idle(deliver)
    print(f"{'' if heard is not None and heard < 2 else 'not '}ok 1 - a bell wakes at once # {heard}")

    bell = path.parent / "run/bell-user.sock"
    away = bell.with_name("away-user.sock")
    bell.rename(away)
    try:
        time.sleep(1.1)  # the other roles look for sockets once a second
        polled = client.idle(deliver)
    finally:
        away.rename(bell)
    good = polled is not None and polled < PERIOD + SLACK
    print(f"{'' if good else 'not '}ok 2 - without a bell the poll does # {polled}")
    print("1..2")
    return not (good and heard is not None and heard < 2)


if __name__ == "__main__":
    raise SystemExit(main())
