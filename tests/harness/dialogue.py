#!/usr/bin/env python3
"""Runs readable protocol dialogues against a running server.

    dialogue.py --json quickstart.json [--var name=value] script.txt ...

A script is a list of lines; '#' begins a comment line, empty lines are ignored:

    @connect smtp               open a connection to a port of the env file; "smtp tls": TLS first
    @connect b imap             a second one, named b; it becomes the current one
    S: 220 * ESMTP*             the next line of the server, whole; * is any text
    S~ A1 OK*                   skip lines until one matches
    S| * FLAGS*                 neighbouring S| lines come in any order
    R: +OK\\r\\n                  exactly these bytes
    C: EHLO client.test         send a line, CRLF is added
    C+ DATA\\r\\nx\\n.\\r\\n        send these bytes as they are
    @fill 100000 x              send "x" that many times
    @starttls                   TLS handshake on the current connection
    @on b                       go on with connection b
    @eof                        the server closes the connection; no byte before
    @close                      close it (@shut: only our sending side)
    @quiet 300                  the server says nothing for 300 ms
    @set name text              a variable; @b64 name text: in base64
    @repeat 20                  the C and S lines up to @end, that many times

Escapes in C, S, R, @set: \\r \\n \\t \\0 \\xNN \\\\ \\* (a star); other backslashes stand for themselves.
${name} is a variable: those of --var, hostname, ${run} (random), and for each mailbox of the env
file ${alice} and ${alice_password}. <<name>> in an S line takes one word into a variable. A star
at the start of an S line before a space is a star (IMAP).

Prints TAP: one test a script. A script that fails says at which line, what was wanted, what came,
and the last lines of the conversation.
"""
import argparse
import base64
import json
import os
import re
import secrets
import socket
import ssl
import sys

TIMEOUT_S = 10
LINE_MAX = 1 << 20
TOKEN = re.compile(
    rb"\\(?:x([0-9a-fA-F]{2})|([rnt0\\*]))|\$\{(\w+)\}|<<(\w+)>>|(\*)|(\\|\$|<|[^\\$<*]+)")
ESCAPES = {b"r": b"\r", b"n": b"\n", b"t": b"\t", b"0": b"\0", b"\\": b"\\", b"*": b"*"}


class Failure(Exception):
    """The dialogue did not go as written."""


class Connection:
    """One connection with its input buffer and transcript."""

    def __init__(self, host, port, tls, context):
        self.sock = socket.create_connection((host, port), TIMEOUT_S)
        self.context = context
        self.buffer = b""
        self.transcript = []
        if tls:
            self.start_tls()

    def start_tls(self):
        if self.buffer:
            raise Failure(f"bytes before the TLS handshake: {self.buffer!r}")
        self.sock = self.context.wrap_socket(self.sock, server_hostname=self.context.name)

    def send(self, data):
        self.transcript.append(("C", data))
        try:
            self.sock.sendall(data)
        except OSError as error:
            # A server that refuses may close before it has read all; its last words count.
            self.transcript.append(("!", str(error).encode()))

    def fill(self, timeout=TIMEOUT_S):
        """Reads more; False at the end."""
        self.sock.settimeout(timeout)
        try:
            data = self.sock.recv(65536)
        except (ConnectionResetError, ssl.SSLEOFError, BrokenPipeError):
            return False
        finally:
            self.sock.settimeout(TIMEOUT_S)
        self.buffer += data
        return bool(data)

    def line(self):
        """The next line without its CRLF."""
        while b"\n" not in self.buffer:
            if len(self.buffer) > LINE_MAX or not self.fill():
                raise Failure(f"the server closed the connection after {self.buffer[:200]!r}")
        line, self.buffer = self.buffer.split(b"\n", 1)
        self.transcript.append(("S", line))
        if not line.endswith(b"\r"):
            raise Failure(f"a line without CR: {line!r}")
        return line[:-1]

    def take(self, count):
        while len(self.buffer) < count and self.fill():
            pass
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        self.transcript.append(("S", data))
        return data

    def expect_end(self):
        if self.buffer or self.fill():
            raise Failure(f"the end was expected, came {self.buffer[:200]!r}")

    def expect_quiet(self, timeout_ms):
        try:
            came = bool(self.buffer) or self.fill(timeout_ms / 1000)
        except TimeoutError:
            return
        raise Failure("silence was expected, came "
                      + (repr(self.buffer[:200]) if came else "the end"))


