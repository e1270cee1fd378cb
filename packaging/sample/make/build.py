#!/usr/bin/python3
"""Make the sample mail of the quickstart: packaging/sample/*.mbox.

The mbox files are kept in the tree; the quickstart only imports them. This is run by hand when the
sample should change, as root (Postfix wants it), on a machine with the Debian packages
    faketime fonts-dejavu-core gnupg mutt nodejs postfix python3-docx python3-pil
    python3-reportlab s-nail swaks
and nodemailer, which tests/package.json brings (npm ci in tests/).

usage: build.py [--port-base N]
1. assets.py draws the attachments; letters.js, letters.py and letters.sh compose the messages.
2. post.py starts a Postfix; each message travels at its own date from its author's host to ours, which
   gives it a true Received trail. Two letters of Alice fail there and come back as DSNs.
3. The messages are sorted by date into mboxrd files with Status and X-Status headers.

All names lie below .test and .example, all addresses in the ranges kept for documentation.
"""

import argparse
import email
import email.utils
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

import assets
import letters
import post

HERE = pathlib.Path(__file__).resolve().parent
TESTS = HERE.parents[2] / "tests"
BOXES = ("alice-inbox", "alice-sent", "alice-archive", "bob-inbox")
OURS = "mail.example.test"


class Letter:
    """One raw message and what its X-Sample header says of it."""

    def __init__(self, raw):
        match = re.search(rb"^X-Sample: (.*(?:\n[ \t].*)*)\n", raw, re.M)
        route = re.sub(r"\s+", " ", match[1].decode())
        fields = dict(item.split("=", 1) for item in route.split(", "))
        self.raw = raw[: match.start()] + raw[match.end():]
        self.box = fields["box"]
        self.state = [word for word in fields["state"].split("+") if word]
        self.via = fields["via"]
        head = email.message_from_bytes(self.raw)
        self.at = email.utils.parsedate_to_datetime(head["Date"]).timestamp()
        self.sender = fields.get("sender", email.utils.parseaddr(head["From"])[1])

    @property
    def owner(self):
        return self.box.partition("-")[0] + "@example.test"

    def key(self):
        return self.at, self.box


def host_of(via):
    return OURS if via == "submission" else f"mail.{via}.example"


def address_of(via):
    """A documentation address that is always the same for a host."""
    number = sum(via.encode()) * 7
    return f"{('192.0.2', '198.51.100', '203.0.113')[number % 3]}.{number % 253 + 1}"


def compose(work):
    raw = work / "raw"
    raw.mkdir()
    assets.make(work / "assets")
    node = dict(os.environ, NODE_PATH=os.environ.get("NODE_PATH", str(TESTS / "node_modules")))
    subprocess.run(["node", HERE / "letters.js", work / "assets", raw], env=node, check=True)
    letters.write(work / "assets", raw)
    subprocess.run([HERE / "letters.sh", work / "assets", raw], check=True)
    found = [Letter(path.read_bytes()) for path in sorted(raw.glob("*.eml"))]
    return sorted(found, key=Letter.key)


def without_delivery_headers(raw):
    return re.sub(rb"\A(?:(?:Return-Path|X-Original-To|Delivered-To):.*\n)+", b"", raw)


def carry(office, letter):
    """Send one letter on its way; return it as it lies in the mailbox."""
    office.set_time(letter.at + 2)
    if letter.via == "submission":
        office.send(OURS, ("studio.example.test", "203.0.113.20"), letter.sender, letter.owner, letter.raw,
                    login=letter.sender)
        return office.collect()
    client = ("desk." + letter.via + ".example", f"10.0.{sum(letter.via.encode()) % 200}.14")
    office.send(host_of(letter.via), client, letter.sender, letter.owner, letter.raw, login=letter.sender)
    first = without_delivery_headers(office.collect())
    office.set_time(letter.at + 4)
    office.send(OURS, (host_of(letter.via), address_of(letter.via)), letter.sender, letter.owner, first)
    return office.collect()


def failing(recipient, subject, text, at):
    """A letter of Alice that will come back: (Sent copy, recipient)."""
    date = email.utils.formatdate(at)
    return Letter((f"X-Sample: box=alice-sent, state=read, via=example\nDate: {date}\n"
                   f"From: Alice Winter <alice@example.test>\nTo: <{recipient}>\nSubject: {subject}\n"
                   f"Message-ID: <{int(at)}.{recipient.replace('@', '.')}@example.test>\nMIME-Version: 1.0\n"
                   f"Content-Type: text/plain; charset=utf-8\n\n{text}").encode())


