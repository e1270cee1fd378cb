#!/usr/bin/python3
"""SCRAM-SHA-256 (RFC 5802, 7677) by a client written here, and with channel binding (RFC 9266) by GNU SASL."""

import base64
import hashlib
import hmac
import imaplib
import json
import poplib
import secrets
import smtplib
import ssl
import urllib.request

import tap as t


class Scram:
    """The client's side of one exchange, for `authobject` of imaplib and smtplib."""

    def __init__(self, name, password, flag="n"):
        """Without a password it gives up when it has seen the salt."""
        self.name, self.password, self.flag = name, password, flag
        self.nonce = secrets.token_urlsafe(18)
        self.first = f"n={name.replace('=', '=3D').replace(',', '=2C')},r={self.nonce}"
        self.salt = self.trusted = None

    def answer(self, challenge):
        text = challenge.decode()
        if not text:
            return f"{self.flag},,{self.first}".encode()
        values = dict(part.split("=", 1) for part in text.split(","))
        if "v" in values:
            self.trusted = hmac.compare_digest(values["v"], self.signature)
            return b""
        assert values["r"].startswith(self.nonce) and len(values["r"]) > len(self.nonce) + 16
        self.salt = base64.b64decode(values["s"])
        if self.password is None:
            return None
        salted = hashlib.pbkdf2_hmac("sha256", self.password.encode(), self.salt, int(values["i"]))
        client = hmac.digest(salted, b"Client Key", "sha256")
        head = base64.b64encode(f"{self.flag},,".encode()).decode()
        final = f"c={head},r={values['r']}"
        message = f"{self.first},{text},{final}".encode()
        proof = bytes(a ^ b for a, b in zip(client, hmac.digest(hashlib.sha256(client).digest(), message, "sha256")))
        server = hmac.digest(salted, b"Server Key", "sha256")
        self.signature = base64.b64encode(hmac.digest(server, message, "sha256")).decode()
        return f"{final},p={base64.b64encode(proof).decode()}".encode()


def by_imap(tap, scram):
    with imaplib.IMAP4_SSL(tap.host, tap.ports["imaps"], ssl_context=tap.tls()) as client:
        assert "AUTH=SCRAM-SHA-256" in client.capabilities and "AUTH=SCRAM-SHA-256-PLUS" in client.capabilities
        try:
            return client.authenticate("SCRAM-SHA-256", scram.answer)[0] == "OK"
        except imaplib.IMAP4.error:
            return False


def by_smtp(tap, scram):
    with smtplib.SMTP_SSL(tap.host, tap.ports["submissions"], context=tap.tls(), timeout=30) as client:
        client.ehlo("client.example")
        assert {"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"} <= set(client.esmtp_features["auth"].split())
        code, said = client.docmd("AUTH", "SCRAM-SHA-256 " + base64.b64encode(scram.answer(b"")).decode())
        while code == 334:
            code, said = client.docmd(base64.b64encode(scram.answer(base64.b64decode(said))).decode())
        return code == 235


def by_pop3(tap, scram):
    client = poplib.POP3_SSL(tap.host, tap.ports["pop3s"], context=tap.tls(), timeout=30)
    try:
        assert {"SCRAM-SHA-256", "SCRAM-SHA-256-PLUS"} <= set(client.capa()["SASL"])
        line = client._shortcmd("AUTH SCRAM-SHA-256")
        while line.startswith(b"+ "):
            line = client._shortcmd(base64.b64encode(scram.answer(base64.b64decode(line[2:]))).decode())
        return line.startswith(b"+OK")
    except poplib.error_proto:
        return False
    finally:
        client.close()


PROTOCOLS = {"IMAP": by_imap, "submission": by_smtp, "POP3": by_pop3}


def passwords_prove_themselves(tap):
    for name, log_in in PROTOCOLS.items():
        box = tap.bob if name == "POP3" else tap.alice    # the limiter counts failures of each
        right = Scram(box["address"], box["password"])
        tap.check(log_in(tap, right) and right.trusted, f"{name}: the right password, and the server knows it too")
        tap.check(not log_in(tap, Scram(box["address"], box["password"] + "x")), f"{name}: a wrong password")
        tap.check(not log_in(tap, Scram(box["address"], box["password"], flag="y")), f"{name}: a list of mechanisms that was changed")


def nobody_is_like_somebody(tap):
    salts = []
    for name in (tap.alice["address"], tap.alice["address"].upper(), "nobody@example.test", "nobody@example.test", "nobody2@example.test"):
        scram = Scram(name, None)
        tap.check(not by_imap(tap, scram) and scram.salt, f"{name} is asked for a proof")
        salts.append(scram.salt)
    tap.check(not by_imap(tap, Scram("nobody@example.test", "wrong")), "nobody is refused")
    tap.check(salts[0] == salts[1] and salts[2] == salts[3] and len(set(salts)) == 3 and len(salts[2]) == len(salts[0]),
              "everybody's salt is always the same", salts)


def app_passwords_prove_themselves(tap):
    address = tap.bob["address"]
    context = ssl.create_default_context(cafile=tap.ca)
    context.check_hostname = False
    request = urllib.request.Request(f"{tap.https}/api/v1/mailboxes/{address}/app-passwords", method="POST",
                                     data=json.dumps({"label": "clienttest " + t.token()}).encode(),
                                     headers={"Authorization": f"Bearer {tap.token_of('customer')}", "Content-Type": "application/json"})
    with urllib.request.urlopen(request, context=context, timeout=30) as answer:
        made = json.load(answer)
    scram = Scram(address, made["password"])
    tap.check(by_imap(tap, scram) and scram.trusted, "an app password")
    tap.check(by_imap(tap, Scram(address, tap.bob["password"])), "and still the mailbox's own")


def gsasl_binds_the_channel(tap):
    box = tap.bob
    for protocol, port in (("--smtp", "submission"), ("--imap", "imap")):
        for mechanism, option in (("SCRAM-SHA-256-PLUS", ()), ("SCRAM-SHA-256", ("--no-cb",))):
            for password, works in ((box["password"], True), ("wrong", False)):
                if not works and protocol == "--imap":
                    continue
                done = tap.run("gsasl", protocol, f"--mechanism={mechanism}", *option, f"--authentication-id={box['address']}",
                               "--authorization-id=", f"--password={password}", "--starttls", f"--x509-ca-file={tap.ca}",
                               tap.host, tap.ports[port], input="\n")
                trusted = "Client authentication finished (server trusted)" in done.stdout
                tap.check(trusted == works, f"gsasl {protocol} {mechanism} with {'the right' if works else 'a wrong'} password", done.stdout)


t.main(passwords_prove_themselves, nobody_is_like_somebody, app_passwords_prove_themselves, gsasl_binds_the_channel)
