#!/usr/bin/python3
"""mutt: reads over IMAPS and sends by submission, driven by its own key language. Debian packages: mutt, libsasl2-modules."""

import imaplib
import pathlib
import subprocess

import tap as t

RC = """
set imap_user="{user}" imap_pass="{password}"
set smtp_url="smtp://{escaped}@{host}:{submission}/" smtp_pass="{password}" ssl_force_tls=yes
set smtp_authenticators="plain:login"
set ssl_verify_host=no ssl_verify_dates=yes certificate_file={ca} ssl_usesystemcerts=no
set folder="imaps://{host}:{imaps}/" spoolfile="imaps://{host}:{imaps}/INBOX"
set record="" copy=no header_cache="" message_cachedir="" wait_key=no timeout=5 mail_check=1
set from="{user}" use_from=yes quit=yes delete=yes move=no mark_old=no beep=no pipe_decode=yes
"""


def rc_file(tap):
    path = pathlib.Path(tap.scratch) / "muttrc"
    path.write_text(RC.format(user=tap.alice["address"], escaped=tap.alice["address"].replace("@", "%40"),
                              password=tap.alice["password"], host=tap.host, ca=tap.ca, **tap.ports))
    return path


def reads(tap):
    mark = t.token()
    tap.deliver(tap.alice["address"], t.message(mark, tap.alice["address"], "Grüße von mutt\r\n"))
    out = pathlib.Path(tap.scratch) / "mutt.out"
    keys = f"<limit>~s {mark}<enter><first-entry><pipe-message>cat >{out}<enter><set-flag>!<clear-flag>N<sync-mailbox><quit>"
    rc = rc_file(tap)
    shown = tap.run("script", "-qec", f"env TERM=xterm LANG=C.UTF-8 mutt -n -F {rc} -e 'push \"{keys}\"'", "/dev/null", patience_s=40,
                    stdin=subprocess.DEVNULL)
    text = out.read_text() if out.exists() else ""
    tap.check(mark in text and "Grüße von mutt" in text, "a message is found in INBOX and shown decoded", text or shown.stdout[-1500:])
    with imaplib.IMAP4_SSL(tap.host, tap.ports["imaps"], ssl_context=tap.tls()) as client:
        client.login(tap.alice["address"], tap.alice["password"])
        client.select("INBOX", readonly=True)
        found = client.search(None, "SUBJECT", mark, "FLAGGED", "SEEN")[1][0].split()
        tap.check(len(found) == 1, "it is left flagged and read", found)


def sends(tap):
    mark = t.token()
    done = tap.run("mutt", "-n", "-F", rc_file(tap), "-s", mark, tap.bob["address"], input="Sent by mutt.\n", patience_s=40)
    tap.check(done.returncode == 0, "submission takes its message", done.stdout)
    with imaplib.IMAP4_SSL(tap.host, tap.ports["imaps"], ssl_context=tap.tls()) as client:
        client.login(tap.bob["address"], tap.bob["password"])
        client.select("INBOX", readonly=True)
        tap.check(bool(tap.wait(lambda: client.noop() and client.search(None, "SUBJECT", mark)[1][0])), "and it arrives", mark)


if __name__ == "__main__":
    t.main(reads, sends)