class Dialogue:
    """The state of one script."""

    def __init__(self, env, variables):
        self.env = env
        self.vars = dict(variables, run=secrets.token_hex(6))
        self.context = ssl.create_default_context(cafile=env.get("ca"))
        self.context.name = env.get("hostname", env["host"])
        if not env.get("ca"):
            self.context.check_hostname = False
            self.context.verify_mode = ssl.CERT_NONE
        self.conns = {}
        self.current = None
        self.any_order = []

    def expand(self, text):
        """Bytes of a C line."""
        out = b""
        for token in TOKEN.finditer(text.encode()):
            hexa, escape, name, _, star, plain = token.groups()
            if hexa:
                out += bytes([int(hexa, 16)])
            elif escape:
                out += ESCAPES[escape]
            elif name:
                out += self.variable(name.decode())
            else:
                out += star or plain or token.group(0)
        return out

    def pattern(self, text):
        """A compiled regular expression for an S line."""
        out = b""
        if text.startswith("* "):
            text = "\\" + text
        for token in TOKEN.finditer(text.encode()):
            hexa, escape, name, capture, star, plain = token.groups()
            if star:
                out += b".*"
            elif capture:
                out += b"(?P<" + capture + rb">[^\s<>]+)"
            elif name:
                out += re.escape(self.variable(name.decode()))
            else:
                out += re.escape(bytes([int(hexa, 16)]) if hexa
                                 else ESCAPES[escape] if escape else plain)
        return re.compile(out, re.DOTALL)

    def variable(self, name):
        if name not in self.vars:
            raise Failure(f"no variable {name}")
        value = self.vars[name]
        return value if isinstance(value, bytes) else str(value).encode()

    def matches(self, text, line):
        found = self.pattern(text).fullmatch(line)
        if found:
            self.vars.update(found.groupdict())
        return bool(found)

    def conn(self):
        if self.current is None:
            raise Failure("no connection: @connect first")
        return self.conns[self.current]

    def run(self, lines):
        at = 0
        while at < len(lines):
            number, line = lines[at]
            at += 1
            try:
                if line.startswith("@repeat"):
                    at = self.repeat(lines, at, int(self.argument(line)))
                else:
                    self.step(line)
            except TimeoutError:
                raise Failure(f"line {number}: {line}\n  nothing came for {TIMEOUT_S} s") from None
            except Failure as failure:
                if str(failure).startswith("line "):
                    raise
                raise Failure(f"line {number}: {line}\n  {failure}") from None
        self.settle_any_order()

    def repeat(self, lines, start, count):
        end = next((i for i in range(start, len(lines)) if lines[i][1] == "@end"), None)
        if end is None:
            raise Failure("@repeat without @end")
        for _ in range(count):
            self.run(lines[start:end])
        return end + 1

    def step(self, line):
        mark, text = line[:2], line[3:]
        if mark == "S|":
            self.any_order.append(text)
            return
        self.settle_any_order()
        if mark == "C:":
            self.conn().send(self.expand(text) + b"\r\n")
        elif mark == "C+":
            self.conn().send(self.expand(text))
        elif mark == "S:":
            self.expect(text)
        elif mark == "S~":
            while not self.matches(text, self.conn().line()):
                pass
        elif mark == "R:":
            wanted = self.expand(text)
            came = self.conn().take(len(wanted))
            if came != wanted:
                raise Failure(f"came {came!r}")
        elif mark[0] == "@":
            self.directive(*line[1:].partition(" ")[::2])
        else:
            raise Failure("unknown kind of line")

    def expect(self, text):
        line = self.conn().line()
        if not self.matches(text, line):
            raise Failure(f"came {line.decode('utf-8', 'backslashreplace')}")

    def settle_any_order(self):
        while self.any_order:
            line = self.conn().line()
            for text in self.any_order:
                if self.matches(text, line):
                    self.any_order.remove(text)
                    break
            else:
                raise Failure(f"one of {self.any_order} was expected, came {line!r}")

    @staticmethod
    def argument(line):
        return line.partition(" ")[2].strip()

    def directive(self, word, text):
        conn_directives = {
            "starttls": lambda c: c.start_tls(),
            "eof": lambda c: c.expect_end(),
            "close": lambda c: c.sock.close(),
            "shut": lambda c: c.sock.shutdown(socket.SHUT_WR),
            "quiet": lambda c: c.expect_quiet(int(text)),
        }
        if word in conn_directives:
            conn_directives[word](self.conn())
        elif word == "connect":
            self.connect(text.split())
        elif word == "on":
            if text not in self.conns:
                raise Failure("no such connection")
            self.current = text
        elif word == "fill":
            count, what = text.split(" ", 1)
            self.conn().send(self.expand(what) * int(count))
        elif word in ("set", "b64"):
            name, value = text.split(" ", 1)
            value = self.expand(value)
            self.vars[name] = base64.b64encode(value) if word == "b64" else value
        else:
            raise Failure("unknown directive")

    def connect(self, words):
        tls = words[-1] == "tls"
        words = words[:-1] if tls else words
        name, port = words if len(words) == 2 else ("1", words[0])
        if port not in self.env["ports"]:
            raise Failure(f"the env file has no port {port}")
        if name in self.conns:
            self.conns[name].sock.close()
        tls = tls or port in ("imaps", "pop3s", "submissions")
        self.conns[name] = Connection(self.env["host"], self.env["ports"][port], tls, self.context)
        self.current = name

    def close(self):
        for conn in self.conns.values():
            conn.sock.close()

    def recent(self):
        if self.current is None:
            return ""
        shown = self.conn().transcript[-12:]
        return "\n".join(f"    {who}: {data[:160]!r}" for who, data in shown)


