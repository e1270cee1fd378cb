#!/usr/bin/python3
"""Notifications as dsn_samples writes them, read with Python's email package and checked against RFC 3464, 3461,
6522 and 6533. REQUIREMENTS 9, 15, 53.  Usage: test_dsn.py DSN_SAMPLES"""
import email
import pathlib
import re
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "harness"))
import dsn

def read_samples(program):
    data, samples = subprocess.run([program], stdout=subprocess.PIPE, check=True).stdout, {}
    while data:
        name, size = data[:data.index(b"\n")].decode().split()
        data = data[data.index(b"\n") + 1:]
        samples[name], data = data[:int(size)], data[int(size):]
    return samples


def check_report(raw):
    """What dsn.read finds, and what is the same in all samples."""
    report = dsn.read(raw)
    assert report.mail["Message-ID"].endswith("@mail.me.test>"), report.mail["Message-ID"]
    assert report.mail["Date"].datetime.timestamp() == 1795000200
    assert report.message["reporting-mta"] == "dns; mail.me.test"
    assert email.utils.parsedate_to_datetime(report.message["arrival-date"]).timestamp() == 1795000000
    return report


def test_failed(raw):
    report = check_report(raw)
    message, rcpts, returned = report.message, report.rcpts, report.returned
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
    assert "bob@other.test" in report.words and "Check it for a typing error." in report.words
    m = report.mail
    assert m["Subject"] == "Not delivered: Lunch on Friday" and m["To"] == "ann@me.test"
    assert m["In-Reply-To"] == "<m1@me.test>"


def test_failed_full(raw):
    returned = check_report(raw).returned
    assert returned.get_content_type() == "message/rfc822"
    assert returned.get_content().get_content().splitlines() == ["Hi.", "."]


def test_failed_8bit(raw):
    returned = check_report(raw).returned
    assert returned["Content-Transfer-Encoding"] == "8bit"
    assert b"\nContent-Transfer-Encoding: 8bit\r\n" in raw[:raw.index(b"\r\n\r\n")] + b"\r\n"


def test_failed_large(raw):
    report = check_report(raw)
    returned = report.returned
    assert "too long to be returned" in report.words
    assert returned.get_content_type() == "message/rfc822"
    assert 40000 < len(raw) < 60000


def test_failed_long_line(raw):
    assert check_report(raw).returned.get_content_type() == "text/rfc822-headers"


def test_delayed(raw):
    report = check_report(raw)
    rcpts = report.rcpts
    assert rcpts[0]["action"] == "delayed"
    assert email.utils.parsedate_to_datetime(rcpts[0]["will-retry-until"]).timestamp() == 1795400000
    assert "You need not do anything" in report.words


def test_relayed(raw):
    rcpts = check_report(raw).rcpts
    assert rcpts[0]["action"] == "relayed" and rcpts[0]["status"] == "2.0.0"


def test_utf8(raw):
    report = check_report(raw)
    rcpts, returned = report.rcpts, report.returned
    assert rcpts[0]["final-recipient"] == "utf-8; jörg@other.test"
    assert rcpts[0]["diagnostic-code"].endswith("Grüße")
    assert returned.get_content_type() == "message/global"


def test_utf8_as_ascii(raw):
    assert raw.isascii(), "not ASCII"
    report = check_report(raw)
    rcpts, returned = report.rcpts, report.returned
    assert rcpts[0]["final-recipient"] == r"utf-8; j\x{F6}rg@other.test"
    assert returned.get_content_type() == "text/rfc822-headers"


def test_odd(raw):
    report = check_report(raw)
    message, rcpts = report.message, report.rcpts
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
