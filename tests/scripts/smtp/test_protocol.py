#!/usr/bin/env python3
"""Port 25 by raw sockets: what RFC 5321 and its extensions ask for, and what no sender may get away with.

The numbers are those of the list of what a mail system must get right (REQ 1 to 19). Messages that were accepted are
read again over POP3.

    test_protocol.py --json quickstart.json      prints TAP
"""
import argparse
import json
import pathlib
import poplib
import re
import secrets
import socket
import ssl
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "harness"))
import server  # noqa: E402

TIMEOUT_S = 60


class Smtp:
    """A connection: bytes out, whole replies in."""

    def __init__(self, env, port="smtp", greet=True):
        self.env = env
        self.sock = socket.create_connection((env["host"], env["ports"][port]), TIMEOUT_S)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile("rb")
        if greet:
            self.greeting = self.reply()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.sock.close()

    def reply(self):
        """All lines of one reply; b"" at the end of the connection."""
        lines = b""
        while True:
            try:
                line = self.file.readline()
            except ConnectionResetError:
                return lines
            lines += line
            if not line or line[3:4] != b"-":
                return lines

    def send(self, data):
        try:
            self.sock.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # the reply says why

    def ask(self, data):
        self.send(data)
        return self.reply()

    def start_tls(self):
        self.ask(b"EHLO client.test\r\n")
        self.ask(b"STARTTLS\r\n")
        self.file.close()
        self.sock = server.tls_context(self.env).wrap_socket(self.sock, server_hostname=self.env["hostname"])
        self.file = self.sock.makefile("rb")

    def begin(self, rcpt, sender=b"a@sender.test", parameters=b""):
        self.ask(b"EHLO client.test\r\n")
        self.ask(b"MAIL FROM:<" + sender + b">" + parameters + b"\r\n")
        return self.ask(b"RCPT TO:<" + rcpt + b">\r\n")

    def data(self, text):
        self.ask(b"DATA\r\n")
        return self.ask(text)


def newest(env, mailbox, mark):
    """The newest message with this text in it, as stored."""
    pop = poplib.POP3_SSL(env["host"], env["ports"]["pop3s"], context=server.tls_context(env), timeout=TIMEOUT_S)
    pop._maxline = 1 << 24  # long lines are part of the test
    poplib._MAXLINE = 1 << 24
    pop.user(mailbox["address"])
    pop.pass_(mailbox["password"])
    try:
        last = pop.stat()[0]
        for i in range(last, max(0, last - 20), -1):
            text = b"\r\n".join(pop.retr(i)[1]) + b"\r\n"
            if mark in text:
                return text
    finally:
        pop.quit()
    return b""


def mark():
    return secrets.token_hex(8).encode()


# --- one line, one reply ----------------------------------------------------------------------------------------------

BOB = b"<BOB>"  # stands for bob's address
GREETED = (b"EHLO client.test\r\n",)
MAIL = (*GREETED, b"MAIL FROM:<a@sender.test>\r\n")
RCPT = (*MAIL, b"RCPT TO:<" + BOB + b">\r\n")
UTF8 = (*GREETED, b"MAIL FROM:<a@sender.test> SMTPUTF8\r\n")
LOCAL_64, LOCAL_65 = b"l" * 64, b"l" * 65
LONG_DOMAIN = b".".join([b"d" * 63] * 3 + [b"d" * 57]) + b".test"

