#!/usr/bin/python3
"""Notifications as dsn_samples writes them, read with Python's email package and checked against RFC 3464, 3461,
6522 and 6533. REQUIREMENTS 9, 15, 53.  Usage: test_dsn.py DSN_SAMPLES"""
import email
import email.policy
import re
import subprocess
import sys

PER_MESSAGE = {"reporting-mta", "original-envelope-id", "arrival-date"}
PER_RCPT = {"original-recipient", "final-recipient", "action", "status", "remote-mta", "diagnostic-code",
            "last-attempt-date", "will-retry-until"}


def read_samples(program):
    data, samples = subprocess.run([program], stdout=subprocess.PIPE, check=True).stdout, {}
    while data:
        name, size = data[:data.index(b"\n")].decode().split()
        data = data[data.index(b"\n") + 1:]
        samples[name], data = data[:int(size)], data[int(size):]
    return samples


def fields(block):
    """One group of a delivery-status part: unfolded by hand, names once each."""
    text = re.sub(r"\r?\n[ \t]+", " ", block.strip())
    pairs = [line.split(":", 1) for line in text.splitlines()]
    found = {name.lower(): value.strip() for name, value in pairs}
    assert len(found) == len(pairs), "a field stands twice"
    return found


def check_wire(raw):
    assert raw.endswith(b"--\r\n"), "no end"
    assert not re.search(rb"[^\r]\n|\r[^\n]", raw), "bare CR or LF"
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998, "a line is too long"
    head = raw[:raw.index(b"\r\n\r\n")].lower()
    for name in (b"from", b"to", b"subject", b"date", b"message-id", b"auto-submitted", b"mime-version",
                 b"content-type"):
        assert len(re.findall(rb"(?m)^" + name + rb":", head)) == 1, f"{name} not once"
    assert b"x-injected:" not in head


def check_report(raw, utf8=False):
    """(words, per-message fields, per-recipient fields, returned part)"""
    check_wire(raw)
    m = email.message_from_bytes(raw, policy=email.policy.default)
    assert m.get_content_type() == "multipart/report", m.get_content_type()
    assert m.get_param("report-type") == "delivery-status"
    assert m["Auto-Submitted"] == "auto-replied"
    assert re.fullmatch(r"<[^<>@\s]+@mail\.me\.test>", m["Message-ID"].strip()), m["Message-ID"]
    assert m["Date"].datetime.timestamp() == 1795000200
    for part in m.walk():
        assert not part.defects, (part.get_content_type(), part.defects)
    parts = list(m.iter_parts())
    assert parts[0].get_content_type() == "text/plain"
    kind = "message/global-delivery-status" if utf8 else "message/delivery-status"
    assert parts[1].get_content_type() == kind, parts[1].get_content_type()
    start = raw.index(kind.encode())
    body = raw[raw.index(b"\r\n\r\n", start) + 4:]
    body = body[:body.index(b"\r\n--")].decode()
    if not utf8:
        assert body.isascii(), "the report is not ASCII"
    groups = [fields(g) for g in body.split("\r\n\r\n")]
    message, rcpts = groups[0], groups[1:]
    assert set(message) <= PER_MESSAGE, message
    assert message["reporting-mta"] == "dns; mail.me.test"
    assert email.utils.parsedate_to_datetime(message["arrival-date"]).timestamp() == 1795000000
    for rcpt in rcpts:
        assert set(rcpt) <= PER_RCPT, rcpt
        assert {"final-recipient", "action", "status"} <= set(rcpt)
        assert re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", rcpt["status"])
        assert rcpt["action"] in ("failed", "delayed", "delivered", "relayed", "expanded")
        assert re.match(r"(rfc822|utf-8); ", rcpt["final-recipient"])
    return parts[0].get_content(), message, rcpts, parts[2] if len(parts) > 2 else None


