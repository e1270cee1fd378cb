#!/usr/bin/env python3
"""COMPRESS=DEFLATE (RFC 4978): everything behind the OK is packed, whatever the sizes and the pauses.

usage: test_compress.py --json quickstart.json     prints TAP
"""
import argparse
import json
import os
import re
import secrets
import socket
import ssl
import zlib

TIMEOUT_S = 60


class Client:
    """A connection that packs what it sends once it is told to."""

    def __init__(self, env):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        sock = socket.create_connection((env["host"], env["ports"]["imaps"]), TIMEOUT_S)
        self.sock = context.wrap_socket(sock)
        self.buffer = b""
        self.packer = self.unpacker = None
        self.received = 0
        box = env["mailboxes"][0]
        self.line()
        self.command(f"LOGIN {box['address']} \"{box['password']}\"")

    def fill(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError
        self.received += len(data)
        self.buffer += self.unpacker.decompress(data) if self.unpacker else data

    def line(self):
        while b"\r\n" not in self.buffer:
            self.fill()
        line, self.buffer = self.buffer.split(b"\r\n", 1)
        return line

    def take(self, count):
        while len(self.buffer) < count:
            self.fill()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def packed(self, data, flush=zlib.Z_SYNC_FLUSH):
        return self.packer.compress(data) + self.packer.flush(flush)

    def send(self, data):
        self.sock.sendall(self.packed(data) if self.packer else data)

    def answer(self, tag):
        """Untagged lines with their literals, and the tagged one."""
        lines = []
        while True:
            line = self.line()
            while found := re.search(rb"\{(\d+)\}$", line):
                line += b"\r\n" + self.take(int(found[1])) + self.line()
            if line.startswith(tag.encode() + b" "):
                return lines, line
            lines.append(line)

    def command(self, text, tag="x"):
        self.send(f"{tag} {text}\r\n".encode())
        return self.answer(tag)

    def compress(self):
        line = self.command("COMPRESS DEFLATE")[1]
        self.packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        self.unpacker = zlib.decompressobj(-15)
        return line


def begins(env):
    """The OK is in clear, what follows is not; once is enough."""
    client = Client(env)
    assert b" COMPRESS=DEFLATE" in client.command("CAPABILITY")[0][0]
    assert b" NO" in client.command("COMPRESS LZ4")[1]
    assert b" BAD" in client.command("COMPRESS")[1]
    assert client.compress().startswith(b"x OK")
    assert b"OK" in client.command("NOOP")[1]
    assert b"NO [COMPRESSIONACTIVE]" in client.command("COMPRESS DEFLATE")[1]
    assert b"COMPRESS" not in client.command("CAPABILITY")[0][0]
    assert b"OK" in client.command("LOGOUT")[1]


def messages(env):
    """Large and small messages both ways, byte for byte."""
    client = Client(env)
    folder = "z" + secrets.token_hex(6)
    client.compress()
    client.command(f"CREATE {folder}")
    bodies = [b"x\r\n", b"line of text\r\n" * 40000, os.urandom(400000).hex().encode() + b"\r\n"]
    for body in bodies:
        message = b"Subject: x\r\n\r\n" + body
        client.send(f"a APPEND {folder} {{{len(message)}+}}\r\n".encode() + message + b"\r\n")
        assert b"OK" in client.answer("a")[1]
    client.command(f"SELECT {folder}")
    before = client.received
    fetched = client.command("FETCH 1:3 BODY[TEXT]")[0]
    for body in bodies:
        assert any(body in line for line in fetched), len(body)
    size = sum(len(body) for body in bodies)
    assert client.received - before < size * 3 // 4, "not packed"
    client.command("CLOSE")
    client.command(f"DELETE {folder}")


def pieces(env):
    """Commands that come byte by byte, and many at once."""
    client = Client(env)
    client.compress()
    for byte in client.packed(b"x NOOP\r\n"):
        client.sock.sendall(bytes([byte]))
    assert b"OK" in client.answer("x")[1]
    client.send(b"".join(b"t%d NOOP\r\n" % i for i in range(500)))
    for i in range(500):
        assert b"OK" in client.answer(f"t{i}")[1]


def pauses(env):
    """News in IDLE are flushed; the stream goes on after each pause."""
    client, other = Client(env), Client(env)
    folder = "z" + secrets.token_hex(6)
    other.command(f"CREATE {folder}")
    client.compress()
    client.command(f"SELECT {folder}")
    client.send(b"i IDLE\r\n")
    assert client.line().startswith(b"+")
    for count in range(1, 4):
        other.send(f"a APPEND {folder} {{17+}}\r\nSubject: 1\r\n\r\nx\r\n\r\n".encode())
        other.answer("a")
        assert client.line() == b"* %d EXISTS" % count
        assert client.line() == b"* %d RECENT" % count
    client.send(b"DONE\r\n")
    assert b"OK" in client.answer("i")[1]
    other.command(f"DELETE {folder}")


def garbage(env):
    """What cannot be unpacked ends the connection."""
    client = Client(env)
    client.compress()
    client.sock.sendall(b"x NOOP\r\n" * 100)
    try:
        while True:
            client.fill()
    except (EOFError, OSError, zlib.error):
        return


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", required=True)
    with open(parser.parse_args().json, encoding="utf-8") as file:
        env = json.load(file)
    tests = [begins, messages, pieces, pauses, garbage]
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        try:
            test(env)
            print(f"ok {number} - {test.__doc__}")
        except (AssertionError, EOFError, OSError, zlib.error) as error:
            print(f"not ok {number} - {test.__doc__} ({type(error).__name__} {error})")


if __name__ == "__main__":
    main()