def variables_of(env, given):
    """What every script may use."""
    out = {"hostname": env.get("hostname", env["host"])}
    for mailbox in env.get("mailboxes", []):
        name = mailbox["address"].split("@")[0]
        out[name] = mailbox["address"]
        out[name + "_password"] = mailbox["password"]
    out.update(env.get("vars", {}))
    out.update(item.split("=", 1) for item in given)
    return out


def read_script(path):
    with open(path, encoding="utf-8") as file:
        lines = [(number, line.rstrip("\n")) for number, line in enumerate(file, 1)]
    return [(n, line) for n, line in lines if line.strip() and not line.startswith("#")]


def run_script(path, env, variables):
    """None, or why it failed."""
    dialogue = Dialogue(env, variables)
    try:
        dialogue.run(read_script(path))
    except (Failure, OSError) as failure:
        return f"{failure}\n{dialogue.recent()}"
    finally:
        dialogue.close()
    return None


def main():
    parser = argparse.ArgumentParser(description="Run protocol dialogues.")
    parser.add_argument("--json", "--env", dest="env", required=True,
                        help="quickstart.json or the like")
    parser.add_argument("--var", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("scripts", nargs="+")
    args = parser.parse_args()

    with open(args.env, encoding="utf-8") as file:
        env = json.load(file)
    variables = variables_of(env, args.var)
    print(f"1..{len(args.scripts)}")
    failed = 0
    for number, path in enumerate(args.scripts, 1):
        why = run_script(path, env, variables)
        name = os.path.relpath(path)
        print(f"{'not ok' if why else 'ok'} {number} {name}")
        if why:
            failed += 1
            print("\n".join("# " + line for line in why.split("\n")))
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
