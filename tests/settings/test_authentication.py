#!/usr/bin/env python3
"""Mail from the world, judged with a DNS that we play: SPF, DKIM, DMARC, lists, the score, and what follows.

REQUIREMENTS.md 11, 23, 24, 26, 58, 59. Wants dns.servers=127.0.0.1:$MAILSTEAD_TEST_DNS_PORT, mail.proxy_protocol=127.0.0.2,
mail.dns_lists=bl.lists.test=6.0 and mail.trusted_forwarders=198.51.100.50.
usage: test_authentication.py --json quickstart.json     prints TAP
"""
import argparse
import base64
import hashlib
import imaplib
import json
import os
import pathlib
import re
import secrets
import smtplib
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/harness"))
from fake_dns import FakeDns  # noqa: E402

TLS = ssl.create_default_context()
TLS.check_hostname = False
TLS.verify_mode = ssl.CERT_NONE
GOOD, BAD, LISTED, FORWARDER = "192.0.2.3", "192.0.2.9", "192.0.2.66", "198.51.100.50"


def zone(run):
    """Names with `run` in them, so that nothing is cached from another run."""
    return {
        "3.2.0.192.in-addr.arpa": [("PTR", "mx.sender.test")], "mx.sender.test": [("A", GOOD)],
        "9.2.0.192.in-addr.arpa": [("PTR", "mx.other.test")], "mx.other.test": [("A", BAD)],
        "66.2.0.192.in-addr.arpa": [("PTR", "mx.listed.test")], "mx.listed.test": [("A", LISTED)],
        "66.2.0.192.bl.lists.test": [("A", "127.0.0.2")], "9.2.0.192.bl.lists.test": [("A", "127.255.255.254")],
        f"reject{run}.test": [("TXT", f"v=spf1 ip4:{GOOD} -all")],
        f"_dmarc.reject{run}.test": [("TXT", "v=DMARC1; p=reject")],
        f"_dmarc.quarantine{run}.test": [("TXT", "v=DMARC1; p=quarantine")],
        f"_dmarc.broken{run}.test": ["SERVFAIL"], f"_dmarc.silent{run}.test": ["SILENCE"],
        f"_dmarc.signed{run}.test": [("TXT", "v=DMARC1; p=reject; adkim=s")],
    }


class Signer:
    """DKIM, relaxed/relaxed, by openssl."""

    def __init__(self, domain):
        self.domain, self.dir = domain, tempfile.TemporaryDirectory()
        self.key = self.dir.name + "/key"
        self.openssl("genrsa", "-out", self.key, "2048")
        public = self.openssl("rsa", "-in", self.key, "-pubout", "-outform", "DER")
        self.record = "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode()

    def openssl(self, *args, data=b""):
        return subprocess.run(["openssl", *args], input=data, capture_output=True, check=True).stdout

    def sign(self, message):
        head, body = message.split("\r\n\r\n", 1)
        lines = [re.sub(r"[ \t]+", " ", line).rstrip(" ") for line in body.split("\r\n")]
        relaxed = "\r\n".join(lines).rstrip("\r\n")
        hashed = base64.b64encode(hashlib.sha256((relaxed + "\r\n").encode() if relaxed else b"").digest()).decode()
        field = (f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={self.domain}; s=sel; h=from:subject; bh={hashed}; b=")
        fields = dict(line.split(":", 1) for line in head.split("\r\n"))
        signed = "".join(f"{name.lower()}:{fields[name].strip()}\r\n" for name in ("From", "Subject"))
        signature = self.openssl("dgst", "-sha256", "-sign", self.key, data=(signed + "dkim-signature:" + field).encode())
        return f"DKIM-Signature: {field}{base64.b64encode(signature).decode()}\r\n{message}"


class Server:
    def __init__(self, env):
        self.env, self.mailbox = env, env["mailboxes"][0]

    def send(self, ip, sender, message, helo="mx.sender.test"):
        """Code and text of the answer to the message, through PROXY from this address."""
        smtp = smtplib.SMTP(source_address=("127.0.0.2", 0), timeout=60)
        smtp._get_socket = lambda host, port, timeout: self.proxied(host, port, timeout, ip)
        try:
            smtp.connect(self.env["host"], self.env["ports"]["smtp"])
            smtp.ehlo(helo)
            for code, text in (smtp.mail(sender), smtp.rcpt(self.mailbox["address"])):
                if code != 250:
                    return code, text.decode()
            code, text = smtp.data(message)
            return code, text.decode()
        finally:
            smtp.close()

    @staticmethod
    def proxied(host, port, timeout, ip):
        import socket
        sock = socket.create_connection((host, port), timeout, ("127.0.0.2", 0))
        sock.sendall(f"PROXY TCP4 {ip} 127.0.0.1 4000 25\r\n".encode())
        return sock

    def header(self, folder, mark):
        """Of the message with this subject, unfolded; empty when it is not in that folder."""
        with imaplib.IMAP4_SSL(self.env["host"], self.env["ports"]["imaps"], ssl_context=TLS) as imap:
            imap.login(self.mailbox["address"], self.mailbox["password"])
            imap.select(folder, readonly=True)
            found = imap.search(None, "SUBJECT", mark)[1][0].split()
            if not found:
                return ""
            return re.sub(r"\r\n(?=[ \t])", "", imap.fetch(found[-1], "(BODY.PEEK[HEADER])")[1][0][1].decode())

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.env["https"] + "/api/v1" + path, method=method, headers={
            "Authorization": "Bearer " + self.env["logins"][0]["token"], "Content-Type": "application/json"},
            data=None if body is None else json.dumps(body).encode())
        try:
            with urllib.request.urlopen(request, context=TLS, timeout=60) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def event(self, reply):
        """The delivery's event in the trace, by the id of the reply to the message."""
        trace = self.call("GET", "/trace/" + reply.rsplit(" ", 1)[-1])[1]
        return next(e for e in trace["events"] if e["name"] in ("message.delivered", "message.junked"))


