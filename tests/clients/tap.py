"""What the client tests share: TAP lines, the running server, and mail to try it with.

A test is a script of its own: `tests/clients/c010_swaks.py --json DIR/quickstart.json`. It defines
functions that take a Tap and ends with `tap.main(first, second, …)`. A failed check says what the client
saw; an exception fails the function it happened in, and the next one runs all the same.
"""

import argparse
import json
import os
import pathlib
import secrets
import smtplib
import ssl
import subprocess
import sys
import tempfile
import time
import traceback


class Skip(Exception):
    """The client program is not on this machine."""


class Tap:
    def __init__(self, start, scratch):
        self.host = start["host"]
        self.hostname = start["hostname"]
        self.ca = start["ca"]
        self.https = start["https"]
        self.logins = start["logins"]
        self.ports = start["ports"]
        self.alice, self.bob = start["mailboxes"][:2]
        self.scratch = pathlib.Path(scratch)
        self.count = 0
        self.failed = 0

    def check(self, passed, name, seen=""):
        """One TAP line; `seen` is shown when it failed."""
        self.count += 1
        self.failed += not passed
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}")
        if not passed and seen:
            for line in str(seen).strip().splitlines()[-25:]:
                print(f"# {line}")
        sys.stdout.flush()
        return passed

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}")

    def token_of(self, role):
        """An API token of the demo's admin, reseller or customer."""
        return next(login["token"] for login in self.logins if login["role"] == role)

    def tls(self):
        """Our CA is checked; the name is not, because many tests connect to an address."""
        context = ssl.create_default_context(cafile=self.ca)
        context.check_hostname = False
        return context

    def run(self, *command, patience_s=60, **options):
        """Run a client; its output and errors together are in `.stdout`."""
        try:
            return subprocess.run([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=patience_s, check=False, text=True, errors="replace", **options)
        except FileNotFoundError as missing:
            raise Skip(f"{command[0]} is not installed") from missing

    def resolving(self, *command):
        """`command` for clients that insist on the certificate's name: they see it in an /etc/hosts of their own."""
        hosts = self.scratch / "hosts"
        hosts.write_text(f"127.0.0.1 localhost\n{self.host} {self.hostname}\n")
        namespace = ["unshare", "--mount"] if os.getuid() == 0 else ["unshare", "--map-root-user", "--mount"]
        return [*namespace, "sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', hosts, *command]

    def wait(self, condition, patience_s=15):
        """The first true value that `condition` returns, or its last false one."""
        until = time.monotonic() + patience_s
        while True:
            value = condition()
            if value or time.monotonic() > until:
                return value
            time.sleep(0.1)

    def deliver(self, to, data, sender="sender@client.example"):
        """Give a message to the MX port as any host in the world would."""
        with smtplib.SMTP(self.host, self.ports["smtp"], timeout=30) as smtp:
            smtp.ehlo("client.example")
            smtp.sendmail(sender, [to], data)


def token():
    return "clienttest-" + secrets.token_hex(8)


def message(mark, to, text="Hello from a client test.\r\n", sender="sender@client.example"):
    """A message in CRLF form that begins with the header X-Mark; all below it must come back unchanged."""
    return (f"X-Mark: {mark}\r\nFrom: Sender <{sender}>\r\nTo: <{to}>\r\nSubject: {mark}\r\n"
            f"Date: Sun, 22 Nov 2026 12:00:00 +0000\r\nMessage-ID: <{mark}@client.example>\r\n"
            f"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{text}").encode()


def below_trace(data, mark):
    """The message without what servers put above it."""
    at = data.find(b"X-Mark: " + mark.encode())
    return data[at:] if at >= 0 else b""


def main(*functions):
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", required=True, type=pathlib.Path, help="quickstart.json of a running server")
    start = json.loads(parser.parse_args().json.read_text())
    with tempfile.TemporaryDirectory(prefix="mailstead-client-") as scratch:
        tap = Tap(start, scratch)
        for function in functions:
            try:
                function(tap)
            except Skip as reason:
                tap.skip(function.__name__, reason)
            except Exception:
                tap.check(False, f"{function.__name__} runs to its end", traceback.format_exc())
    print(f"1..{tap.count}")
    sys.exit(1 if tap.failed else 0)
