#!/usr/bin/python3
"""curl: IMAPS, POP3S and STARTTLS with the certificate checked by name; messages come back byte for byte. Debian package: curl."""

import re

import tap as t

TEXT = ("Long and odd lines: " + "x" * 900 + "\r\n.\u00a0dot\r\n.one dot\r\n..two dots\r\n\r\nFrom here\r\n"
        "trailing blanks   \r\n\ttab\r\ngr\u00fc\u00df \u65e5\u672c\u8a9e\r\n\r\n\r\n")


def curl(tap, scheme, port, box, path, *more, text=True):
    name = tap.hostname
    command = ["curl", "-sS", "--max-time", "40", "--cacert", tap.ca, "--resolve", f"{name}:{tap.ports[port]}:{tap.host}",
               "--user", f"{box['address']}:{box['password']}", f"{scheme}://{name}:{tap.ports[port]}{path}", *more]
    if text:
        return tap.run(*command)
    out = tap.scratch / "curl.out"
    tap.run(*command, "-o", out)
    return out.read_bytes() if out.exists() else b""


def imap_number(tap, mark):
    """The sequence number of the message with this mark in bob's INBOX."""
    result = curl(tap, "imaps", "imaps", tap.bob, "/INBOX", "-X", f"SEARCH SUBJECT {mark}")
    found = re.search(r"\* SEARCH (\d+)", result.stdout)
    return found[1] if found else None


def pop3_number(tap, mark):
    """The number of the message with this mark among the newest ten; earlier tests' mail may come in beside it."""
    listed = re.findall(r"^(\d+) \d+", curl(tap, "pop3s", "pop3s", tap.bob, "/").stdout, re.M)
    for number in reversed(listed[-10:]):
        if f"X-Mark: {mark}" in curl(tap, "pop3s", "pop3s", tap.bob, "/", "-X", f"TOP {number} 0").stdout:
            return number
    return None


def byte_identical(tap):
    mark = t.token()
    data = t.message(mark, tap.bob["address"], TEXT)
    tap.deliver(tap.bob["address"], data)
    number = tap.wait(lambda: imap_number(tap, mark))
    tap.check(number is not None, "IMAPS finds the message by its subject", mark)
    got = curl(tap, "imaps", "imaps", tap.bob, f"/INBOX;MAILINDEX={number}", text=False)
    tap.check(t.below_trace(got, mark) == data, "IMAPS returns it byte for byte", repr(got[-400:]))
    got = curl(tap, "imap", "imap", tap.bob, f"/INBOX;MAILINDEX={number}", "--ssl-reqd", text=False)
    tap.check(t.below_trace(got, mark) == data, "IMAP with STARTTLS does too", repr(got[-400:]))
    part = curl(tap, "imaps", "imaps", tap.bob, f"/INBOX;MAILINDEX={number};SECTION=TEXT", text=False)
    tap.check(part == TEXT.encode(), "BODY[TEXT] is the body alone", repr(part[-400:]))

    newest = pop3_number(tap, mark)
    got = curl(tap, "pop3s", "pop3s", tap.bob, f"/{newest}", text=False)
    tap.check(t.below_trace(got, mark) == data, "POP3S returns it byte for byte", repr(got[-400:]))
    got = curl(tap, "pop3", "pop3", tap.bob, f"/{newest}", "--ssl-reqd", text=False)
    tap.check(t.below_trace(got, mark) == data, "POP3 with STLS does too", repr(got[-400:]))


def commands(tap):
    result = curl(tap, "imaps", "imaps", tap.alice, "/")
    tap.check("INBOX" in result.stdout, "LIST names INBOX", result.stdout)
    result = curl(tap, "imaps", "imaps", tap.alice, "/", "-X", "EXAMINE INBOX")
    tap.check("UIDVALIDITY" in result.stdout and "EXISTS" in result.stdout, "EXAMINE says EXISTS and UIDVALIDITY", result.stdout)
    result = curl(tap, "pop3s", "pop3s", tap.bob, "/", "-X", "UIDL")
    tap.check(re.search(r"^1 \S+", result.stdout, re.M) is not None, "UIDL lists unique ids", result.stdout)
    wrong = dict(tap.alice, password="not-the-password")
    for scheme in ("imaps", "pop3s"):
        result = curl(tap, scheme, scheme, wrong, "/")
        tap.check(result.returncode == 67, f"{scheme} refuses a wrong password", result.stdout)


def sending(tap):
    mark = t.token()
    data = t.message(mark, tap.bob["address"], sender=tap.alice["address"])
    path = tap.scratch / "mail.eml"
    path.write_bytes(data)
    result = curl(tap, "smtps", "submissions", tap.alice, "/client.example", "--mail-from", tap.alice["address"],
                  "--mail-rcpt", tap.bob["address"], "-T", path)
    tap.check(result.returncode == 0, "SMTPS takes a message", result.stdout)
    tap.check(tap.wait(lambda: imap_number(tap, mark)) is not None, "and it arrives", mark)


if __name__ == "__main__":
    t.main(byte_identical, commands, sending)
