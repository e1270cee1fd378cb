#!/usr/bin/env python3
"""Garbage on port 25 and on submission: refused in SMTP's words or hung up on, and nothing half is stored.

    test_garbage.py --json quickstart.json
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "harness"))
import garbage  # noqa: E402

ERROR = rb"\A(?:220 .*\r\n)?[45]\d\d[ -]"  # without a greeting: the bytes were there first
BODY = (b"From: <a@client.test>\r\nTo: <b@example.test>\r\nSubject: cut\r\nMessage-ID: <cut@client.test>\r\n\r\n"
        b"one line\r\n..dot\r\n")


def delivery(rcpt):
    return [(b"", rb"\A220 .*\r\n"), (b"EHLO client.test\r\n", rb"250 [^\r]*\r\n"),
            (b"MAIL FROM:<a@client.test>\r\n", rb"250 .*\r\n"), (b"RCPT TO:<%s>\r\n" % rcpt, rb"250 .*\r\n"),
            (b"DATA\r\n", rb"354 .*\r\n"), (BODY + b".\r\n", rb"250 .*\r\n"), (b"QUIT\r\n", rb"221 .*\r\n")]


def chunks(rcpt):
    return [*delivery(rcpt)[:4], (b"BDAT %d\r\n" % len(BODY) + BODY, rb"250 .*\r\n"),
            (b"BDAT 6 LAST\r\nlast\r\n", rb"250 .*\r\n")]


def refuse(t, target):
    hello = b"EHLO client.test\r\n"
    garbage.each(t, target, [
        ("random bytes are refused", garbage.noise() + b"\r\n", ERROR),
        ("NULs are refused", b"\0" * 600 + b"\r\n", ERROR),
        ("a NUL in a command is refused", hello + b"MAIL FROM:<a\0b@client.test>\r\n", ERROR),
        ("a TLS hello in clear is refused or ended", b"\x16\x03\x01\x02\x00" + garbage.noise(2, 512) + b"\r\n", ERROR),
        ("a line of 4 MiB is refused", b"A" * garbage.LONG + b"\r\n", ERROR),
        ("an endless address is refused", hello + b"MAIL FROM:<" + b"a" * 100_000 + b"\r\n", ERROR),
        ("a thousand wrong commands are cut off", b"NONSENSE\r\n" * 1000, ERROR),
        ("only line feeds", b"\n" * 5000, ERROR),
        ("a negative BDAT", hello + b"BDAT -1 LAST\r\n", ERROR),
        ("an immense BDAT", hello + b"BDAT 99999999999999999999 LAST\r\n", ERROR),
    ])


def test(t, env, data, watch):
    bob = env["mailboxes"][1]["address"].encode()
    world = garbage.Target(env, data, "smtp", "mx")
    for target in (world, garbage.Target(env, data, "submission", "user")):
        refuse(t, target)
        garbage.before_tls(t, target, b"STARTTLS\r\n", b"NOOP injected\r\nRSET\r\n",
                           [(b"EHLO client.test\r\n", rb"250 [^\r]*\r\n")], b"EHLO again.test\r\n", rb"250-mail")
        garbage.endless(t, target)
        garbage.slow_drip(t, target, b"EHLO client.test\r\nMAIL FROM:<")
        watch.unchanged(target.port)
    for name, steps, unsent in (("DATA", delivery(bob), len(b"QUIT\r\n")), ("BDAT", chunks(bob), 0)):
        whole = sum(len(step[0]) for step in steps)
        wrong = garbage.every_cut(world, steps, whole - unsent)
        t.check(not wrong, f"left at each of {whole - unsent} bytes of a delivery with {name}", wrong)
        watch.unchanged(f"deliveries with {name} that were cut off")
        world.steps(steps, whole, False)
        watch.unchanged(f"a whole delivery with {name}", (0, 1))


if __name__ == "__main__":
    garbage.main(test, __doc__)
