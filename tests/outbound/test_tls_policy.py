#!/usr/bin/env python3
"""Mail goes out only as encrypted as its domain demands: DANE and MTA-STS. REQUIREMENTS 21.

    test_tls_policy.py BUILD_DIR

Servers stand on addresses 127.0.0.N with one port and certificates of our own making; DNS is ours and says of each name
whether it is signed. What must not be sent stays in the queue, with the reason in its trace, and goes out when the
domain has mended what was wrong.
"""
import hashlib
import http.server
import os
import pathlib
import ssl
import subprocess
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
import fake_dns
import fake_mx
import server
from fake_mx import EXTENSIONS, Act
from test_outbound import Mailstead, submit

PATIENCE_S = 120.0
BASE = 39000 + os.getpid() % 20 * 100
OURS, HTTPS, FIRST = "127.0.0.111", "127.0.0.112", 113


class Certificates:
    """An authority and what it has signed, made by openssl(1)."""

    def __init__(self, root):
        self.root = root
        self.openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
                     "-subj", "/CN=Test authority", "-keyout", root / "ca.key", "-out", root / "ca.pem")

    def openssl(self, *words):
        subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)

    def make(self, *names):
        """The PEM file of key, certificate and authority."""
        path = self.root / f"{names[0]}.pem"
        key, request, extensions = (self.root / f"{names[0]}.{end}" for end in ("key", "csr", "ext"))
        extensions.write_text("subjectAltName=" + ",".join(f"DNS:{name}" for name in names) + "\n")
        self.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                     "-subj", f"/CN={names[0]}", "-keyout", key, "-out", request)
        self.openssl("x509", "-req", "-in", request, "-CA", self.root / "ca.pem", "-CAkey", self.root / "ca.key",
                     "-CAcreateserial", "-days", "30", "-extfile", extensions, "-out", path)
        path.write_text(path.read_text() + (self.root / "ca.pem").read_text() + key.read_text())
        return path

    def context(self, path):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def digest(self, path, *what):
        """SHA-256 of the first certificate, or of its public key."""
        der = ssl.PEM_cert_to_DER_cert(path.read_text().split("-----END CERTIFICATE-----")[0] + "-----END CERTIFICATE-----\n")
        if "key" in what:
            public = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-pubkey"], check=True, capture_output=True).stdout
            der = subprocess.run(["openssl", "pkey", "-pubin", "-outform", "DER"], input=public, check=True,
                                 capture_output=True).stdout
        return hashlib.sha256(der).digest()


WRONG = bytes(32)
# name: does its server have TLS; its TLSA records ("ee": right for the key, "ta": right for the authority); signed
CASES = {
    "dane-ee": (True, [("TLSA", 3, 1, 1, "ee")], True),
    "dane-ta": (True, [("TLSA", 2, 0, 1, "ta")], True),
    "dane-two": (True, [("TLSA", 3, 1, 1, WRONG), ("TLSA", 3, 1, 1, "ee")], True),
    "dane-wrong": (True, [("TLSA", 3, 1, 1, WRONG)], True),
    "dane-clear": (False, [("TLSA", 3, 1, 1, WRONG)], True),
    "dane-bogus": (True, ["SERVFAIL"], True),
    "dane-unusable": (True, [("TLSA", 0, 0, 1, WRONG)], True),
    "unsigned": (True, [("TLSA", 3, 1, 1, WRONG)], False),
    "signed": (True, [], True),
    "signed-clear": (False, [], True),
}
# name: does its server have TLS; its policy. Its certificate names it, but for those in MISNAMED.
STS = {
    "sts-good": (True, "enforce"),
    "sts-wild": (True, "enforce", "*.sts-wild.test"),
    "sts-wrong": (True, "enforce"),
    "sts-clear": (False, "enforce"),
    "sts-other": (True, "enforce", "mx.elsewhere.test"),
    "sts-tests": (True, "testing"),
    "sts-tests-clear": (False, "testing"),
    "sts-tests-other": (True, "testing", "mx.elsewhere.test"),
    "sts-none": (False, "none"),
    "sts-absent": (False, ""),
}
MISNAMED = {"sts-wrong"}
CASES |= {name: (case[0], [], False) for name, case in STS.items()}
CASES["sts-dane"] = (True, [("TLSA", 3, 1, 1, "ee")], True)
STS["sts-dane"] = (True, "enforce", "mx.elsewhere.test")  # DANE comes first
ADDRESS = {name: f"127.0.0.{FIRST + i}" for i, name in enumerate(CASES)}
# Delivered: over TLS, and what the trace says of it.
SENT = {"dane-ee": (True, "verified by DANE"), "dane-ta": (True, "verified by DANE"), "dane-two": (True, "verified by DANE"),
        "dane-unusable": (True, ""), "unsigned": (True, ""), "signed": (True, ""), "signed-clear": (False, "without encryption"),
        "sts-good": (True, "verified by MTA-STS"), "sts-wild": (True, "verified by MTA-STS"),
        "sts-tests": (True, "verified by MTA-STS"), "sts-tests-clear": (False, "policy, which it tests"),
        "sts-tests-other": (True, "policy, which it tests"), "sts-none": (False, ""), "sts-absent": (False, ""),
        "sts-dane": (True, "verified by DANE")}