ONE_REPLY = [
    ("REQ 19: EHLO again is fine, and ends the transaction", (*RCPT, b"EHLO client.test\r\n"), b"DATA\r\n", b"503 5.5.1"),
    ("REQ 19: HELO ends it too", (*RCPT, b"HELO client.test\r\n"), b"DATA\r\n", b"503 5.5.1"),
    ("REQ 19: MAIL inside of a transaction", MAIL, b"MAIL FROM:<b@sender.test>\r\n", b"503 5.5.1"),
    ("REQ 19: MAIL before EHLO", (), b"MAIL FROM:<a@sender.test>\r\n", b"503 5.5.1"),
    ("REQ 19: RCPT before MAIL", GREETED, b"RCPT TO:<a@sender.test>\r\n", b"503 5.5.1"),
    ("REQ 19: DATA before RCPT", MAIL, b"DATA\r\n", b"503 5.5.1"),
    ("REQ 19: DATA after refused recipients only", (*MAIL, b"RCPT TO:<nobody-at-all@example.test>\r\n"), b"DATA\r\n", b"503 5.5.1"),
    ("REQ 19: VRFY tells nothing", GREETED, b"VRFY alice\r\n", b"252 2.5.0"),
    ("REQ 19: EXPN is not offered", GREETED, b"EXPN staff\r\n", b"502 5.5.1"),
    ("REQ 19: an unknown parameter of MAIL", GREETED, b"MAIL FROM:<a@sender.test> FOO=1\r\n", b"555 5.5.4"),
    ("REQ 19: an unknown parameter of RCPT", MAIL, b"RCPT TO:<" + BOB + b"> FOO=1\r\n", b"555 5.5.4"),
    ("REQ 19: a path without brackets", GREETED, b"MAIL FROM:a@sender.test\r\n", b"501 5.1.7"),
    ("REQ 19: RSET before EHLO", (), b"RSET\r\n", b"250 2.0.0"),
    ("REQ 19: commands in lower case", GREETED, b"mail from:<a@sender.test>\r\n", b"250 2.1.0"),
    ("REQ 19: an unknown command", GREETED, b"XYZZY\r\n", b"500 5.5.1"),
    ("REQ 9: the null sender", GREETED, b"MAIL FROM:<>\r\n", b"250 2.1.0"),
    ("REQ 9: the null sender may write to a mailbox", (*GREETED, b"MAIL FROM:<>\r\n"), b"RCPT TO:<" + BOB + b">\r\n", b"250 2.1.5"),
    ("REQ 18: a null recipient is none", MAIL, b"RCPT TO:<>\r\n", b"501 5.1.3"),
    ("REQ 18: <postmaster> without a domain", MAIL, b"RCPT TO:<postmaster>\r\n", b"250 2.1.5"),
    ("REQ 18: <PostMaster> in any case", MAIL, b"RCPT TO:<PostMaster>\r\n", b"250 2.1.5"),
    ("REQ 18: postmaster@ a domain of ours", MAIL, b"RCPT TO:<postmaster@example.test>\r\n", b"250 2.1.5"),
    ("REQ 18: abuse@ a domain of ours", MAIL, b"RCPT TO:<abuse@example.test>\r\n", b"250 2.1.5"),
    ("REQ 18: postmaster@ the server's own name", MAIL, b"RCPT TO:<postmaster@<HOST>>\r\n", b"250 2.1.5"),
    ("REQ 18: postmaster@ elsewhere is relaying", MAIL, b"RCPT TO:<postmaster@elsewhere.test>\r\n", b"550 5.7.1"),
    ("REQ 18: a source route is stripped", MAIL, b"RCPT TO:<@relay.test,@other.test:" + BOB + b">\r\n", b"250 2.1.5"),
    ("REQ 18: relaying by a source route through us", MAIL, b"RCPT TO:<@example.test:a@elsewhere.test>\r\n", b"550 5.7.1"),
    ("REQ 18: a quoted local part", MAIL, b'RCPT TO:<"bob"@example.test>\r\n', b"250 2.1.5"),
    ("REQ 18: a quoted local part with an @ in it", MAIL, b'RCPT TO:<"bob@elsewhere.test"@example.test>\r\n', b"550 5.1.1"),
    ("REQ 18: percent hack", MAIL, b"RCPT TO:<a%elsewhere.test@example.test>\r\n", b"550 5.1.1"),
    ("REQ 18: bang path", MAIL, b"RCPT TO:<elsewhere.test!a@example.test>\r\n", b"550 5.1.1"),
    ("REQ 18: local parts are compared without case", MAIL, b"RCPT TO:<BoB@Example.TEST>\r\n", b"250 2.1.5"),
    ("REQ 18: +detail", MAIL, b"RCPT TO:<bob+news@example.test>\r\n", b"250 2.1.5"),
    ("REQ 18: a local part of 64 octets", GREETED, b"MAIL FROM:<" + LOCAL_64 + b"@sender.test>\r\n", b"250 2.1.0"),
    ("REQ 18: one of 65", GREETED, b"MAIL FROM:<" + LOCAL_65 + b"@sender.test>\r\n", b"501 5.1.7"),
    ("REQ 18: a path of more than 256 octets", GREETED, b"MAIL FROM:<" + LOCAL_64 + b"@" + LONG_DOMAIN + b">\r\n", b"501 5.1.7"),
    ("REQ 18: an address literal as sender", GREETED, b"MAIL FROM:<a@[192.0.2.1]>\r\n", b"250 2.1.0"),
    ("REQ 18: an IPv6 literal as sender", GREETED, b"MAIL FROM:<a@[IPv6:2001:db8::1]>\r\n", b"250 2.1.0"),
    ("REQ 18: a literal that is none", GREETED, b"MAIL FROM:<a@[192.0.2.999]>\r\n", b"501 5.1.7"),
    ("REQ 18: two dots in a row", MAIL, b"RCPT TO:<b..ob@example.test>\r\n", b"501 5.1.3"),
    ("RFC 6531: UTF-8 without SMTPUTF8", MAIL, b"RCPT TO:<b\xc3\xb6b@example.test>\r\n", b"553 5.6.7"),
    ("RFC 6531: a UTF-8 sender without SMTPUTF8", GREETED, b"MAIL FROM:<b\xc3\xb6b@sender.test>\r\n", b"553 5.6.7"),
    ("RFC 6531: with it, an unknown user", UTF8, b"RCPT TO:<b\xc3\xb6b@example.test>\r\n", b"550 5.1.1"),
    ("RFC 6531: bytes that are no UTF-8", UTF8, b"RCPT TO:<b\xffb@example.test>\r\n", b"501 5.1.3"),
    ("RFC 6531: VRFY of a UTF-8 address", GREETED, b"VRFY b\xc3\xb6b@example.test\r\n", b"553 5.6.7"),
    ("RFC 6531: VRFY with SMTPUTF8", GREETED, b"VRFY b\xc3\xb6b@example.test SMTPUTF8\r\n", b"252 2.5.0"),
    ("REQ 7: SIZE above the limit", GREETED, b"MAIL FROM:<a@sender.test> SIZE=99999999999\r\n", b"552 5.3.4"),
    ("REQ 7: SIZE=0 is unknown", GREETED, b"MAIL FROM:<a@sender.test> SIZE=0\r\n", b"250 2.1.0"),
    ("REQ 7: SIZE of 21 digits", GREETED, b"MAIL FROM:<a@sender.test> SIZE=100000000000000000000\r\n", b"501 5.5.4"),
    ("REQ 7: SIZE twice", GREETED, b"MAIL FROM:<a@sender.test> SIZE=1 SIZE=2\r\n", b"501 5.5.4"),
    ("RFC 6152: BODY=8BITMIME", GREETED, b"MAIL FROM:<a@sender.test> BODY=8BITMIME\r\n", b"250 2.1.0"),
    ("RFC 6152: a BODY that was not offered", GREETED, b"MAIL FROM:<a@sender.test> BODY=BINARYMIME\r\n", b"501 5.5.4"),
    ("REQ 7: BDAT without a recipient is read, then refused", GREETED, b"BDAT 10 LAST\r\nQUIT\r\nQUIT", b"503 5.5.1"),
    ("REQ 6: a command line of 2,000 octets", GREETED, b"NOOP " + b"x" * 1990 + b"\r\n", b"250 2.0.0"),
    ("REQ 6: one of 3,000 is refused whole", GREETED, b"NOOP " + b"x" * 3000 + b"\r\n", b"500 5.5.2"),
    ("a NUL in a command", GREETED, b"NOOP \0\r\n", b"500 5.5.2"),
    ("a bare CR in a command is no line end", GREETED, b"NOOP\rQUIT\r\n", b"500 5.5.2"),
    ("AUTH is not for the world", GREETED, b"AUTH PLAIN AGEAYg==\r\n", b"500 5.5.1"),
    ("STARTTLS with an argument", GREETED, b"STARTTLS now\r\n", b"501 5.5.4"),
]


