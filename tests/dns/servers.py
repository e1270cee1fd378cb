"""Name servers on loopback for the tests: Debian's BIND and Knot, a resolver that asks them, and servers that do
things wrong. All authoritative ones listen on the same port of addresses of their own.

The resolver iterates by a table (zone -> addresses) instead of from the root, remembers what it is told to remember
(`cached`), and can be made to play a validating one (`secure`, `bogus`).
"""
import os
import pathlib
import shutil
import socket
import socketserver
import ssl
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from fake_dns import TYPES, FakeDns, free_port, read_question, wire_data, wire_name  # noqa: E402

PATIENCE = 60
AA, AD, CD, RA, TC = 0x0400, 0x0020, 0x0010, 0x0080, 0x0200
SERVFAIL, REFUSED, SOA = 2, 5, 6


def flags_of(message):
    return struct.unpack("!H", message[2:4])[0]


def with_flags(message, on=0, off=0):
    return message[:2] + struct.pack("!H", flags_of(message) & ~off | on) + message[4:]


def refusal(query, code):
    """An answer with a code and nothing else."""
    _, _, question = read_question(query)
    return query[:2] + struct.pack("!HHHHH", 0x8000 | flags_of(query) & 0x0100 | code, 1, 0, 0, 0) + question


def ask(query, server, timeout=2.0):
    """The server's answer, by TCP when it does not fit; None: silence."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.settimeout(timeout)
            udp.connect(server)
            udp.send(query)
            reply = udp.recv(65535)
            if not flags_of(reply) & TC:
                return reply
        with socket.create_connection(server, timeout=timeout) as tcp:
            tcp.sendall(struct.pack("!H", len(query)) + query)
            stream = tcp.makefile("rb")
            return stream.read(struct.unpack("!H", stream.read(2))[0])
    except (OSError, struct.error):
        return None


def skip_name(message, pos):
    while message[pos]:
        if message[pos] >= 0xC0:
            return pos + 2
        pos += 1 + message[pos]
    return pos + 1


def read_name(message, pos):
    labels = []
    while message[pos]:
        if message[pos] >= 0xC0:
            pos = (message[pos] & 0x3F) << 8 | message[pos + 1]
            continue
        labels.append(message[pos + 1:pos + 1 + message[pos]].decode("latin-1"))
        pos += 1 + message[pos]
    return ".".join(labels).lower()


def answers(message):
    """(type, where its data begins) of the answer section."""
    pos = skip_name(message, 12) + 4
    for _ in range(struct.unpack("!H", message[6:8])[0]):
        pos = skip_name(message, pos)
        kind, _, _, size = struct.unpack("!HHIH", message[pos:pos + 10])
        yield kind, pos + 10
        pos += 10 + size


def build_query(name, kind):
    return os.urandom(2) + struct.pack("!HHHHH", 0x0100, 1, 0, 0, 0) + wire_name(name) + struct.pack("!HH", kind, 1)


def remembered(name, kind, records, ttl):
    """A reply without its id, as a cache has it; without records: that there are none."""
    question = wire_name(name) + struct.pack("!HH", TYPES[kind], 1)
    body = b"".join(wire_name(name) + struct.pack("!HHIH", TYPES[kind], 1, ttl, len(data)) + data
                    for data in (wire_data((kind, *record)) for record in records))
    soa = wire_name("ns.net") * 2 + struct.pack("!IIIII", 1, 2, 3, 4, ttl)
    negative = b"" if records else wire_name(name) + struct.pack("!HHIH", SOA, 1, ttl, len(soa)) + soa
    return struct.pack("!HHHHH", 0x8180, 1, len(records), 0 if records else 1, 0) + question + body + negative


class Front(FakeDns):
    """A server that passes questions on: behaviour(name, kind, query) -> reply, or None for silence."""

    def __init__(self, address, port, behaviour):
        super().__init__(port, address)
        self.behaviour = behaviour

    def answer(self, query, limit):
        name, kind, question = read_question(query)
        reply = self.behaviour(name, kind, query)
        if reply and len(reply) > limit:
            reply = with_flags(reply, on=TC)[:4] + struct.pack("!HHHH", 1, 0, 0, 0) + question
        return reply


class Resolver:
    """A recursive server by table."""

    def __init__(self, port):
        self.port, self.routes = port, {}
        self.cached = {}    # (name, kind): reply without id, from before
        self.secure, self.bogus, self.down = set(), set(), set()

    def servers_of(self, name):
        labels = name.split(".")
        for i in range(len(labels)):
            if ".".join(labels[i:]) in self.routes:
                return ".".join(labels[i:]), self.routes[".".join(labels[i:])]
        return "", []

    def look_up(self, name, kind, query):
        zone, servers = self.servers_of(name)
        if (name, kind) in self.cached:
            return zone, query[:2] + self.cached[name, kind]
        for server in servers:
            reply = ask(query, (server, self.port), 0.3)
            if reply and flags_of(reply) & 15 in (0, 3) and flags_of(reply) & AA:
                return zone, reply
        return zone, None

    def chase(self, reply, kind, hops=0):
        """The records behind an alias that leads to another zone."""
        kinds = list(answers(reply))
        if hops > 5 or kind == 5 or not kinds or any(k == kind for k, _ in kinds):
            return reply
        target = read_name(reply, kinds[-1][1])
        _, more = self.look_up(target, kind, build_query(target, kind))
        if not more:
            return refusal(reply, SERVFAIL)
        more = self.chase(more, kind, hops + 1)
        return merge(reply, more)

    def __call__(self, name, kind, query):
        zone, reply = self.look_up(name, kind, query)
        if zone in self.down or not reply or (zone in self.bogus and not flags_of(query) & CD):
            return refusal(query, SERVFAIL)
        reply = self.chase(reply, kind)
        return with_flags(reply, on=RA | (AD if zone in self.secure else 0), off=AA)


def merge(first, second):
    """The answers of both, the code of the second; names in the second are written out."""
    question_end = skip_name(first, 12) + 4
    body = first[question_end:]
    records, count = b"", struct.unpack("!H", first[6:8])[0]
    end = question_end
    for _, at in answers(first):
        end = at + struct.unpack("!H", first[at - 2:at])[0]
    body = first[question_end:end]
    pos = skip_name(second, 12) + 4
    for kind, at in answers(second):
        owner = read_name(second, pos)
        _, _, ttl, size = struct.unpack("!HHIH", second[at - 10:at])
        data = second[at:at + size]
        if kind in (2, 5, 12):
            data = wire_name(read_name(second, at))
        records += wire_name(owner) + struct.pack("!HHIH", kind, 1, ttl, len(data)) + data
        count += 1
        pos = at + size
    head = first[:2] + struct.pack("!H", flags_of(first) & ~15 | flags_of(second) & 15)
    return head + struct.pack("!HHHH", 1, count, 0, 0) + first[12:question_end] + body + records


# ------------------------------------------------------------------------ real servers

def wait_for(address, port, zone):
    """Until it answers for the zone."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        reply = ask(build_query(zone, SOA), (address, port), 1.0)
        if reply and flags_of(reply) & AA:
            return
        time.sleep(0.05)
    raise OSError(f"{address}:{port} does not serve {zone}")