# Not delivered, and why.
WAITS = {"dane-wrong": "TLSA records (DANE)", "dane-clear": "TLSA records (DANE)", "dane-bogus": "no valid answer about the TLSA",
         "sts-wrong": "proves its name (MTA-STS)", "sts-clear": "proves its name (MTA-STS)", "sts-other": "does not name this server"}


class Policies(http.server.ThreadingHTTPServer):
    """The web server with everybody's policy; `asked` counts who fetched one."""

    daemon_threads = True

    def __init__(self, certificates):
        super().__init__((HTTPS, 0), Policy)
        context = certificates.context(certificates.make(*(f"mta-sts.{name}.test" for name in STS)))
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.asked = []
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()


class Policy(http.server.BaseHTTPRequestHandler):
    timeout = 30

    def do_GET(self):
        name = self.headers["Host"].removeprefix("mta-sts.").removesuffix(".test")
        self.server.asked.append(name)
        _, mode, *mx = STS[name]
        text = f"version: STSv1\r\nmode: {mode}\r\nmx: {(mx or [f'mx.{name}.test'])[0]}\r\nmax_age: 86400\r\n".encode()
        found = mode and self.path == "/.well-known/mta-sts.txt"
        self.send_response(200 if found else 404)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class World:
    def __init__(self, ours, dns, mx, certificates, files, policies):
        self.ours, self.dns, self.mx, self.certificates, self.files = ours, dns, mx, certificates, files
        self.policies = policies

    def events(self, address):
        """What the trace tells, newest message."""
        items = self.ours.call("GET", f"/trace?address={address}", login="admin")["items"]
        if not items:
            return []
        return self.ours.call("GET", f"/trace/{items[0].get('id') or items[0].get('trace_id')}", login="admin")["events"]

    def tells(self, address, name, words):
        return any((e.get("name") or e.get("event")) == name and words in e["text"] for e in self.events(address))


def zone(certificates, files, port):
    records = {"": [("NS", "ns.test")], "example.test": [("MX", 10, "mx.ours.test")], "mx.ours.test": [("A", OURS)]}
    for name, (_, tlsa, _) in CASES.items():
        digests = {"ee": certificates.digest(files[name], "key"), "ta": certificates.digest(certificates.root / "ca.pem")}
        records[f"{name}.test"] = [("MX", 10, f"mx.{name}.test")]
        records[f"mx.{name}.test"] = [("A", ADDRESS[name])]
        if tlsa:
            records[f"_{port}._tcp.mx.{name}.test"] = [r if isinstance(r, str) else (*r[:4], digests.get(r[4], r[4])) for r in tlsa]
    for name in STS:
        records[f"_mta-sts.{name}.test"] = [("TXT", "v=STSv1; id=1;")]
        records[f"mta-sts.{name}.test"] = [("A", HTTPS)]
    return records


def until(condition):
    return server.wait_for(condition, PATIENCE_S) is not None


