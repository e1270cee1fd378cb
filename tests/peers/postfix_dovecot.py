#!/usr/bin/python3
"""Debian's Postfix and Dovecot as one mail server on loopback: the peer that Mailstead is measured against.

It has its configuration, queue and mailboxes below one directory, listens on ports of its own and is
stopped by the process ids that it started. Postfix takes mail on `smtp` and, with log-in, on
`submission` and `submissions`; it delivers over LMTP to Dovecot, which keeps Maildirs and serves
IMAP and POP3. What Debian ships as default stays default (so deliveries are durable: Postfix syncs
its queue file, Dovecot the message) unless a comment here says why not.

The directory gets a quickstart.json in the form that `packaging/quickstart` writes, so that every
script which tests Mailstead can be tried on this server first.

usage: postfix_dovecot.py --data DIR [--port-base N]     runs until Ctrl-C; needs root
"""

import argparse
import json
import os
import pathlib
import pwd
import shutil
import signal
import smtplib
import subprocess
import time

POSTFIX = "/usr/lib/postfix/sbin"
PORTS = {"smtp": 25, "submission": 587, "submissions": 465, "imap": 143, "imaps": 993, "pop3": 110, "pop3s": 995}
PASSWORD = "rig-password"

MAIN_CF = """
compatibility_level = 3.6
queue_directory = {root}/postfix/queue
data_directory = {root}/postfix/data
command_directory = /usr/sbin
daemon_directory = {sbin}
mail_owner = postfix
setgid_group = postdrop
maillog_file = {root}/postfix/log
maillog_file_prefixes = {root}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.test
mydestination =
alias_maps =
alias_database =
virtual_mailbox_domains = example.test
virtual_mailbox_maps = texthash:{root}/postfix/users
virtual_transport = lmtp:unix:{root}/dovecot/lmtp
smtpd_tls_cert_file = {root}/tls/cert.pem
smtpd_tls_key_file = {root}/tls/key.pem
smtpd_tls_security_level = may
smtpd_sasl_type = dovecot
smtpd_sasl_path = {root}/dovecot/sasl
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
# Debian's mynetworks would let everybody on this machine relay; the tests are all on this machine.
mynetworks =
smtpd_client_event_limit_exceptions = 127.0.0.0/8
message_size_limit = 52428800
"""

MASTER_CF = """
127.0.0.1:{smtp} inet n - n - - smtpd
127.0.0.1:{submission} inet n - n - - smtpd -o smtpd_sasl_auth_enable=yes -o smtpd_tls_auth_only=yes
127.0.0.1:{submissions} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes -o smtpd_sasl_auth_enable=yes
pickup    unix  n - n 60 1 pickup
cleanup   unix  n - n - 0 cleanup
qmgr      unix  n - n 300 1 qmgr
tlsmgr    unix  - - n 1000? 1 tlsmgr
rewrite   unix  - - n - - trivial-rewrite
bounce    unix  - - n - 0 bounce
defer     unix  - - n - 0 bounce
trace     unix  - - n - 0 bounce
flush     unix  n - n 1000? 0 flush
proxymap  unix  - - n - - proxymap
showq     unix  n - n - - showq
smtp      unix  - - n - - smtp
error     unix  - - n - - error
retry     unix  - - n - - error
discard   unix  - - n - - discard
lmtp      unix  - - n - - lmtp
anvil     unix  - - n - 1 anvil
scache    unix  - - n - 1 scache
postlog   unix-dgram n - n - 1 postlogd
"""

DOVECOT_CONF = """
base_dir = {root}/dovecot
instance_name = {root}
log_path = {root}/dovecot.log
listen = 127.0.0.1
protocols = imap pop3 lmtp
hostname = mail.example.test
ssl = yes
ssl_cert = <{root}/tls/cert.pem
ssl_key = <{root}/tls/key.pem
mail_location = maildir:~/Maildir
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
first_valid_gid = 1
# The load comes from one address; Debian's limit of 10 would end the test, not the server.
mail_max_userip_connections = 100000
auth_mechanisms = plain login
passdb {{
  driver = passwd-file
  args = {root}/users
}}
userdb {{
  driver = static
  args = home={root}/mail/%n
}}
namespace inbox {{
  inbox = yes
  mailbox Sent {{
    auto = subscribe
    special_use = \\Sent
  }}
  mailbox Drafts {{
    auto = subscribe
    special_use = \\Drafts
  }}
  mailbox Junk {{
    auto = subscribe
    special_use = \\Junk
  }}
  mailbox Trash {{
    auto = subscribe
    special_use = \\Trash
  }}
}}
# Dovecot's own high-performance log-in mode: one log-in process serves many TLS connections.
service imap-login {{
  service_count = 0
  process_min_avail = 2
  client_limit = 15000
  vsz_limit = 1G
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
  }}
}}
service pop3-login {{
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
  }}
}}
service imap {{
  process_limit = 15000
}}
service anvil {{
  client_limit = 15000
}}
service auth {{
  client_limit = 15000
  unix_listener sasl {{
    mode = 0666
  }}
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0666
  }}
}}
"""


