"""Reads a delivery status notification with Python's email package and checks it against RFC 3464, 3461, 6522 and
6533: a parser that is not ours. Every fault is an AssertionError."""
import collections
import email
import email.policy
import re

PER_MESSAGE = {"reporting-mta", "original-envelope-id", "arrival-date"}
PER_RCPT = {"original-recipient", "final-recipient", "action", "status", "remote-mta", "diagnostic-code",
            "last-attempt-date", "will-retry-until"}
ACTIONS = {"failed", "delayed", "delivered", "relayed", "expanded"}

Report = collections.namedtuple("Report", "mail words message rcpts returned")


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


def check_rcpt(rcpt):
    assert set(rcpt) <= PER_RCPT, rcpt
    assert {"final-recipient", "action", "status"} <= set(rcpt), rcpt
    assert re.fullmatch(r"[245]\.\d{1,3}\.\d{1,3}", rcpt["status"]), rcpt["status"]
    assert rcpt["action"] in ACTIONS, rcpt["action"]
    assert rcpt["status"][0] == {"failed": "5", "delayed": "4"}.get(rcpt["action"], "2"), rcpt
    assert re.match(r"(rfc822|utf-8); \S", rcpt["final-recipient"]), rcpt["final-recipient"]
    for name in ("last-attempt-date", "will-retry-until"):
        if name in rcpt:
            email.utils.parsedate_to_datetime(rcpt[name])


def status_groups(raw, kind):
    body = raw[raw.index(b"\r\n\r\n", raw.index(b"Content-Type: " + kind.encode())) + 4:]
    body = body[:body.index(b"\r\n--")].decode()
    assert kind == "message/global-delivery-status" or body.isascii(), "the report is not ASCII"
    return [fields(group) for group in body.split("\r\n\r\n")]


def read(raw):
    """The parts of a notification; raises when anything about it is not right."""
    check_wire(raw)
    m = email.message_from_bytes(raw, policy=email.policy.default)
    assert m.get_content_type() == "multipart/report", m.get_content_type()
    assert m.get_param("report-type") == "delivery-status"
    assert m["Auto-Submitted"] == "auto-replied"
    assert re.fullmatch(r"<[^<>@\s]+@[^<>@\s]+>", m["Message-ID"].strip()), m["Message-ID"]
    for part in m.walk():
        assert not part.defects, (part.get_content_type(), part.defects)
    parts = list(m.iter_parts())
    kind = parts[1].get_content_type()
    assert parts[0].get_content_type() == "text/plain"
    assert kind in ("message/delivery-status", "message/global-delivery-status"), kind
    message, *rcpts = status_groups(raw, kind)
    assert set(message) <= PER_MESSAGE and {"reporting-mta", "arrival-date"} <= set(message), message
    assert message["reporting-mta"].startswith("dns; ")
    email.utils.parsedate_to_datetime(message["arrival-date"])
    assert rcpts, "no recipient"
    for rcpt in rcpts:
        check_rcpt(rcpt)
    return Report(m, " ".join(parts[0].get_content().split()), message, rcpts, parts[2] if len(parts) > 2 else None)
