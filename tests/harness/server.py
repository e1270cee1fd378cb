"""A server under test: started by packaging/quickstart, looked at from outside, stopped by its pid; and TAP lines.

Servers keep to directories below one that the test makes and removes; nothing else on the machine is touched.
"""
import contextlib
import http.client
import imaplib
import json
import os
import pathlib
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
OFFSETS = {"smtp": 25, "submission": 587, "submissions": 465, "imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995,
           "http": 8080, "https": 8443}
IMPLICIT_TLS = ("submissions", "imaps", "pop3s", "https")
GREETINGS = {"smtp": b"220 ", "submission": b"220 ", "submissions": b"220 ", "imap": b"* OK ", "imaps": b"* OK ",
             "pop3": b"+OK ", "pop3s": b"+OK ", "http": b"HTTP/1.1 ", "https": b"HTTP/1.1 200"}
FINDINGS = ("ERROR: AddressSanitizer", "runtime error:", "ERROR: LeakSanitizer", "ev=assert.failed")


class Checks:
    """TAP lines; an exception fails the group it happened in, and the next one runs all the same."""

    def __init__(self):
        self.count = self.failed = 0

    def check(self, passed, name, seen=""):
        self.count += 1
        self.failed += not passed
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}", flush=True)
        if not passed and seen != "":
            for line in str(seen).strip().splitlines()[-25:]:
                print(f"# {line}", flush=True)
        return passed

    def skip(self, name, reason):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {reason}", flush=True)

    def group(self, function, *args):
        try:
            function(self, *args)
        except Exception:
            self.check(False, f"{function.__name__} runs to its end", traceback.format_exc())

    def done(self):
        print(f"1..{self.count}")
        return 1 if self.failed else 0


def free_port_base(start):
    """A base from `start` on whose nine ports are free right now."""
    for base in range(start, 57000, 37):
        with contextlib.ExitStack() as sockets:
            try:
                for offset in OFFSETS.values():
                    sockets.enter_context(socket.socket()).bind(("127.0.0.1", base + offset))
                return base
            except OSError:
                continue
    raise SystemExit("no free ports")


@contextlib.contextmanager
def directory(mode=0o755):
    path = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-test-"))
    path.chmod(mode)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def wait_for(condition, patience_s=15.0):
    """Seconds until `condition` held; None when it never did."""
    start = time.monotonic()
    while time.monotonic() - start < patience_s:
        if condition():
            return time.monotonic() - start
        time.sleep(0.01)
    return None


class Server:
    """One data directory and the server on it."""

    def __init__(self, build, data, base, root=ROOT, prefix=()):
        self.build, self.data, self.base, self.root = pathlib.Path(build).resolve(), pathlib.Path(data), base, root
        self.prefix = list(prefix)  # such as setpriv, to be somebody else

    def run(self, *command, timeout=120):
        """(exit status, output) of a command that ends."""
        done = subprocess.run([*self.prefix, *map(str, command)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, cwd="/", check=False, timeout=timeout, text=True,
                              errors="replace", env={**os.environ, "MAILSTEAD_BUILD_DIR": str(self.build)})
        return done.returncode, done.stdout

    def quickstart(self, *options, base=True):
        ports = ["--port-base", self.base] if base else []
        return self.run(self.root / "packaging/quickstart", "--detach", "--no-install", "--no-build", "--data",
                        self.data, *ports, *options)

    def command(self, *words):
        return self.run(self.build / "mailstead", *words, "--data", self.data)

    def serve(self, *options):
        """The supervisor as a child of the test, as under systemd."""
        with open(self.data / "run/mailstead.log", "ab") as log:
            return subprocess.Popen([*self.prefix, str(self.build / "mailstead"), "serve", "--data", str(self.data),
                                     *options], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/")

    def stop(self):
        return self.command("stop")

    def status(self):
        return json.loads(self.command("status", "--json")[1])

    def pid_of(self, role):
        """The pid of a role or of "postgres"; 0 while it is not up. Read from the file: quick."""
        try:
            status = json.loads((self.data / "run/status.json").read_text())
        except (OSError, ValueError):
            return 0
        return next((p["pid"] for p in [*status["roles"], status["database"]]
                     if p.get("name") == role and p.get("state") == "up"), 0)

    @property
    def env(self):
        return json.loads((self.data / "quickstart.json").read_text())

    def log(self):
        path = self.data / "run/mailstead.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def findings(self):
        return "\n".join(line for line in self.log().splitlines() if any(f in line for f in FINDINGS))

    def remove_cluster(self):
        """Removes the cluster when it lies outside, because the directory is closed to the service user."""
        link = self.data / "postgres"
        if link.is_symlink() and link.readlink().is_relative_to("/var/lib/mailstead"):
            shutil.rmtree(link.readlink(), ignore_errors=True)


def tls_context(env):
    context = ssl.create_default_context(cafile=env["ca"])
    context.check_hostname = False
    return context


def greeting(env, port):
    """The first bytes a client hears; b"" when nobody is there."""
    try:
        with socket.create_connection((env["host"], env["ports"][port]), 10) as sock:
            if port in IMPLICIT_TLS:
                sock = tls_context(env).wrap_socket(sock, server_hostname=env["hostname"])
            if port.startswith("http"):
                sock.sendall(b"GET /login HTTP/1.1\r\nHost: %s\r\n\r\n" % env["hostname"].encode())
            data = sock.recv(64)
            sock.close()
            return data
    except OSError:
        return b""


def greets(env, port):
    return greeting(env, port).startswith(GREETINGS[port])


def imap_login(env, mailbox):
    client = imaplib.IMAP4_SSL(env["host"], env["ports"]["imaps"], ssl_context=tls_context(env), timeout=30)
    client.login(mailbox["address"], mailbox["password"])
    return client


def count_messages(env, mailbox, folder="INBOX"):
    client = imap_login(env, mailbox)
    try:
        status, answer = client.select(folder, readonly=True)
        if status != "OK":
            raise imaplib.IMAP4.error(answer[0].decode())
        return int(answer[0])
    finally:
        client.logout()


def api(env, path, token):
    """(status, document) of a GET below /api/v1."""
    client = http.client.HTTPSConnection(env["host"], env["ports"]["https"], context=tls_context(env), timeout=30)
    client.request("GET", "/api/v1" + path, headers={"Authorization": f"Bearer {token}"})
    answer = client.getresponse()
    body = answer.read()
    client.close()
    return answer.status, json.loads(body or b"null")


def main(build_functions, description):
    """Runs groups that take (checks, build directory); the exit status for sys.exit."""
    if len(sys.argv) != 2:
        print(f"Usage: {sys.argv[0]} BUILD_DIR\n{description}", file=sys.stderr)
        return 2
    checks = Checks()
    for function in build_functions:
        checks.group(function, pathlib.Path(sys.argv[1]))
    return checks.done()