def test_failed(raw):
    words, message, rcpts, returned = check_report(raw)
    assert message["original-envelope-id"] == "QQ+314"
    assert len(rcpts) == 2
    first, second = rcpts
    assert first["original-recipient"] == "rfc822; Bob+shop@alias.test"
    assert first["final-recipient"] == "rfc822; bob@other.test"
    assert (first["action"], first["status"], first["remote-mta"]) == ("failed", "5.1.1", "dns; mx.other.test")
    assert first["diagnostic-code"].startswith("smtp; 550 5.1.1 No such user here")
    assert email.utils.parsedate_to_datetime(first["last-attempt-date"]).timestamp() == 1795000100
    assert "will-retry-until" not in first and "remote-mta" not in second
    assert not second["diagnostic-code"].startswith("smtp;")
    assert returned.get_content_type() == "text/rfc822-headers"
    assert "Subject: Lunch on Friday" in returned.get_content()
    assert "bob@other.test" in words and "Check it for a typing error." in words
    m = email.message_from_bytes(raw, policy=email.policy.default)
    assert m["Subject"] == "Not delivered: Lunch on Friday" and m["To"] == "ann@me.test"
    assert m["In-Reply-To"] == "<m1@me.test>"


def test_failed_full(raw):
    returned = check_report(raw)[3]
    assert returned.get_content_type() == "message/rfc822"
    assert returned.get_content().get_content().splitlines() == ["Hi.", "."]


def test_failed_8bit(raw):
    returned = check_report(raw)[3]
    assert returned["Content-Transfer-Encoding"] == "8bit"
    assert b"\nContent-Transfer-Encoding: 8bit\r\n" in raw[:raw.index(b"\r\n\r\n")] + b"\r\n"


def test_failed_large(raw):
    words, _, _, returned = check_report(raw)
    assert "too long to be returned" in " ".join(words.split())
    assert returned.get_content_type() == "message/rfc822"
    assert 40000 < len(raw) < 60000


def test_failed_long_line(raw):
    assert check_report(raw)[3].get_content_type() == "text/rfc822-headers"


def test_delayed(raw):
    words, _, rcpts, _ = check_report(raw)
    assert rcpts[0]["action"] == "delayed"
    assert email.utils.parsedate_to_datetime(rcpts[0]["will-retry-until"]).timestamp() == 1795400000
    assert "You need not do anything" in " ".join(words.split())


def test_relayed(raw):
    _, _, rcpts, _ = check_report(raw)
    assert rcpts[0]["action"] == "relayed" and rcpts[0]["status"] == "2.0.0"


def test_utf8(raw):
    _, _, rcpts, returned = check_report(raw, utf8=True)
    assert rcpts[0]["final-recipient"] == "utf-8; jörg@other.test"
    assert rcpts[0]["diagnostic-code"].endswith("Grüße")
    assert returned.get_content_type() == "message/global"


def test_utf8_as_ascii(raw):
    assert raw.isascii(), "not ASCII"
    _, _, rcpts, returned = check_report(raw)
    assert rcpts[0]["final-recipient"] == r"utf-8; j\x{F6}rg@other.test"
    assert returned.get_content_type() == "text/rfc822-headers"


def test_odd(raw):
    _, message, rcpts, _ = check_report(raw)
    assert "original-envelope-id" not in message
    assert "original-recipient" not in rcpts[0] and "original-recipient" not in rcpts[1]
    assert rcpts[0]["final-recipient"] == 'rfc822; "a b"@other.test'
    assert rcpts[0]["remote-mta"] == "dns; [192.0.2.1]"
    assert not re.search(rb"(?m)^X-Injected", raw)


def test_bad_sender(raw):
    assert raw == b""


def main():
    samples, failed = read_samples(sys.argv[1]), 0
    print(f"1..{len(samples)}")
    for number, (name, raw) in enumerate(samples.items(), 1):
        try:
            globals()[f"test_{name}"](raw)
            print(f"ok {number} - {name}")
        except Exception as error:  # whatever the parser thinks of it
            failed += 1
            print(f"not ok {number} - {name}\n# {type(error).__name__}: {error}")
            print("\n".join("# " + line for line in raw.decode(errors="replace").splitlines()[:120]))
    return 1 if failed else 0


sys.exit(main())
