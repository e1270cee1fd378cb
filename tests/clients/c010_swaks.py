#!/usr/bin/python3
"""swaks: what the MX port and the submission ports accept and refuse. Debian package: swaks, libnet-ssleay-perl."""

import re

import tap as t


def swaks(tap, port, to, *more, sender="sender@client.example"):
    result = tap.run("swaks", "--server", tap.host, "--port", tap.ports[port], "--from", sender, "--to", to,
                   "--ehlo", "client.example", "--body", "Hello.", "--timeout", "20", *more)
    if "TLS not available" in result.stdout:
        raise t.Skip("swaks lacks libnet-ssleay-perl")
    return result


def answered(result, pattern):
    """Whether the server said a line that matches."""
    return re.search(rf"^<[~*-]*[ *]+ ?{pattern}", result.stdout, re.M) is not None


def mx_accepts(tap):
    for name, more in (("plain", []), ("with STARTTLS", ["-tls"]), ("pipelined", ["--pipeline"])):
        result = swaks(tap, "smtp", tap.alice["address"], *more)
        tap.check(result.returncode == 0, f"the MX port accepts mail for a mailbox, {name}", result.stdout)
    result = swaks(tap, "smtp", tap.alice["address"], sender="<>")
    tap.check(result.returncode == 0, "the MX port accepts the null sender", result.stdout)
    result = swaks(tap, "smtp", tap.alice["address"] + "," + tap.bob["address"])
    tap.check(result.returncode == 0, "the MX port accepts two recipients", result.stdout)


def mx_refuses(tap):
    domain = tap.alice["address"].partition("@")[2]
    result = swaks(tap, "smtp", "nobody-here@" + domain)
    tap.check(answered(result, r"550 5\.1\.1 "), "an unknown recipient gets 550 5.1.1", result.stdout)
    result = swaks(tap, "smtp", "someone@elsewhere.example")
    tap.check(answered(result, r"55[04] 5\.7\.\d+ "), "relaying is refused with 55x 5.7.x", result.stdout)
    result = swaks(tap, "smtp", tap.alice["address"], "-tls", "--quit-after", "EHLO")
    tap.check(result.returncode == 0 and "AUTH" not in result.stdout, "the MX port offers no log-in", result.stdout)


def submission(tap):
    login = ["--auth-user", tap.alice["address"], "--auth-password", tap.alice["password"]]
    cases = (("submission", "-tls", "PLAIN"), ("submission", "-tls", "LOGIN"),
             ("submissions", "-tlsc", "PLAIN"), ("submissions", "-tlsc", "LOGIN"))
    for port, tls, mechanism in cases:
        result = swaks(tap, port, tap.bob["address"], tls, "--auth", mechanism, *login, sender=tap.alice["address"])
        tap.check(result.returncode == 0 and answered(result, "235 "), f"{port} takes mail after AUTH {mechanism}", result.stdout)
    wrong = ["--auth", "PLAIN", "--auth-user", tap.alice["address"], "--auth-password", "not-the-password"]
    result = swaks(tap, "submission", tap.bob["address"], "-tls", *wrong, sender=tap.alice["address"])
    tap.check(answered(result, "535 "), "a wrong password gets 535", result.stdout)
    result = swaks(tap, "submission", tap.bob["address"], "--quit-after", "EHLO", sender=tap.alice["address"])
    tap.check("AUTH" not in result.stdout and "STARTTLS" in result.stdout, "no AUTH before TLS", result.stdout)
    result = swaks(tap, "submission", "someone@elsewhere.example", "-tls", sender=tap.alice["address"])
    tap.check(result.returncode != 0 and re.search(r"(530|55[04]) ", result.stdout) is not None,
              "without a log-in submission sends nothing out", result.stdout)


if __name__ == "__main__":
    t.main(mx_accepts, mx_refuses, submission)
