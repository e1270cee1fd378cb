#!/usr/bin/env python3
"""Garbage on the IMAP ports: BAD, BYE or a closed connection, and nothing half is stored.

    test_garbage.py --json quickstart.json
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "harness"))
import garbage  # noqa: E402

GREETING = rb"\A\* OK "
ERROR = GREETING + rb".*\r\n(\* BAD|\* BYE|\S+ BAD|\S+ NO)"
MESSAGE = b"From: <a@client.test>\r\nSubject: cut\r\n\r\none line\r\n"


def session(mailbox, folder=b"INBOX"):
    """Log-in and an APPEND with a literal that waits for the continuation."""
    user, password = mailbox["address"].encode(), mailbox["password"].encode()
    return [(b"", rb"\* OK .*\r\n"), (b'a LOGIN %s "%s"\r\n' % (user, password), rb"a OK .*\r\n"),
            (b"b APPEND %s (\\Seen) {%d}\r\n" % (folder, len(MESSAGE)), rb"\+ .*\r\n"),
            (MESSAGE + b"\r\n", rb"b OK .*\r\n"), (b"c LOGOUT\r\n", rb"c OK .*\r\n")]


def refuse(t, target, login):
    garbage.each(t, target, [
        ("random bytes are refused", garbage.noise() + b"\r\n", ERROR),
        ("NULs are refused", b"\0" * 600 + b"\r\n", ERROR),
        ("a NUL in a command is refused", b"a LOGIN \"x\0y\" z\r\n", ERROR),
        ("a line of 4 MiB is refused", b"a " + b"A" * garbage.LONG + b"\r\n", ERROR),
        ("a literal too large before log-in is refused", b"a LOGIN {4294967296}\r\n", ERROR),
        ("a literal beyond all numbers is refused", b"a LOGIN {99999999999999999999999}\r\n", ERROR),
        ("a non-synchronising literal too large is refused", b"a LOGIN {1000000+}\r\n" + b"x" * 1000000 + b"\r\n", ERROR),
        ("a negative literal is refused", b"a LOGIN {-1}\r\n", ERROR),
        ("deep parentheses are refused", login + b"b SELECT INBOX\r\nc SEARCH " + b"(" * 7000 + b"\r\n", rb"c (BAD|NO)|\* BYE"),
        ("deep NOTs are refused", login + b"b SELECT INBOX\r\nc SEARCH " + b"NOT " * 2000 + b"ALL\r\n", rb"c (BAD|NO|OK)|\* BYE"),
        ("an APPEND beyond the limit is refused", login + b"b APPEND INBOX {9999999999}\r\n", rb"b (NO|BAD)"),
        ("many literals are refused", login + b"b APPEND" + b" {1+}\r\nx" * 5000 + b"\r\n", rb"b (NO|BAD)|\* BYE"),
        ("only line feeds", b"\n" * 5000, GREETING),
        ("a thousand wrong commands are cut off", b"a NONSENSE\r\n" * 1000, ERROR),
    ])


def test(t, env, data, watch):
    bob = env["mailboxes"][1]
    steps = session(bob)
    plain = garbage.Target(env, data, "imap", "user")
    over_tls = garbage.Target(env, data, "imaps", "user")
    refuse(t, over_tls, steps[1][0])
    garbage.each(t, plain, [("random bytes are refused", garbage.noise() + b"\r\n", ERROR),
                            ("log-in in clear is refused", steps[1][0], ERROR)])
    garbage.before_tls(t, plain, b"a STARTTLS\r\n", b"b NOOP\r\n", [], b"c CAPABILITY\r\n", rb"\* CAPABILITY")
    garbage.endless(t, plain)
    garbage.slow_drip(t, plain, b"a LOGIN alice@example.test x")
    watch.unchanged("garbage")
    whole = sum(len(step[0]) for step in steps)
    unsent = len(steps[-1][0]) + 2  # the line end behind the literal completes the command
    wrong = garbage.every_cut(over_tls, steps, whole - unsent)
    t.check(not wrong, f"left at each of {whole - unsent} bytes of log-in and APPEND", wrong)
    watch.unchanged("sessions that were cut off")
    over_tls.steps(steps, whole, False)
    watch.unchanged("a whole session", (0, 1))


if __name__ == "__main__":
    garbage.main(test, __doc__)
