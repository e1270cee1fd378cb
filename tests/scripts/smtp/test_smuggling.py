#!/usr/bin/env python3
"""SMTP smuggling: what is sent as one message is one message, or none; never two.

Every pair of line ends before and behind the dot: 36 sequences, over DATA in one segment, byte by
byte around the dot, with MAIL, RCPT and DATA pipelined, and over BDAT in one chunk and in three. The
smuggled part is a whole second transaction. Each gets one clear reply; afterwards the mailbox is
counted and searched for it. (REQ 1, 3)

    test_smuggling.py --json quickstart.json
"""
import argparse
import json
import poplib
import secrets
import socket
import ssl

ENDS = {"CRLF": b"\r\n", "LF": b"\n", "CR": b"\r", "CRNULLF": b"\r\0\n", "CRCRLF": b"\r\r\n",
        "LFCR": b"\n\r"}


class Smtp:
    """Just enough of a client: raw bytes out, replies in."""

    def __init__(self, host, port):
        self.sock = socket.create_connection((host, port), 10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file = self.sock.makefile("rb")
        self.reply()

    def reply(self):
        while True:
            line = self.file.readline()
            if not line or line[3:4] != b"-":
                self.text = line.decode(errors="replace").strip()
                return line[:3].decode()

    def command(self, line):
        self.sock.sendall(line)
        return self.reply()

    def begin(self, sender, rcpt):
        self.command(b"EHLO client.test\r\n")
        self.command(b"MAIL FROM:<%s>\r\n" % sender)
        return self.command(b"RCPT TO:<%s>\r\n" % rcpt)

    def close(self):
        self.file.close()
        self.sock.close()


class Mailbox:
    """The receiver's INBOX, counted over POP3."""

    def __init__(self, env):
        self.env = env
        self.user = env["mailboxes"][1]

    def session(self):
        context = ssl.create_default_context(cafile=self.env["ca"])
        context.check_hostname = False
        pop = poplib.POP3_SSL(self.env["host"], self.env["ports"]["pop3s"], context=context)
        pop.user(self.user["address"])
        pop.pass_(self.user["password"])
        return pop

    def count(self):
        pop = self.session()
        number = pop.stat()[0]
        pop.quit()
        return number

    def newest(self, n):
        pop = self.session()
        last = pop.stat()[0]
        texts = [b"\n".join(pop.retr(i)[1]) for i in range(last - n + 1, last + 1)]
        pop.quit()
        return texts


def smuggled(rcpt, mark):
    return (b"MAIL FROM:<e@vil.test>\r\nRCPT TO:<%s>\r\nDATA\r\nSubject: second %s\r\n\r\nx\r\n.\r\n"
            % (rcpt, mark))


def send(env, how, before, behind, rcpt, mark):
    """The one reply to it."""
    smtp = Smtp(env["host"], env["ports"]["smtp"])
    if how == "pipelined":
        smtp.command(b"EHLO client.test\r\n")
        smtp.sock.sendall(b"MAIL FROM:<a@sender.test>\r\nRCPT TO:<%s>\r\nDATA\r\n" % rcpt)
        smtp.reply(), smtp.reply()
    else:
        smtp.begin(b"a@sender.test", rcpt)
    body = b"Subject: first " + mark + b"\r\n\r\nx" + before
    dot = b"." + behind
    rest = smuggled(rcpt, mark)
    if how == "BDAT":
        whole = body + dot + rest
        smtp.command(b"BDAT %d LAST\r\n" % len(whole) + whole)
    elif how == "chunks":
        smtp.command(b"BDAT %d\r\n" % len(body) + body)
        smtp.command(b"BDAT %d\r\n" % len(dot) + dot)
        smtp.command(b"BDAT %d LAST\r\n" % len(rest) + rest)
    else:
        smtp.reply() if how == "pipelined" else smtp.command(b"DATA\r\n")
        if how == "bytewise":
            smtp.sock.sendall(body)
            for i in range(len(dot)):
                smtp.sock.sendall(dot[i:i + 1])
            smtp.sock.sendall(rest)
        else:
            smtp.sock.sendall(body + dot + rest)
        smtp.reply()
    text = smtp.text
    smtp.close()
    return text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", required=True)
    with open(parser.parse_args().json, encoding="utf-8") as file:
        env = json.load(file)
    mailbox = Mailbox(env)
    rcpt = mailbox.user["address"].encode()
    cases = [(how, b, a) for how in ("DATA", "bytewise", "pipelined", "BDAT", "chunks") for b in ENDS for a in ENDS]
    failed = 0
    print(f"1..{len(cases)}")
    for number, (how, before, behind) in enumerate(cases, 1):
        ends = ENDS[before].endswith(b"\r\n") and ENDS[behind].startswith(b"\r\n")
        if ends and how not in ("BDAT", "chunks"):
            print(f"ok {number} {how} {before} . {behind} # SKIP that is the end of data")
            continue
        mark = secrets.token_hex(8).encode()
        had = mailbox.count()
        reply = send(env, how, ENDS[before], ENDS[behind], rcpt, mark)
        accepted = reply.startswith("250 2.0.0 ")
        came = mailbox.count() - had
        texts = mailbox.newest(came)
        second = any(b"e@vil.test" in t.split(b"\n\n")[0] or b"Subject: second" in t.split(b"\n\n")[0]
                     for t in texts)
        good = came == int(accepted) and not second and (accepted or reply.startswith("550 5.5.2 "))
        failed += not good
        print(f"{'ok' if good else 'not ok'} {number} {how} {before} . {behind}: "
              f"{reply}, came {came}")
    return failed > 0


if __name__ == "__main__":
    raise SystemExit(main())
