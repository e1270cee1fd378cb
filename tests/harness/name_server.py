"""Debian's BIND or Knot on a loopback port, with one zone that takes dynamic updates by a TSIG key.

  with NameServer("named", "example.test", zone_lines) as server:
      server.port, server.key, server.secret; server.query("_dmarc.example.test", "TXT")
"""
import base64
import pathlib
import secrets
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import fake_dns  # noqa: E402

PATIENCE = 60


def free_port():
    """Free for UDP and TCP alike."""
    for _ in range(100):
        with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
            tcp.bind(("127.0.0.1", 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return tcp.getsockname()[1]
    raise RuntimeError("no port")


NAMED = """options {{ directory "{dir}"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }}; recursion no;
  pid-file "{dir}/named.pid"; session-keyfile "{dir}/session.key"; dnssec-validation no; }};
controls {{ }};
key "{key}" {{ algorithm hmac-sha256; secret "{secret}"; }};
zone "{zone}" {{ type master; file "{dir}/zone"; allow-update {{ key "{key}"; }}; }};
"""
KNOT = """server:
    listen: 127.0.0.1@{port}
    rundir: {dir}
database:
    storage: {dir}
key:
  - id: {key}
    algorithm: hmac-sha256
    secret: {secret}
acl:
  - id: update
    key: {key}
    action: update
zone:
  - domain: {zone}
    file: {dir}/zone
    acl: update
"""


class NameServer:
    def __init__(self, kind, zone, lines=()):
        self.kind, self.zone, self.key = kind, zone, "push-key"
        self.secret = base64.b64encode(secrets.token_bytes(32)).decode()
        self.port = free_port()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="ms-name-server-"))
        (self.dir / "zone").write_text(
            f"$ORIGIN {zone}.\n$TTL 300\n@ SOA ns hostmaster 1 3600 600 86400 60\n@ NS ns\nns A 127.0.0.1\n" +
            "".join(line + "\n" for line in lines), encoding="utf-8")
        text = (NAMED if kind == "named" else KNOT).format(dir=self.dir, port=self.port, key=self.key, secret=self.secret, zone=zone)
        (self.dir / "conf").write_text(text, encoding="utf-8")
        self.log = (self.dir / "log").open("wb")
        self.process = None

    def __enter__(self):
        command = ["/usr/sbin/named", "-g", "-c"] if self.kind == "named" else ["/usr/sbin/knotd", "-c"]
        self.process = subprocess.Popen([*command, str(self.dir / "conf")], stdout=self.log, stderr=subprocess.STDOUT)
        end = time.monotonic() + PATIENCE
        while not self.query(self.zone, "NS") and time.monotonic() < end and self.process.poll() is None:
            time.sleep(0.1)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(PATIENCE)
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def query(self, name, kind):
        """The records of an answer as zone files have them, sorted; long TXT in their strings; none when nobody answers."""
        question = struct.pack("!HHHHHH", 7, 0, 1, 0, 0, 0) + fake_dns.wire_name(name) + struct.pack("!HH", fake_dns.TYPES[kind], 1)
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as sock:
                sock.sendall(struct.pack("!H", len(question)) + question)
                with sock.makefile("rb") as file:
                    reply = file.read(struct.unpack("!H", file.read(2))[0])
        except (OSError, struct.error):
            return []
        return sorted(records(reply, fake_dns.TYPES[kind]))


def read_name(reply, pos):
    """(text with a final dot, position behind it)"""
    text, after = "", None
    while reply[pos]:
        if reply[pos] >= 0xC0:
            after = after or pos + 2
            pos = struct.unpack("!H", reply[pos:pos + 2])[0] & 0x3FFF
            continue
        text += reply[pos + 1:pos + 1 + reply[pos]].decode("latin-1") + "."
        pos += 1 + reply[pos]
    return text or ".", after or pos + 1


def data_text(reply, kind, pos, length):
    data = reply[pos:pos + length]
    if kind == fake_dns.TYPES["TXT"]:
        parts = []
        while data:
            parts.append('"' + data[1:1 + data[0]].decode("latin-1") + '"')
            data = data[1 + data[0]:]
        return " ".join(parts)
    if kind == fake_dns.TYPES["MX"]:
        return f"{struct.unpack('!H', data[:2])[0]} {read_name(reply, pos + 2)[0]}"
    if kind == fake_dns.TYPES["A"]:
        return socket.inet_ntoa(data)
    return read_name(reply, pos)[0]


def records(reply, kind):
    count = struct.unpack("!H", reply[6:8])[0]
    pos = read_name(reply, 12)[1] + 4
    for _ in range(count):
        pos = read_name(reply, pos)[1]
        found, _, _, length = struct.unpack("!HHIH", reply[pos:pos + 10])
        pos += 10
        if found == kind:
            yield data_text(reply, kind, pos, length)
        pos += length
