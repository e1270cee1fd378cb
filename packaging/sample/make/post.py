"""A Postfix of our own on loopback, whose clock we set: it writes the Received trails and the bounces.

Every host of the story is one smtpd of the same instance with a host name of its own. libfaketime
reads the time from a file, so the trail of a message carries the day on which it is said to travel.
Times may only move forward: Postfix's event loops would sleep through a step back.
"""

import os
import pathlib
import pwd
import shutil
import smtplib
import subprocess
import time

LIBFAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
SBIN = "/usr/lib/postfix/sbin"
FAKED = "LD_PRELOAD FAKETIME_TIMESTAMP_FILE FAKETIME_NO_CACHE FAKETIME_DONT_FAKE_MONOTONIC"

MAIN_CF = """
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
command_directory = /usr/sbin
daemon_directory = {sbin}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {root}/log
maillog_file_prefixes = {root}
import_environment = MAIL_CONFIG TZ=UTC {faked}
export_environment = MAIL_CONFIG TZ=UTC {faked}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
myhostname = mail.example.test
myorigin = mail.example.test
mydestination =
smtpd_authorized_xclient_hosts = 127.0.0.0/8
smtpd_relay_restrictions = reject_unauth_destination
smtpd_peername_lookup = no
smtpd_tls_cert_file = {root}/cert.pem
smtpd_tls_key_file = {root}/key.pem
smtpd_tls_security_level = may
smtpd_tls_received_header = yes
smtpd_sasl_authenticated_header = yes
enable_long_queue_ids = yes
message_size_limit = 20000000
virtual_mailbox_domains = static:all
virtual_mailbox_maps = static:spool/
virtual_mailbox_base = {root}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{uid}
virtual_minimum_uid = 1
transport_maps = inline:{{
    {{ harbourcofee.example = error:5.4.4 Host or domain name not found. Name service error
        for name=harbourcofee.example type=A: Host not found }}
    {{ harbourcoffee.example = smtp:[127.0.0.1]:{refuse} }}
    {{ lindenpress.example = smtp:[127.0.0.1]:{closed} }} }}
delay_warning_time = 4h
notify_classes =
"""

MASTER_CF = """
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
proxymap  unix  - - n - - proxymap
smtp      unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
virtual   unix  - n n - 1 virtual
pickup    unix  n - n 60 1 pickup
flush     unix  n - n 1000? 0 flush
showq     unix  n - n - - showq
anvil     unix  - - n - 1 anvil
postlog   unix-dgram n - n - 1 postlogd
"""

REFUSING = ("127.0.0.1:{port} inet n - n - - smtpd -o myhostname=mx.harbourcoffee.example"
            " -o {{ smtpd_recipient_restrictions = check_recipient_access"
            " static:{{ 550 5.1.1 User unknown in virtual mailbox table }} }}")


class Post:
    """One running instance; `ports` maps a host name to the port of its smtpd."""

    def __init__(self, root, hosts, port_base, start_at):
        self.root = pathlib.Path(root)
        self.ports = {name: port_base + 1 + i for i, name in enumerate(hosts)}
        self.refuse_port = port_base + 90
        self.closed_port = port_base + 91
        self._write_config()
        self.clock = self.root / "clock"
        self.set_time(start_at)
        env = dict(os.environ, MAIL_CONFIG=str(self.root), TZ="UTC")
        subprocess.run(["postfix", "check"], env=env, check=True, stderr=subprocess.DEVNULL)
        env.update(LD_PRELOAD=LIBFAKETIME, FAKETIME_TIMESTAMP_FILE=str(self.clock),
                   FAKETIME_NO_CACHE="1", FAKETIME_DONT_FAKE_MONOTONIC="1")
        self.env = env
        self.master = subprocess.Popen([f"{SBIN}/master", "-d"], env=env, start_new_session=True)
        self._wait_for_greeting()

    def _write_config(self):
        if self.root.exists():
            shutil.rmtree(self.root)
        for name in ("queue", "data", "spool"):
            (self.root / name).mkdir(parents=True)
        shutil.chown(self.root / "data", "postfix")
        shutil.chown(self.root / "spool", "nobody")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30",
                        "-subj", "/CN=mail.example.test", "-keyout", str(self.root / "key.pem"),
                        "-out", str(self.root / "cert.pem")],
                       check=True, stderr=subprocess.DEVNULL)
        (self.root / "main.cf").write_text(MAIN_CF.format(
            root=self.root, sbin=SBIN, faked=FAKED, uid=pwd.getpwnam("nobody").pw_uid,
            refuse=self.refuse_port, closed=self.closed_port))
        lines = [MASTER_CF.strip(), REFUSING.format(port=self.refuse_port)]
        for name, port in self.ports.items():
            lines.append(f"127.0.0.1:{port} inet n - n - - smtpd -o myhostname={name}")
        (self.root / "master.cf").write_text("\n".join(lines) + "\n")

    def _wait_for_greeting(self):
        for _ in range(20):
            try:
                smtplib.SMTP("127.0.0.1", next(iter(self.ports.values())), timeout=1).quit()
                return
            except OSError:
                time.sleep(0.1)
        raise SystemExit(f"Postfix does not answer; see {self.root}/log")

    def set_time(self, at):
        self.clock.write_text(f"{int(at - time.time()):+d}\n")

    def send(self, host, client, sender, recipient, message, login=None):
        """Hand `message` to `host` over TLS, as if we were `client` (name, address)."""
        with smtplib.SMTP("127.0.0.1", self.ports[host], timeout=20) as smtp:
            smtp.ehlo(client[0])
            smtp.starttls()
            smtp.ehlo(client[0])
            who = f"NAME={client[0]} ADDR={client[1]}"
            smtp.docmd("XCLIENT", who + (f" LOGIN={login}" if login else ""))
            smtp.ehlo(client[0])
            smtp.sendmail(sender, [recipient], message)

    def collect(self):
        """Wait for the one delivery that is under way, and take it out of the spool."""
        for _ in range(100):
            found = list((self.root / "spool" / "new").glob("*"))
            if found:
                message = found[0].read_bytes()
                found[0].unlink()
                return message
            time.sleep(0.05)
        raise SystemExit(f"Postfix delivered nothing; see {self.root}/log")

    def run_queue(self):
        subprocess.run(["postqueue", "-f"], env=self.env, check=True)

    def stop(self):
        self.master.terminate()
        self.master.wait()