class PostfixDovecot:
    """One instance below `root`; `users` are the local parts that get a mailbox @example.test; `settings` come last in main.cf."""

    def __init__(self, root, port_base, users=("alice", "bob"), settings=""):
        self.root = pathlib.Path(root).resolve()
        self.ports = {name: port_base + port for name, port in PORTS.items()}
        self.users = list(users)
        self.settings = settings
        self.postfix = None
        self.dovecot = None

    def start(self):
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self):
        self._make_folders()
        self._make_certificate()
        self._write_config()
        env = dict(os.environ, MAIL_CONFIG=str(self.root / "postfix"))
        subprocess.run(["postfix", "check"], env=env, check=True, stderr=subprocess.DEVNULL)
        self.postfix = subprocess.Popen([f"{POSTFIX}/master", "-d"], env=env, start_new_session=True)
        self.dovecot = subprocess.Popen(["dovecot", "-F", "-c", str(self.root / "dovecot.conf")],
                                        start_new_session=True)
        self._wait_until_ready()
        self._write_quickstart()

    def stop(self):
        for process in (self.postfix, self.dovecot):
            if process:
                process.send_signal(signal.SIGTERM)
                process.wait()
        self.postfix = self.dovecot = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *unused):
        self.stop()

    def maildir(self, user):
        return self.root / "mail" / user / "Maildir"

    def pids(self):
        """The two processes whose descendants are the server."""
        return [self.postfix.pid, self.dovecot.pid]

    def _make_folders(self):
        if self.root.exists():
            shutil.rmtree(self.root)
        for name in ("postfix/queue", "postfix/data", "dovecot", "mail", "tls"):
            (self.root / name).mkdir(parents=True)
        self.root.chmod(0o755)
        shutil.chown(self.root / "postfix/data", "postfix")
        shutil.chown(self.root / "mail", "nobody")

    def _make_certificate(self):
        """An authority and a certificate of its own for the server: Thunderbird refuses one that is both."""
        tls = self.root / "tls"

        def openssl(*words):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", *map(str, words)],
                           check=True, stderr=subprocess.DEVNULL)

        openssl("-subj", "/CN=Test authority", "-keyout", tls / "ca-key.pem", "-out", tls / "ca.pem",
                "-addext", "keyUsage=critical,keyCertSign")
        openssl("-subj", "/CN=mail.example.test", "-keyout", tls / "key.pem", "-out", tls / "cert.pem",
                "-CA", tls / "ca.pem", "-CAkey", tls / "ca-key.pem", "-addext", "basicConstraints=critical,CA:FALSE",
                "-addext", "subjectAltName=DNS:mail.example.test,DNS:localhost,IP:127.0.0.1")

    def _write_config(self):
        nobody = pwd.getpwnam("nobody")
        values = dict(self.ports, root=self.root, sbin=POSTFIX, uid=nobody.pw_uid, gid=nobody.pw_gid)
        (self.root / "postfix/main.cf").write_text(MAIN_CF.format(**values) + self.settings)
        (self.root / "postfix/master.cf").write_text(MASTER_CF.strip().format(**values) + "\n")
        (self.root / "dovecot.conf").write_text(DOVECOT_CONF.format(**values))
        (self.root / "postfix/users").write_text("".join(f"{user}@example.test {user}\n" for user in self.users))
        (self.root / "users").write_text("".join(f"{user}@example.test:{{PLAIN}}{PASSWORD}\n" for user in self.users))

    def _wait_until_ready(self):
        for _ in range(100):
            try:
                with smtplib.SMTP("127.0.0.1", self.ports["smtp"], timeout=2):
                    pass
                if (self.root / "dovecot/lmtp").exists():
                    return
            except OSError:
                pass
            time.sleep(0.1)
        raise SystemExit(f"Postfix or Dovecot does not answer: see {self.root}/postfix/log and {self.root}/dovecot.log")

    def _write_quickstart(self):
        boxes = [{"address": f"{user}@example.test", "password": PASSWORD} for user in self.users]
        (self.root / "quickstart.json").write_text(json.dumps(
            {"host": "127.0.0.1", "hostname": "mail.example.test", "ca": str(self.root / "tls/ca.pem"),
             "ports": self.ports, "logins": [], "mailboxes": boxes}, indent=2))


def main():
    parser = argparse.ArgumentParser(description="Run Postfix and Dovecot on loopback until Ctrl-C.")
    parser.add_argument("--data", required=True)
    parser.add_argument("--port-base", type=int, default=21000)
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with PostfixDovecot(options.data, options.port_base) as server:
            print(f"ready: {server.root}/quickstart.json", flush=True)
            signal.pause()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