class Real:
    """A process that is ended when the test ends."""

    def __init__(self, directory, address, port, zones):
        self.dir, self.address, self.port, self.zones = pathlib.Path(directory), address, port, zones
        self.dir.mkdir(parents=True, exist_ok=True)
        for name, text in zones.items():
            (self.dir / (name + ".zone")).write_text(text, encoding="utf-8")

    def __enter__(self):
        self.log = open(self.dir / "log", "wb")
        self.process = subprocess.Popen(self.command(), stdout=self.log, stderr=self.log, stdin=subprocess.DEVNULL)
        try:
            for zone in self.zones:
                wait_for(self.address, self.port, zone)
        except OSError as problem:
            self.__exit__()
            raise OSError(f"{problem}: {(self.dir / 'log').read_text(errors='replace')[-2000:]}") from problem
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.log.close()


class Bind(Real):
    """named listens at addresses of interfaces only: at 127.0.0.1, and we at the one that it should have."""

    def __init__(self, directory, address, port, zones):
        self.front = Front(address, port, lambda name, kind, query: ask(query, ("127.0.0.1", self.port)))
        super().__init__(directory, "127.0.0.1", free_port(), zones)

    def __enter__(self):
        super().__enter__()
        self.front.__enter__()
        return self

    def __exit__(self, *_):
        if hasattr(self.front, "servers"):
            self.front.__exit__()
        super().__exit__()

    def command(self):
        zones = "".join(f'zone "{name}" {{ type primary; file "{self.dir / name}.zone"; check-names ignore; }};\n'
                        for name in self.zones)
        (self.dir / "named.conf").write_text(f"""
options {{ directory "{self.dir}"; listen-on port {self.port} {{ {self.address}; }}; listen-on-v6 {{ none; }};
  pid-file "{self.dir}/pid"; session-keyfile "{self.dir}/key"; managed-keys-directory "{self.dir}"; recursion no;
  allow-transfer {{ none; }}; notify no; minimal-responses no; check-integrity no; dnssec-validation no; }};
controls {{ }};
{zones}""")
        return [shutil.which("named", path="/usr/sbin:/usr/bin"), "-g", "-n", "1", "-c", str(self.dir / "named.conf")]