def one_reply(t, env, bob):
    for name, before, line, want in ONE_REPLY:
        with Smtp(env) as smtp:
            for step in before:
                smtp.ask(step.replace(BOB, bob))
            got = smtp.ask(line.replace(BOB, bob).replace(b"<HOST>", env["hostname"].encode()))
            t.check(got.startswith(want + b" "), name, got)


# --- sync points ------------------------------------------------------------------------------------------------------

def sync_points(t, env, bob):
    """REQ 3: nothing may be sent behind these commands before their answer."""
    rcpt = b"EHLO c.test\r\nMAIL FROM:<a@sender.test>\r\nRCPT TO:<" + bob + b">\r\n"
    cases = [("EHLO", b"", b"EHLO c.test\r\nMAIL FROM:<a@sender.test>\r\n"), ("HELO", b"", b"HELO c.test\r\nNOOP\r\n"),
             ("DATA", rcpt, b"DATA\r\nSubject: x\r\n\r\nx\r\n.\r\n"),
             ("BDAT LAST", rcpt, b"BDAT 4 LAST\r\na\r\n\r\nNOOP\r\n"),
             ("STARTTLS", b"EHLO c.test\r\n", b"STARTTLS\r\nEHLO evil.test\r\n")]
    for name, before, burst in cases:
        with Smtp(env) as smtp:
            for line in before.splitlines(True):
                smtp.ask(line)
            got = smtp.ask(burst)
            t.check(got.startswith(b"554 5.5.0 ") and smtp.reply() == b"", f"REQ 3: bytes behind {name} are 554 and the end", got)
    with Smtp(env, greet=False) as smtp:
        smtp.send(b"EHLO c.test\r\n" * 50)
        got = smtp.reply()
        t.check(got[:4] in (b"554 ", b"220 "), "REQ 3: who speaks first is not served", got)
        if got.startswith(b"220"):  # the machine was quicker: then 50 EHLO at once are the offence
            got = smtp.reply()
        t.check(got.startswith(b"554 5.5.0 ") and smtp.reply() == b"", "REQ 3: nor pipelined EHLO", got)
    with Smtp(env) as smtp:  # RFC 2920: these may travel together
        smtp.ask(b"EHLO c.test\r\n")
        smtp.send(b"MAIL FROM:<a@sender.test>\r\nRCPT TO:<" + bob + b">\r\nRCPT TO:<no-one@example.test>\r\nRSET\r\nNOOP\r\n")
        codes = [smtp.reply()[:3] for _ in range(5)]
        t.check(codes == [b"250", b"250", b"550", b"250", b"250"], "RFC 2920: pipelined commands are answered in order", codes)


