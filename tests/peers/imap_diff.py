#!/usr/bin/python3
"""Compares what two IMAP servers say about the same odd messages.

Appends messages to a new folder on both servers, fetches ENVELOPE, BODYSTRUCTURE, RFC822.SIZE and every
section, and prints where the answers differ. The peer is Dovecot (postfix_dovecot.py); differences that are
choices of ours are listed in KNOWN with their reason.

usage: imap_diff.py --json OURS/quickstart.json --peer PEER/quickstart.json [--mbox FILE…]
"""

import argparse
import imaplib
import itertools
import json
import mailbox
import re
import secrets
import ssl
import sys

H = b"From: a@example.test\r\nDate: Mon, 7 Feb 1994 21:52:25 -0800\r\nSubject: x\r\n"
MP = H + b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"

ODD = {
    "plain": H + b"\r\nbody\r\n",
    "empty body": H + b"\r\n",
    "no end of header": b"Subject: x\r\n",
    "only body": b"\r\nbody\r\n",
    "no line end": H + b"\r\nbody",
    "multipart": MP + b"--b\r\n\r\none\r\n--b\r\nContent-Type: text/html\r\n\r\ntwo\r\n--b--\r\nepilogue\r\n",
    "preamble": MP + b"pre\r\n--b\r\n\r\none\r\n--b--\r\n",
    "no close": MP + b"--b\r\n\r\none\r\n",
    "boundary at once": MP + b"--b\r\n--b\r\n\r\nx\r\n--b--\r\n",
    "empty parts": MP + b"--b\r\n\r\n--b\r\n\r\n--b--\r\n",
    "nested": MP + b"--b\r\nContent-Type: multipart/alternative; boundary=\"c d\"\r\n\r\n--c d\r\n\r\n1\r\n--c d\r\n"
              b"Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n2\r\n"
              b"--c d--\r\n--b\r\nContent-Type: image/png; name=\"a b.png\"\r\nContent-ID: <x@y>\r\n"
              b"Content-Disposition: inline; filename=\"a b.png\"; size=3\r\nContent-Description: a picture\r\n"
              b"Content-Language: de, en\r\nContent-Location: http://x/\r\nContent-MD5: abc\r\n"
              b"Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b--\r\n",
    "rfc822": MP + b"--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: i@j\r\nSubject: in\r\n\r\nbody\r\n--b--\r\n",
    "rfc822 in rfc822": H + b"Content-Type: message/rfc822\r\n\r\nSubject: 2\r\nContent-Type: message/rfc822\r\n\r\n"
                        b"Subject: 3\r\n\r\nx\r\n",
    "rfc822 multipart": MP + b"--b\r\nContent-Type: message/rfc822\r\n\r\nContent-Type: multipart/mixed; boundary=d\r\n\r\n"
                        b"--d\r\n\r\n1\r\n--d\r\n\r\n2\r\n--d--\r\n\r\n--b--\r\n",
    "digest": H + b"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: d\r\n\r\nx\r\n--b--\r\n",
    "addresses": b"From: \"A \\\"q\\\" B\" <a@b>, c@d (comment)\r\nSender: s@t\r\nReply-To: <r@u>\r\nTo: group: x@y, Z <z@z>;,"
                 b" undisclosed:;\r\nCc: =?utf-8?q?J=C3=BCrgen?= <j@k>\r\nBcc: \"only name\"\r\nIn-Reply-To: <1@2>\r\n"
                 b"Message-ID: <3@4>\r\nSubject: folded\r\n subject\r\nDate: x\r\n\r\nb\r\n",
    "route": b"From: <@a,@b:c@d>\r\nTo: a.b.\"c d\"@e (x (y) z)\r\n\r\nb\r\n",
    "params": H + b"Content-Type: text/plain; charset=\"us-ascii\"; format=flowed; x=\"a\\\"b\\\\c\"\r\n\r\nb\r\n",
    "rfc2231": H + b"Content-Type: application/pdf; name*0=ab; name*1=cd\r\nContent-Disposition: attachment;"
               b" filename*=utf-8''%C3%BC.pdf\r\n\r\nb\r\n",
    "bad type": H + b"Content-Type: nonsense\r\n\r\nb\r\n",
    "empty type": H + b"Content-Type:\r\n\r\nb\r\n",
    "type case": H + b"Content-Type: TEXT/Plain; CharSet=X\r\nContent-Transfer-Encoding: 8BIT\r\n\r\nb\r\n",
    "no boundary": H + b"Content-Type: multipart/mixed\r\n\r\nb\r\n",
    "long lines": H + b"\r\n" + b"x" * 5000 + b"\r\n",
    "folded type": H + b"Content-Type: multipart/mixed;\r\n\tboundary=\"b\"\r\n\r\n--b\r\n\r\n1\r\n--b--\r\n",
    "boundary prefix": MP + b"--b\r\n\r\n1\r\n--bb\r\n\r\n2\r\n--b--\r\n",
    "boundary spaces": MP + b"--b  \r\n\r\n1\r\n--b--  \r\n",
    "two types": H + b"Content-Type: text/html\r\nContent-Type: text/plain\r\n\r\nb\r\n",
}
SECTIONS = ["", "HEADER", "TEXT", "1", "1.MIME", "2", "2.MIME", "1.HEADER", "1.TEXT", "1.1", "1.2", "2.1", "1.1.1", "1.1.MIME",
            "2.HEADER", "2.TEXT", "HEADER.FIELDS (Subject From)", "HEADER.FIELDS.NOT (Subject)", "1.HEADER.FIELDS (Subject)",
            "TEXT]<1.3>[", "]<2.1000>[", "3"]