def goes_out(checks, w):
    for name in CASES:
        submit(w.ours.env, [f"x@{name}.test"], name)
    for name, (tls, words) in SENT.items():
        arrived = until(lambda n=name: w.mx.received[ADDRESS[n]])
        checks.check(arrived and w.mx.received[ADDRESS[name]][0].tls == tls, f"{name}: delivered, TLS {tls}")
        checks.check(until(lambda n=name, t=words: w.tells(f"x@{n}.test", "message.sent", t)), f"{name}: the trace says so",
                     w.events(f"x@{name}.test"))


def waits(checks, w):
    for name, words in WAITS.items():
        checks.check(until(lambda n=name, t=words: w.tells(f"x@{n}.test", "message.deferred", t)), f"{name}: waits, and says why",
                     w.events(f"x@{name}.test"))
        checks.check(not w.mx.received[ADDRESS[name]], f"{name}: nothing was sent")
    name = "dane-wrong"
    w.dns.zone[f"_{w.mx.port}._tcp.mx.{name}.test"] = [("TLSA", 3, 1, 1, w.certificates.digest(w.files[name], "key"))]
    checks.check(until(lambda: w.mx.received[ADDRESS[name]]), f"{name}: goes out when its record has been mended")


def keeps_policies(checks, w):
    """A policy holds although its record has gone and its file cannot be had, and is not fetched for each message."""
    name = "sts-good"
    fetched = w.policies.asked.count(name)
    checks.check(fetched == 1, "one fetch", fetched)
    del w.dns.zone[f"_mta-sts.{name}.test"], w.dns.zone[f"mta-sts.{name}.test"]
    w.dns.zone[f"mx.{name}.test"] = [("A", ADDRESS["sts-clear"])]
    submit(w.ours.env, [f"later@{name}.test"], "later")
    checks.check(until(lambda: w.tells(f"later@{name}.test", "message.deferred", WAITS["sts-clear"])),
                 "a policy holds until its time is over", w.events(f"later@{name}.test"))


def without_validation(checks, w):
    """A resolver that stops saying that it validates: as if there were no DANE."""
    w.dns.signed.discard(".")
    for name in ("dane-clear", "dane-bogus"):
        checks.check(until(lambda n=name: w.mx.received[ADDRESS[n]]), f"{name}: goes out as it can where DNSSEC is not to be had")


def policy(checks, build):
    addresses = [OURS, *ADDRESS.values()]
    port, dns_port = fake_mx.free_port(addresses), fake_dns.free_port()
    with server.directory() as scratch:
        (scratch / "tls").mkdir()
        certificates = Certificates(scratch / "tls")
        files = {name: certificates.make("mx.else.test" if name in MISNAMED else f"mx.{name}.test") for name in CASES}
        policies = Policies(certificates)
        os.environ["SSL_CERT_FILE"] = str(certificates.root / "ca.pem")
        acts = {ADDRESS[name]: Act(extensions=EXTENSIONS, tls=certificates.context(files[name]) if tls else None)
                for name, (tls, _, _) in CASES.items()}
        with fake_dns.FakeDns(dns_port) as dns, fake_mx.FakeMx(port, acts) as mx:
            dns.zone = zone(certificates, files, port)
            dns.signed = {f"{name}.test" for name, case in CASES.items() if case[2]} | {"."}
            ours = Mailstead(build, scratch / "ours", server.free_port_base(BASE), OURS, "mx.ours.test", port, dns_port)
            ours.options += ["--set", "dns.validates=yes", "--set", "delivery.lifetime=1h", "--set", "delivery.delay_notice=0s",
                             "--set", f"delivery.https_port={policies.server_address[1]}", "--set", "sandbox=no"]
            status, output = ours.start()
            try:
                assert status == 0, output
                world = World(ours, dns, mx, certificates, files, policies)
                for group in (goes_out, waits, keeps_policies, without_validation):
                    checks.group(group, world)
            finally:
                checks.check(ours.stop()[0] == 0, "clean stop")
            checks.check(not ours.findings(), "no sanitizer finding in the log", ours.findings())
            ours.remove_cluster()
        policies.shutdown()
        policies.server_close()


if __name__ == "__main__":
    sys.exit(server.main([policy], __doc__))
