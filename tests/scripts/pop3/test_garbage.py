#!/usr/bin/env python3
"""Garbage on the POP3 ports: -ERR or a closed connection; a session that is cut off deletes nothing.

    test_garbage.py --json quickstart.json
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "harness"))
import garbage  # noqa: E402

GREETING = rb"\A\+OK "
ERROR = GREETING + rb".*\r\n-ERR"


def session(mailbox):
    ok = rb"\A\+OK.*\r\n"
    return [(b"", ok), (b"USER %s\r\n" % mailbox["address"].encode(), ok),
            (b"PASS %s\r\n" % mailbox["password"].encode(), ok), (b"STAT\r\n", ok), (b"LIST 1\r\n", ok),
            (b"TOP 1 0\r\n", rb"\r\n\.\r\n"), (b"DELE 1\r\n", ok), (b"QUIT\r\n", ok)]


def refuse(t, target):
    garbage.each(t, target, [
        ("random bytes are refused", garbage.noise() + b"\r\n", ERROR),
        ("NULs are refused", b"\0" * 200 + b"\r\n", ERROR),
        ("a NUL in a command is refused", b"USER a\0b\r\n", ERROR),
        ("a line of 4 MiB is refused", b"A" * garbage.LONG + b"\r\n", ERROR),
        ("numbers beyond all numbers are refused", b"RETR 99999999999999999999\r\nTOP 1 -1\r\nDELE 0\r\n", ERROR),
        ("base64 that is none is refused", b"AUTH PLAIN ====\r\n", ERROR),
        ("a thousand wrong commands are cut off", b"NONSENSE\r\n" * 1000, ERROR),
        ("only line feeds", b"\n" * 5000, GREETING),
    ])


def test(t, env, data, watch):
    plain = garbage.Target(env, data, "pop3", "user")
    over_tls = garbage.Target(env, data, "pop3s", "user")
    refuse(t, plain)
    refuse(t, over_tls)
    garbage.before_tls(t, plain, b"STLS\r\n", b"NOOP\r\n", [], b"CAPA\r\n", rb"\+OK")
    garbage.endless(t, plain)
    garbage.slow_drip(t, plain, b"USER alice@example.test")
    watch.unchanged("garbage")
    steps = session(env["mailboxes"][1])
    # Without the last byte, QUIT is not said and DELE does not count. One at a time: a mailbox has one session.
    whole = sum(len(step[0]) for step in steps)
    wrong = garbage.every_cut(over_tls, steps, whole - 1, threads=1)
    t.check(not wrong, f"left at each of {whole - 1} bytes of a session", wrong)
    watch.unchanged("sessions that were cut off")
    over_tls.steps(steps, whole, False)
    watch.unchanged("a whole session", (0, -1))


if __name__ == "__main__":
    garbage.main(test, __doc__)