KNOWN = {
    ("only name", "ENVELOPE"),
}


def connect(path):
    with open(path, encoding="utf-8") as file:
        env = json.load(file)
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    conn = imaplib.IMAP4_SSL(env["host"], env["ports"]["imaps"], ssl_context=context)
    box = env["mailboxes"][0]
    conn.login(box["address"], box["password"])
    return conn


TOKEN = re.compile(rb'\s*(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|\{(\d+)\}|([^\s()"]+(?:\[[^\]]*\])?(?:<\d+>)?))', re.S)


def flatten(data):
    """imaplib's pieces back into one byte string with literals in place."""
    out = b""
    for piece in data:
        if isinstance(piece, tuple):
            out += piece[0] + b"\r\n" + piece[1]
        else:
            out += piece
    return out


def parse(raw):
    """Nested lists of bytes; literals and quoted strings alike."""
    stack, at = [[]], 0
    while at < len(raw):
        found = TOKEN.match(raw, at)
        if not found:
            break
        at = found.end()
        if found[1]:
            stack.append([])
        elif found[2]:
            done = stack.pop()
            stack[-1].append(done)
        elif found[3] is not None:
            stack[-1].append(re.sub(rb"\\(.)", rb"\1", found[3]))
        elif found[4]:
            size = int(found[4])
            stack[-1].append(raw[at + 2:at + 2 + size])
            at += 2 + size
        else:
            stack[-1].append(found[5])
    return stack[0]


def lower(tree):
    """Types and parameter names come in any case; so does everything, for this comparison."""
    return [lower(t) for t in tree] if isinstance(tree, list) else tree.lower()


def fetch(conn, number, item):
    status, data = conn.fetch(str(number), f"({item})")
    if status != "OK":
        return status
    tree = parse(flatten(data))
    return tree[1] if len(tree) > 1 else tree


def compare(ours, peer, names, out):
    wrong = 0
    for number, name in enumerate(names, 1):
        items = ["RFC822.SIZE", "ENVELOPE", "BODYSTRUCTURE", "BODY"]
        items += [f"BODY.PEEK[{s}]" if "[" not in s else f"BODY.PEEK[{s[:-1]}" for s in SECTIONS]
        for item in items:
            try:
                mine, theirs = fetch(ours, number, item), fetch(peer, number, item)
            except imaplib.IMAP4.error as error:
                mine, theirs = str(error), None
            if item in ("ENVELOPE", "BODYSTRUCTURE", "BODY"):
                mine, theirs = lower(mine), lower(theirs)
            else:  # the label's case is an echo; of a part that is not there Dovecot says "", we NIL
                mine, theirs = mine[-1:], theirs[-1:]
                mine = [b""] if mine == [b"NIL"] else mine
            if mine != theirs and (name, item) not in KNOWN:
                wrong += 1
                print(f"{name}: {item}\n  ours {mine}\n  peer {theirs}", file=out)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", required=True)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--mbox", nargs="*", default=[])
    args = parser.parse_args()
    messages = dict(ODD)
    for path in args.mbox:
        for number, message in enumerate(itertools.islice(mailbox.mbox(path), 60)):
            messages[f"{path}#{number}"] = re.sub(rb"\r?\n", b"\r\n", message.as_bytes())
    ours, peer = connect(args.json), connect(args.peer)
    folder = "diff" + secrets.token_hex(4)
    for conn in (ours, peer):
        conn.create(folder)
        for name, data in messages.items():
            status, text = conn.append(folder, None, None, data)
            if status != "OK":
                sys.exit(f"append of {name}: {text}")
        conn.select(folder, readonly=True)
    wrong = compare(ours, peer, list(messages), sys.stdout)
    for conn in (ours, peer):
        conn.unselect()
        conn.delete(folder)
        conn.logout()
    print(f"{len(messages)} messages, {wrong} differences")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