def foreign(t, env, bob):
    """REQ 5: other protocols' first lines; ALPN of another protocol."""
    for line in (b"GET / HTTP/1.1", b"POST / HTTP/1.1", b"CONNECT example.test:25 HTTP/1.1", b"HEAD / HTTP/1.0",
                 b"PUT / HTTP/1.1", b"OPTIONS * HTTP/1.1", b"PRI * HTTP/2.0", b"DELETE / HTTP/1.1"):
        with Smtp(env) as smtp:
            got = smtp.ask(line + b"\r\nHost: x\r\n\r\nEHLO c.test\r\nMAIL FROM:<a@sender.test>\r\n")
            t.check(got.startswith(b"554 5.5.1 ") and smtp.reply() == b"", f"REQ 5: {line.split()[0].decode()} is the end", got)
    for offer, good in ((["h2", "http/1.1"], False), (["imap"], False), (["smtp"], True)):
        context = server.tls_context(env)
        context.set_alpn_protocols(offer)
        try:
            with socket.create_connection((env["host"], env["ports"]["submissions"]), TIMEOUT_S) as raw, \
                    context.wrap_socket(raw, server_hostname=env["hostname"]) as tls:
                seen = tls.recv(10).startswith(b"220 ")
        except (ssl.SSLError, ConnectionResetError):
            seen = False
        t.check(seen == good, f"REQ 5: ALPN {'/'.join(offer)} {'is served' if good else 'is refused'}", seen)


# --- messages ---------------------------------------------------------------------------------------------------------

