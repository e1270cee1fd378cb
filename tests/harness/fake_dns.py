"""A DNS server on loopback for tests: answers from a dictionary, over UDP and TCP of one port.

  with FakeDns(port) as dns:
      dns.zone = {"example.test": [("MX", 10, "mail.example.test"), ("TXT", "v=spf1 mx -all")]}

Names below those in `signed` are answered with the AD bit, as by a resolver that validates; "." is the
root alone.
A TLSA record is ("TLSA", usage, selector, matching, bytes). A name that is not there is NXDOMAIN; a name with "SERVFAIL" or "SILENCE" among its records is answered so, or not
at all. `asked` counts the questions.
"""
import ipaddress
import socket
import socketserver
import struct
import threading

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28, "SRV": 33, "TLSA": 52}
NXDOMAIN, SERVFAIL = 3, 2
UDP_MAX = 1232


def wire_name(name):
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def wire_text(text):
    data = text.encode()
    parts = [data[i:i + 255] for i in range(0, len(data), 255)] or [b""]
    return b"".join(bytes([len(part)]) + part for part in parts)


def wire_data(record):
    kind, *values = record
    if kind in ("A", "AAAA"):
        return ipaddress.ip_address(values[0]).packed
    if kind == "MX":
        return struct.pack("!H", values[0]) + wire_name(values[1])
    if kind == "SRV":
        return struct.pack("!HHH", *values[:3]) + wire_name(values[3])
    if kind == "TLSA":
        return bytes(values[:3]) + values[3]
    if kind == "TXT":
        return wire_text(values[0])
    return wire_name(values[0])


def read_question(query):
    pos, labels = 12, []
    while query[pos]:
        labels.append(query[pos + 1:pos + 1 + query[pos]].decode("latin-1"))
        pos += 1 + query[pos]
    return ".".join(labels).lower(), struct.unpack("!H", query[pos + 1:pos + 3])[0], query[12:pos + 5]


class FakeDns:
    def __init__(self, port, address="127.0.0.1"):
        self.port, self.address, self.zone, self.asked, self.signed = port, address, {}, 0, set()

    def find(self, name, records, kind):
        """(owner, record) of that type; an alias with what it leads to."""
        found = [(name, r) for r in records if TYPES[r[0]] == kind]
        alias = next((r for r in records if r[0] == "CNAME"), None)
        if found or not alias:
            return found
        target = alias[1].rstrip(".").lower()
        return [(name, alias)] + [(target, r) for r in self.zone.get(target, ()) if TYPES.get(r[0]) == kind]

    def answer(self, query, limit):
        """The reply, or None for silence."""
        name, kind, question = read_question(query)
        self.asked += 1
        records = self.zone.get(name)
        if records and "SILENCE" in records:
            return None
        found, code = [], 0
        if records is None:
            code = NXDOMAIN
        elif "SERVFAIL" in records:
            code = SERVFAIL
        else:
            found = self.find(name, records, kind)
        body = b"".join(wire_name(owner) + struct.pack("!HHIH", TYPES[r[0]], 1, 1, len(data)) + data
                        for owner, r in found for data in [wire_data(r)])
        truncated = 12 + len(question) + len(body) > limit
        signed = any(f".{name}".endswith("." + top) or name + "." == top for top in self.signed)
        flags = 0x8580 | (0x20 if signed and code != SERVFAIL else 0) | code | (0x0200 if truncated else 0)
        count = 0 if truncated else len(found)
        return query[:2] + struct.pack("!HHHHH", flags, 1, count, 0, 0) + question + (b"" if truncated else body)

    def __enter__(self):
        dns = self

        class Udp(socketserver.BaseRequestHandler):
            def handle(self):
                reply = dns.answer(self.request[0], UDP_MAX)
                if reply:
                    self.request[1].sendto(reply, self.client_address)

        class Tcp(socketserver.StreamRequestHandler):
            timeout = 5

            def handle(self):
                while len(head := self.rfile.read(2)) == 2:
                    reply = dns.answer(self.rfile.read(struct.unpack("!H", head)[0]), 65535)
                    if reply:
                        self.wfile.write(struct.pack("!H", len(reply)) + reply)

        class TcpServer(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.servers = [socketserver.ThreadingUDPServer((self.address, self.port), Udp),
                        TcpServer((self.address, self.port), Tcp)]
        for server in self.servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.shutdown()
            server.server_close()


def free_port():
    """A port that is free for both."""
    for _ in range(100):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            try:
                tcp.bind(udp.getsockname())
            except OSError:
                continue
            return udp.getsockname()[1]
    raise OSError("no free port")