class Knot(Real):
    signed = ()

    def command(self):
        (self.dir / "db").mkdir()
        zones = "".join(f"  - domain: {name}\n    file: \"{self.dir / name}.zone\"\n" +
                        ("    dnssec-signing: on\n" if name in self.signed else "") for name in self.zones)
        (self.dir / "knot.conf").write_text(f"""
server:
    rundir: "{self.dir}"
    listen: {self.address}@{self.port}
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
database:
    storage: "{self.dir}/db"
    journal-db-max-size: 64M
    kasp-db-max-size: 64M
    timer-db-max-size: 16M
    catalog-db-max-size: 16M
template:
  - id: default
    semantic-checks: off
    journal-content: changes
    zonefile-load: whole
    zonefile-sync: -1
zone:
{zones}
log:
  - target: stderr
    any: info
""")
        return [shutil.which("knotd", path="/usr/sbin:/usr/bin"), "-c", str(self.dir / "knot.conf")]


# ------------------------------------------------------------------------ mail servers

def make_certificate(directory, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", str(directory / "key.pem"),
                    "-out", str(directory / "cert.pem")], check=True, capture_output=True, timeout=PATIENCE)


class FakeSmtp:
    """Port 25 as strangers see it. what: "fine", "no tls", "not smtp", "other name"."""

    def __init__(self, address, port, what, directory):
        self.address, self.port, self.what, self.dir = address, port, what, directory

    def talk(self, peer):
        stream = peer.makefile("rwb")
        if self.what == "not smtp":
            peer.sendall(b"HTTP/1.1 400 Bad Request\r\n")
            return
        peer.sendall(b"220-mail server\r\n220 ready\r\n")
        stream.readline()
        peer.sendall(b"250-here\r\n250 SIZE 1\r\n" if self.what == "no tls" else b"250-here\r\n250 STARTTLS\r\n")
        if stream.readline().upper().startswith(b"STARTTLS"):
            peer.sendall(b"220 go\r\n")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.dir / "cert.pem", self.dir / "key.pem")
            with context.wrap_socket(peer, server_side=True) as tls:
                tls.recv(1)

    def __enter__(self):
        fake = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self):
                self.request.settimeout(PATIENCE)
                try:
                    fake.talk(self.request)
                except OSError:
                    pass  # the peer has seen enough

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self.server = Server((self.address, self.port), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