class Taps:
    count = failed = 0

    def ok(self, good, what, detail=""):
        self.count += 1
        self.failed += not good
        print(f"{'' if good else 'not '}ok {self.count} - {what}")
        if not good:
            print("\n".join("# " + line for line in str(detail).splitlines()))


def message(author, mark, more=""):
    return (f"{more}From: Joe <{author}>\r\nSubject: {mark}\r\nDate: Sun, 22 Nov 2026 12:00:00 +0000\r\n"
            f"Message-ID: <{mark}@sender.test>\r\n\r\nhello\r\n")


def results(header, host):
    """Our own Authentication-Results; there is one."""
    fields = [line for line in header.split("\r\n") if line.startswith(f"Authentication-Results: {host};")]
    return fields[0] if len(fields) == 1 else ""


def wait_for_dns(server, run):
    """The server has noticed before that nobody answered."""
    for count in range(600):
        mark = f"wait{count}x{run}"
        # From an address of its own, as each may send so much a minute.
        server.send(f"10.77.{count % 250}.9", f"joe@{mark}.test", message(f"joe@{mark}.test", mark))
        if "spf=none smtp.mailfrom" in server.header("INBOX", mark):
            return
        time.sleep(0.1)
    raise SystemExit("the server does not ask our DNS")


def policies(server, taps, run):
    host, author = server.env["hostname"], f"joe@reject{run}.test"
    forged = f"Authentication-Results: {host}; dmarc=pass\r\nAuthentication-Results: other.test; dmarc=pass\r\n"
    code, text = server.send(GOOD, author, message(author, "good" + run, forged))
    header = server.header("INBOX", "good" + run)
    field = results(header, host)
    for part in (f"iprev=pass (mx.sender.test) policy.iprev={GOOD}", f"spf=pass smtp.mailfrom={author}", "dkim=none",
                 f"dmarc=pass (p=reject) header.from=reject{run}.test"):
        taps.ok(code == 250 and part in field, part, (code, text, header))
    taps.ok("Authentication-Results: other.test; dmarc=pass" in header and header.count("dmarc=pass") == 2,
            "forged results are removed, others stay", header)
    taps.ok(header.index("Authentication-Results:") < header.index("Received:"), "ours are on top", header)

    code, text = server.send(BAD, author, message(author, "bad" + run))
    taps.ok(code == 550 and text.startswith("5.7.1 ") and f"reject{run}.test asks to refuse" in text, "p=reject", text)
    refused = [item for item in server.call("GET", f"/trace?address={author}")[1]["items"]
               if item["state"] == "message.refused"]
    events = server.call("GET", "/trace/" + refused[0]["id"])[1]["events"] if refused else []
    taps.ok(len(events) == 1 and f"reject{run}.test asks to refuse" in events[0]["text"] and
            events[0]["evidence"]["authentication"]["dmarc"] == "fail", "refused mail is in the trace", refused)
    code, text = server.send(FORWARDER, author, message(author, "fwd" + run))
    taps.ok(code == 250 and "dmarc=fail" in results(server.header("INBOX", "fwd" + run), host), "trusted forwarder", text)

    author = f"joe@quarantine{run}.test"
    code, text = server.send(BAD, author, message(author, "quarantine" + run))
    taps.ok(code == 250 and server.header("Junk", "quarantine" + run) and not server.header("INBOX", "quarantine" + run),
            "p=quarantine goes to Junk", text)
    event = server.event(text)
    taps.ok(event["name"] == "message.junked" and f"quarantine{run}.test asks for that" in event["text"],
            "the trace says why", event)
    evidence = event["evidence"] if isinstance(event["evidence"], dict) else json.loads(event["evidence"])
    taps.ok(evidence["authentication"]["dmarc"] == "fail" and
            {"signal", "weight", "evidence"} <= set(evidence["signals"][0]) and
            evidence["score"] == sum(s["weight"] for s in evidence["signals"]), "with its evidence", evidence)


