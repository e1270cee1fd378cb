"""A plain IMAP client for tests: lines with their literals, and a strict reader of what is in parentheses."""
import re
import socket
import ssl

TIMEOUT_S = 60


class Client:
    """One connection. command() returns the untagged responses and the tagged line, as bytes."""

    def __init__(self, env, box=None, log_in=True):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        sock = socket.create_connection((env["host"], env["ports"]["imaps"]), TIMEOUT_S)
        self.sock = context.wrap_socket(sock)
        self.input = self.sock.makefile("rb")
        self.count = 0
        self.greeting = self.line()
        box = box or env["mailboxes"][0]
        if log_in:
            self.ok(f"LOGIN {box['address']} \"{box['password']}\"")

    def send(self, data):
        self.sock.sendall(data if isinstance(data, bytes) else data.encode())

    def line(self):
        """One response with its literals; '' at the end."""
        line = self.input.readline()
        while found := re.search(rb"\{(\d+)\}\r\n$", line):
            line += self.input.read(int(found[1])) + self.input.readline()
        return line

    def answer(self, tag):
        lines = []
        while line := self.line():
            if line.startswith(tag.encode() + b" "):
                return lines, line.rstrip(b"\r\n")
            lines.append(line)
        raise EOFError(lines)

    def command(self, text):
        self.count += 1
        tag = f"c{self.count}"
        self.send(tag.encode() + b" " + (text if isinstance(text, bytes) else text.encode()) + b"\r\n")
        return self.answer(tag)

    def ok(self, text):
        lines, tagged = self.command(text)
        assert tagged.split()[1] == b"OK", (text, tagged)
        return lines

    def says(self, text, want):
        """The tagged answer begins so: "NO [TRYCREATE]"."""
        lines, tagged = self.command(text)
        assert tagged.split(b" ", 1)[1].startswith(want.encode()), (text, tagged)
        return lines

    def append(self, folder, message, options=""):
        """The UID of the new message."""
        text = f"APPEND {folder} {options}{{{len(message)}+}}\r\n".encode() + message
        tagged = self.command(text)[1]
        found = re.search(rb"APPENDUID \d+ (\d+)\]", tagged)
        assert found, tagged
        return int(found[1])

    def close(self):
        self.input.close()
        self.sock.close()


TOKEN = re.compile(rb'(?P<open>\()|(?P<close>\))|(?P<quoted>"(?:[^"\\\r\n\x00\x80-\xff]|\\["\\])*")|\{(?P<size>\d+)\}\r\n'
                   rb'|(?P<atom>[A-Za-z0-9$.\\][^\s()"{%*\\\[\]]*(?:\[[^\]]*\](?:<\d+>)?)?)', re.S)


def parse(raw):
    """The content of a FETCH response as nested lists; raises ValueError on what the grammar does not know. Atoms
    become bytes, strings tuples, NIL None."""
    start = raw.index(b"(")
    stack, at = [[]], start
    while True:
        found = TOKEN.match(raw, at)
        if not found:
            raise ValueError(f"no token at {at}: {raw[at:at + 40]!r}")
        at = found.end()
        if found["open"]:
            stack.append([])
        elif found["close"]:
            done = stack.pop()
            stack[-1].append(done)
        elif found["quoted"]:
            stack[-1].append((re.sub(rb"\\(.)", rb"\1", found["quoted"][1:-1]),))
        elif found["size"]:
            stack[-1].append((raw[at:at + int(found["size"])],))
            at += int(found["size"])
        else:
            stack[-1].append(None if found["atom"].upper() == b"NIL" else found["atom"])
        if len(stack) == 1:
            break
        at += raw[at:at + 1] == b" "
    if raw[at:] != b"\r\n":
        raise ValueError(f"behind the response: {raw[at:at + 40]!r}")
    return stack[0][0]


def fetched(lines):
    """{number: {item: value}} of FETCH responses."""
    out = {}
    for line in lines:
        if found := re.match(rb"\* (\d+) FETCH ", line):
            flat = parse(line)
            out[int(found[1])] = {flat[i].upper(): flat[i + 1] for i in range(0, len(flat), 2)}
    return out