def reports(office, letter, recipient, hours):
    """Hand a letter to Postfix, wait `hours` of its time and return the DSN it sends to Alice."""
    office.set_time(letter.at + 2)
    office.send(OURS, ("studio.example.test", "203.0.113.20"), letter.sender, recipient, letter.raw, login=letter.sender)
    if hours:
        time.sleep(1)
        office.set_time(letter.at + hours * 3600)
        office.run_queue()
    report = office.collect()
    # Loopback stands in for the other side's host; a reader should meet its name.
    report = report.replace(b"127.0.0.1[127.0.0.1]:21191", b"mx.lindenpress.example[198.51.100.77]:25")
    report = re.sub(rb"127\.0\.0\.1\[127\.0\.0\.1\](:\d+)?", b"mx.harbourcoffee.example[198.51.100.34]", report)
    return report.replace(b"dns; 127.0.0.1", b"dns; mx.harbourcoffee.example")


def incidents():
    """(letter, recipient, hours until the report, state of the report)"""
    noon = 1795348800  # 22 November 2026, 12:00 UTC
    return [
        (failing("pria@harbourcoffee.example", "Winter menu: first proof",
                 "Dear Priya,\n\nthe first proof is ready, see the next mail.\n\nAlice\n", noon - 9 * 86400 - 7000),
         "pria@harbourcoffee.example", 0, ["read"]),
        (failing("orders@lindenpress.example", "Lead type: 24 pt Caslon, still available?",
                 "Good morning,\n\nis the 24 point Caslon from your autumn list still there?\n\nAlice Winter\n", noon - 86400 - 12000),
         "orders@lindenpress.example", 5, []),
    ]


def deliver(found, port_base, work):
    """Let every letter travel in the order of time; return (letter, bytes) pairs."""
    lost = {id(letter): (recipient, hours, state) for letter, recipient, hours, state in incidents_of(found)}
    hosts = [OURS] + sorted({host_of(letter.via) for letter in found if letter.box != "alice-sent"} - {OURS})
    office = post.Post(work / "postfix", hosts, port_base, found[0].at - 60)
    done = []
    try:
        for letter in found:
            if letter.box == "alice-sent":
                done.append((letter, letter.raw))
            else:
                done.append((letter, carry(office, letter)))
            if id(letter) in lost:
                recipient, hours, state = lost[id(letter)]
                report = reports(office, letter, recipient, hours)
                tagged = f"X-Sample: box=alice-inbox, state={'+'.join(state)}, via=mail\n".encode() + report
                done.append((Letter(tagged), report))
    finally:
        office.stop()
    return done


def incidents_of(found):
    """Add the letters that fail to the others, in their place in time."""
    extra = incidents()
    found.extend(letter for letter, *_ in extra)
    found.sort(key=Letter.key)
    return extra


def write_box(path, items):
    """mboxrd: lines that begin with any number of > and then 'From ' get one more >."""
    with open(path, "wb") as out:
        for letter, raw in sorted(items, key=lambda item: item[0].key()):
            stamp = time.strftime("%a %b %e %H:%M:%S %Y", time.gmtime(letter.at))
            status = b"Status: RO\n" if "read" in letter.state else b"Status: O\n"
            marks = ("A" if "answered" in letter.state else "") + ("F" if "flagged" in letter.state else "")
            head, _, body = raw.partition(b"\n\n")
            head += b"\n" + status + (f"X-Status: {marks}\n".encode() if marks else b"")
            body = re.sub(rb"^(>*From )", rb">\1", body, flags=re.M)
            out.write(f"From {letter.sender or 'MAILER-DAEMON'} {stamp}\n".encode())
            out.write(head + b"\n" + body.rstrip(b"\n") + b"\n\n")


def main():
    parser = argparse.ArgumentParser(description="Make packaging/sample/*.mbox.")
    parser.add_argument("--port-base", type=int, default=21100)
    options = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="sample-"))
    work.chmod(0o755)
    try:
        items = deliver(compose(work), options.port_base, work)
    finally:
        shutil.rmtree(work)
    for box in BOXES:
        chosen = [item for item in items if item[0].box == box]
        path = HERE.parent / f"{box}.mbox"
        write_box(path, chosen)
        print(f"{path.name}: {len(chosen)} messages, {path.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
