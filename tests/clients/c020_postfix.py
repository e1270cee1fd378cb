#!/usr/bin/python3
"""Postfix as the host that sends us mail: pipelining, TLS, several recipients, its bounce for an unknown one.

Needs root. Debian package: postfix. The instance lives below a temporary directory and relays everything
to the MX port; mail for bounce@sender.example is kept there, so that the bounce it writes can be read.
"""

import imaplib
import os
import pathlib
import shutil
import smtplib
import subprocess

import tap as t

SBIN = "/usr/lib/postfix/sbin"
PORT = 21980

MAIN_CF = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
daemon_directory = {sbin}
command_directory = /usr/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {root}/log
maillog_file_prefixes = {root}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = out.sender.example
myorigin = sender.example
mydestination =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
smtp_tls_security_level = may
virtual_mailbox_domains = sender.example
virtual_mailbox_base = {root}
virtual_mailbox_maps = static:spool/
virtual_minimum_uid = 1
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
transport_maps = inline:{{ {{ {domain} = relay:[{host}]:{port} }} }}
"""

MASTER_CF = """
127.0.0.1:{listen} inet n - n - - smtpd
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
proxymap  unix  - - n - - proxymap
relay     unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
virtual   unix  - n n - - virtual
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""


class Sender:
    """The Postfix instance, as a context."""

    def __init__(self, tap):
        self.tap = tap
        self.root = pathlib.Path(tap.scratch) / "postfix"

    def __enter__(self):
        if os.getuid() != 0 or not shutil.which("postfix"):
            raise t.Skip("this needs root and Postfix")
        for name in ("queue", "data", "spool"):
            (self.root / name).mkdir(parents=True)
        pathlib.Path(self.tap.scratch).chmod(0o755)
        shutil.chown(self.root / "data", "postfix")
        os.chown(self.root / "spool", 65534, 65534)
        values = {"root": self.root, "sbin": SBIN, "host": self.tap.host, "port": self.tap.ports["smtp"],
                  "domain": self.tap.alice["address"].partition("@")[2], "listen": PORT}
        (self.root / "main.cf").write_text(MAIN_CF.format(**values))
        (self.root / "master.cf").write_text(MASTER_CF.strip().format(**values) + "\n")
        env = dict(os.environ, MAIL_CONFIG=str(self.root))
        subprocess.run(["postfix", "check"], env=env, check=True, stderr=subprocess.DEVNULL)
        self.master = subprocess.Popen([f"{SBIN}/master", "-d"], env=env, start_new_session=True)
        self.tap.wait(self.answers)
        return self

    def __exit__(self, *unused):
        self.master.terminate()
        self.master.wait()

    def answers(self):
        try:
            with smtplib.SMTP("127.0.0.1", PORT, timeout=2):
                return True
        except OSError:
            return False

    def send(self, to, data):
        with smtplib.SMTP("127.0.0.1", PORT, timeout=20) as smtp:
            smtp.sendmail("bounce@sender.example", to, data)

    def log(self):
        return (self.root / "log").read_text()

    def bounces(self):
        return [path.read_text() for path in (self.root / "spool").glob("new/*")]


def arrived(tap, box, mark):
    """The message with this mark as the mailbox has it, or b""."""
    with imaplib.IMAP4_SSL(tap.host, tap.ports["imaps"], ssl_context=tap.tls()) as imap:
        imap.login(box["address"], box["password"])
        imap.select("INBOX", readonly=True)
        found = imap.search(None, "SUBJECT", mark)[1][0].split()
        return imap.fetch(found[0], "(BODY.PEEK[])")[1][0][1] if found else b""


def postfix_sends(tap):
    with Sender(tap) as sender:
        mark = t.token()
        data = t.message(mark, tap.alice["address"], "Two recipients.\r\n.a dot first\r\n..two\r\n")
        sender.send([tap.alice["address"], tap.bob["address"]], data)
        got = tap.wait(lambda: arrived(tap, tap.bob, mark) and arrived(tap, tap.alice, mark))
        tap.check(t.below_trace(got, mark) == data, "a message for two arrives unchanged", sender.log() + repr(got[-300:]))
        tap.check(b"out.sender.example" in got.partition(b"X-Mark")[0], "its Received line names the sender", got[:800])
        tap.check("status=sent" in sender.log() and "status=deferred" not in sender.log(), "Postfix logs it as sent", sender.log())

        mark = t.token()
        big = t.message(mark, tap.alice["address"], ("0123456789" * 7 + "\r\n") * 40000)
        sender.send([tap.alice["address"]], big)
        got = tap.wait(lambda: arrived(tap, tap.alice, mark), 30)
        tap.check(t.below_trace(got, mark) == big, "a message of 2.8 MB arrives unchanged", f"{len(got)} bytes; {sender.log()[-800:]}")

        domain = tap.alice["address"].partition("@")[2]
        sender.send(["nobody-here@" + domain], t.message(t.token(), "nobody-here@" + domain))
        bounce = tap.wait(sender.bounces)
        tap.check(bool(bounce) and "Status: 5.1.1" in bounce[0], "for an unknown recipient Postfix bounces with 5.1.1",
                  (bounce or [sender.log()])[0])


if __name__ == "__main__":
    t.main(postfix_sends)