def messages(t, env, bob, mailbox):
    def stored(name, text, want, how=None):
        m = mark()
        with Smtp(env) as smtp:
            smtp.begin(bob)
            got = (how or Smtp.data)(smtp, text.replace(b"MARK", m))
        t.check(got.startswith(b"250 2.0.0 "), name + ": accepted", got)
        message = newest(env, mailbox, m)
        wanted = want.replace(b"MARK", m)
        t.check(message.endswith(wanted), name + ": stored as it was", message[-300:])
        return message

    stored("REQ 2: dots", b"X: MARK\r\n\r\n..one\r\n...two\r\n..\r\n.\r\n", b"X: MARK\r\n\r\n.one\r\n..two\r\n.\r\n")
    stored("REQ 1: NUL and 8-bit bytes without 8BITMIME", b"X: MARK\r\n\r\n\xff\xfe caf\xe9\r\n.\r\n",
           b"X: MARK\r\n\r\n\xff\xfe caf\xe9\r\n")
    stored("REQ 6: a line of 2,048 octets", b"X: MARK\r\n\r\n" + b"y" * 2048 + b"\r\n.\r\n",
           b"X: MARK\r\n\r\n" + b"y" * 2048 + b"\r\n")
    stored("REQ 6: a line of 1 MiB", b"X: MARK\r\n\r\n" + b"y" * (1 << 20) + b"\r\n.\r\n",
           b"X: MARK\r\n\r\n" + b"y" * (1 << 20) + b"\r\n")
    stored("RFC 3030: chunks, cut anywhere", b"X: MARK\r\n\r\n.\r\n.dot\r\n", b"X: MARK\r\n\r\n.\r\n.dot\r\n", bdat_bytes)
    stored("RFC 3030: pipelined chunks and an empty last one", b"X: MARK\r\n\r\n.\r\nend\r\n", b"X: MARK\r\n\r\n.\r\nend\r\n",
           bdat_burst)
    message = stored("REQ 11: forged fields", b"Return-Path: <forged@x.test>\r\nAuthentication-Results: " +
                     env["hostname"].encode() + b"; spf=pass forged\r\nX: MARK\r\n\r\nb\r\n.\r\n", b"X: MARK\r\n\r\nb\r\n")
    head = message.split(b"\r\n\r\n")[0]
    t.check(len(re.findall(rb"(?mi)^return-path:", head)) == 1 and b"forged" not in head, "REQ 11: one Return-Path, ours", head)
    t.check(len(re.findall(rb"(?m)^Received: ", head)) == 1, "REQ 11: one Received of ours", head)

    m = mark()
    with Smtp(env) as smtp:
        smtp.begin(bob)
        got = smtp.data(b"".join(b"X-%d: %s\r\n" % (i, b"v" * 990) for i in range(10_000)) + b"\r\n" + m + b"\r\n.\r\n")
        t.check(got.startswith(b"250 2.0.0 "), "REQ 38: a header of 10 MB", got)
    with Smtp(env) as smtp:
        smtp.begin(bob)
        smtp.ask(b"RCPT TO:<" + env["mailboxes"][0]["address"].encode() + b">\r\n")
        got = smtp.data(b"X: " + m + b"\r\n\r\nx\r\n.\r\n")
        t.check(re.match(rb"250 2\.0\.0 .*[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]{21}", got), "REQ 16, 17: one reply for two, with an id", got)
    with Smtp(env) as smtp:
        smtp.begin(bob)
        got = smtp.data(b"Received: from a by b; x\r\n" * 51 + b"\r\nx\r\n.\r\n")
        t.check(got.startswith(b"554 5.4.6 "), "REQ 10: 51 Received fields are a loop", got)
    for name, end in (("LF", b"x\ny\r\n"), ("CR", b"x\ry\r\n"), ("CR at the end", b"x\r\r\n")):
        with Smtp(env) as smtp:
            smtp.begin(bob)
            got = smtp.data(b"X: 1\r\n\r\n" + end + b".\r\n")
            t.check(got.startswith(b"550 5.5.2 "), f"REQ 1: a bare {name} in DATA", got)
            got = smtp.ask(b"MAIL FROM:<a@sender.test>\r\n")
            t.check(got.startswith(b"250 "), f"REQ 1: and the session goes on after a bare {name}", got)


def bdat_bytes(smtp, text):
    for i in range(0, len(text) - 1):
        smtp.ask(b"BDAT 1\r\n" + text[i:i + 1])
    return smtp.ask(b"BDAT 1 LAST\r\n" + text[-1:])


def bdat_burst(smtp, text):
    half = len(text) // 2
    smtp.send(b"BDAT %d\r\n%sBDAT %d\r\n%s" % (half, text[:half], len(text) - half, text[half:]) + b"BDAT 0 LAST\r\n")
    replies = [smtp.reply() for _ in range(3)]
    return replies[2] if all(r.startswith(b"250 ") for r in replies) else b"".join(replies)