def overrides(server, taps, run):
    domain = server.mailbox["address"].partition("@")[2]
    author = f"joe@reject{run}.test"
    for mode, folder in (("ignore", "INBOX"), ("junk", "Junk")):
        status, body = server.call("PATCH", f"/domains/{domain}", {"dmarc": mode})
        taps.ok(status == 200 and body["dmarc"] == mode, f"domain says {mode}", body)
        code, text = server.send(BAD, author, message(author, mode + run))
        taps.ok(code == 250 and server.header(folder, mode + run), f"{mode}: {folder}", (code, text))
    status, body = server.call("PATCH", f"/domains/{domain}", {"dmarc": "sometimes"})
    taps.ok(status == 422, "no other word", body)
    status, body = server.call("PATCH", f"/domains/{domain}", {"dmarc": "apply"})
    taps.ok(status == 200 and server.send(BAD, author, message(author, "again" + run))[0] == 550, "apply again", body)


def trouble(server, taps, run):
    host = server.env["hostname"]
    for word in ("broken", "silent"):
        author = f"joe@{word}{run}.test"
        code, text = server.send(GOOD, author, message(author, word + run))
        taps.ok(code == 250 and "dmarc=temperror" in results(server.header("INBOX", word + run), host),
                f"{word} DNS is temperror, the mail is there", (code, text))


def lists(server, taps, run):
    author = f"joe@nowhere{run}.test"
    code, text = server.send(LISTED, author, message(author, "listed" + run), helo="mx.listed.test")
    event = server.event(text)
    taps.ok(code == 250 and server.header("Junk", "listed" + run) and event["name"] == "message.junked" and
            "bl.lists.test (127.0.0.2)" in event["text"] and "its score is 6.0, and 5.0 is enough" in event["text"],
            "a list of bad addresses", event)
    code, text = server.send(BAD, author, message(author, "unlisted" + run), helo="mx.other.test")
    event = server.event(text)
    taps.ok(code == 250 and event["name"] == "message.delivered" and "dns_list.unknown" in json.dumps(event["evidence"]),
            "a list that refuses to answer says nothing", event)


def signatures(server, taps, dns, run):
    host, signer = server.env["hostname"], Signer(f"signed{run}.test")
    dns.zone[f"sel._domainkey.signed{run}.test"] = [("TXT", signer.record)]
    author = f"joe@signed{run}.test"
    large = message(author, "large" + run) + ("x" * 70 + "\r\n") * 6000
    for mark, text in (("signed" + run, message(author, "signed" + run)), ("large" + run, large)):
        code, answer = server.send(BAD, f"bounces@other{run}.test", signer.sign(text))
        field = results(server.header("INBOX", mark), host)
        taps.ok(code == 250 and f"dkim=pass header.d=signed{run}.test header.s=sel header.a=rsa-sha256 header.b=" in field and
                "dmarc=pass" in field, f"DKIM alone passes: {mark.replace(run, '')}, {len(text)} bytes", (answer, field))
    changed = signer.sign(message(author, "changed" + run)).replace("hello", "hullo")
    code, answer = server.send(BAD, f"bounces@other{run}.test", changed)
    taps.ok(code == 550 and "5.7.1" in answer, "a changed body is refused", answer)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", required=True)
    env = json.loads(pathlib.Path(parser.parse_args().json).read_text(encoding="utf-8"))
    server, taps, run = Server(env), Taps(), secrets.token_hex(4)
    with FakeDns(int(os.environ["MAILSTEAD_TEST_DNS_PORT"])) as dns:
        dns.zone = zone(run)
        wait_for_dns(server, run)
        policies(server, taps, run)
        overrides(server, taps, run)
        signatures(server, taps, dns, run)
        lists(server, taps, run)
        trouble(server, taps, run)
    print(f"1..{taps.count}")
    return taps.failed > 0


if __name__ == "__main__":
    raise SystemExit(main())