def chunks(t, env, bob):
    """RFC 3030: what is refused is read all the same."""
    with Smtp(env) as smtp:
        smtp.begin(bob)
        smtp.ask(b"BDAT 10\r\n" + b"X: 12345\r\n")
        for line, name in ((b"DATA\r\n", "DATA"), (b"MAIL FROM:<b@sender.test>\r\n", "MAIL"), (b"RCPT TO:<" + bob + b">\r\n", "RCPT")):
            got = smtp.ask(line)
            t.check(got.startswith(b"503 5.5.1 "), f"RFC 3030: {name} between chunks", got)
        t.check(smtp.ask(b"RSET\r\n").startswith(b"250 "), "RFC 3030: RSET between chunks")
        got = smtp.ask(b"BDAT 6 LAST\r\nQUIT\r\n")
        t.check(got.startswith(b"503 5.5.1 "), "RFC 3030: a chunk behind RSET is read, and refused", got)
        smtp.ask(b"MAIL FROM:<a@sender.test>\r\n")
        smtp.ask(b"RCPT TO:<" + bob + b">\r\n")
        got = smtp.ask(b"BDAT 0 LAST\r\n")
        t.check(got.startswith(b"250 2.0.0 "), "RFC 3030: BDAT 0 LAST is an empty message", got)
        got = smtp.ask(b"BDAT\r\n")
        t.check(got.startswith(b"501 5.5.4 ") and smtp.reply() == b"", "RFC 3030: without a length nothing can be told apart", got)


# --- what is announced ------------------------------------------------------------------------------------------------

def announced(t, env, bob):
    with Smtp(env) as smtp:
        t.check(smtp.greeting.startswith(b"220 " + env["hostname"].encode() + b" ESMTP"), "the greeting names the server", smtp.greeting)
        words = {line[4:].strip() for line in smtp.ask(b"EHLO client.test\r\n").splitlines()[1:]}
        for word in (b"PIPELINING", b"8BITMIME", b"SMTPUTF8", b"CHUNKING", b"ENHANCEDSTATUSCODES", b"STARTTLS"):
            t.check(word in words, f"EHLO offers {word.decode()}", words)
        t.check(any(w.startswith(b"SIZE ") and int(w[5:]) > 1_000_000 for w in words), "RFC 1870: SIZE with its number", words)
        t.check(any(re.match(rb"LIMITS .*RCPTMAX=\d+", w) for w in words), "RFC 9422: LIMITS RCPTMAX", words)
        t.check(not any(w.startswith(b"AUTH") for w in words), "no AUTH on port 25", words)
        got = smtp.ask(b"HELO client.test\r\n")
        t.check(got == b"250 " + env["hostname"].encode() + b"\r\n", "HELO gets one line", got)
    with Smtp(env) as smtp:
        smtp.start_tls()
        got = smtp.ask(b"MAIL FROM:<a@sender.test>\r\n")
        t.check(got.startswith(b"503 5.5.1"), "REQ 4: STARTTLS forgets EHLO", got)
        got = smtp.ask(b"EHLO client.test\r\n")
        t.check(b"STARTTLS" not in got and smtp.ask(b"STARTTLS\r\n").startswith(b"503 5.5.1"), "RFC 3207: no TLS inside of TLS", got)
    with Smtp(env) as smtp:  # RFC 2034: 2yz, 4yz and 5yz, but the greeting and EHLO's
        smtp.ask(b"EHLO client.test\r\n")
        replies = [smtp.ask(line.replace(BOB, bob)) for line in (
            b"NOOP\r\n", b"RSET\r\n", b"VRFY x\r\n", b"EXPN x\r\n", b"HELP\r\n", b"FOO\r\n", b"MAIL FROM:<a@sender.test>\r\n",
            b"MAIL FROM:<a@sender.test>\r\n", b"RCPT TO:<" + BOB + b">\r\n", b"RCPT TO:<x@elsewhere.test>\r\n",
            b"RCPT TO:<no-one@example.test>\r\n", b"RCPT TO:x\r\n", b"STARTTLS\r\n", b"DATA now\r\n", b"QUIT\r\n")]
        bad = [r for r in replies if not re.fullmatch(rb"([245])\d\d \1\.\d{1,3}\.\d{1,3} [ -~]+\r\n", r)]
        t.check(not bad, "RFC 2034: every reply has an enhanced code of its class", bad)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", required=True, type=pathlib.Path)
    env = json.loads(parser.parse_args().json.read_text())
    mailbox = env["mailboxes"][1]
    bob = mailbox["address"].encode()
    t = server.Checks()
    for function in (announced, one_reply, sync_points, foreign, chunks):
        t.group(function, env, bob)
    t.group(messages, env, bob, mailbox)
    return t.done()


if __name__ == "__main__":
    sys.exit(main())
