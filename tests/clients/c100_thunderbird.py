#!/usr/bin/python3
"""Thunderbird under Xvfb: a fresh profile logs in, reads INBOX and keeps a message for offline use.

Debian packages: thunderbird xvfb libnss3-tools. The profile is written before the start: the account in
user.js, our CA in the certificate store, and the password in the log-in store as Thunderbird would
have saved it, so that nobody has to click. What it did is read from its own files afterwards.
"""

import base64
import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess

import tap as t

PREFS = {
    "mail.accountmanager.accounts": "account1",
    "mail.accountmanager.defaultaccount": "account1",
    "mail.account.account1.identities": "id1",
    "mail.account.account1.server": "server1",
    "mail.identity.id1.fullName": "Alice Winter",
    "mail.identity.id1.valid": True,
    "mail.server.server1.type": "imap",
    "mail.server.server1.socketType": 3,
    "mail.server.server1.authMethod": 3,
    "mail.server.server1.login_at_startup": True,
    "mail.server.server1.check_new_mail": True,
    "mail.server.server1.download_bodies_on_get_new_mail": True,
    "mail.server.server1.offline_download": True,
    "mail.server.server1.autosync_offline_stores": True,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.rights.version": 1,
    "mail.shell.checkDefaultClient": False,
    "mailnews.start_page.enabled": False,
    "mailnews.database.global.indexer.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.donation.eoy.version.viewed": 99,
    "network.proxy.type": 0,
}


class Item(ctypes.Structure):
    """NSS's SECItem."""

    _fields_ = [("type", ctypes.c_uint), ("data", ctypes.c_void_p), ("length", ctypes.c_uint)]


def encrypt(profile, texts):
    """`texts` as the profile's own key encrypts them, in base64."""
    nss = ctypes.CDLL("libnss3.so")
    if nss.NSS_InitReadWrite(f"sql:{profile}".encode()) != 0:
        raise RuntimeError("NSS does not open the profile")
    nss.PK11_GetInternalKeySlot.restype = ctypes.c_void_p
    nss.PK11_CheckUserPassword.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    nss.PK11_CheckUserPassword(nss.PK11_GetInternalKeySlot(), b"")
    results = []
    for text in texts:
        clear = ctypes.create_string_buffer(text.encode(), len(text.encode()))
        source = Item(0, ctypes.cast(clear, ctypes.c_void_p), len(clear))
        key, sealed = Item(0, None, 0), Item(0, None, 0)
        if nss.PK11SDR_Encrypt(ctypes.byref(key), ctypes.byref(source), ctypes.byref(sealed), None) != 0:
            raise RuntimeError("NSS does not encrypt")
        results.append(base64.b64encode(ctypes.string_at(sealed.data, sealed.length)).decode())
    nss.NSS_Shutdown()
    return results


def write_profile(tap, profile):
    profile.mkdir()
    if tap.run("certutil", "-N", "-d", f"sql:{profile}", "--empty-password").returncode != 0:
        raise RuntimeError("certutil does not make the certificate store")
    tap.run("certutil", "-A", "-d", f"sql:{profile}", "-n", "test CA", "-t", "CT,,", "-i", tap.ca)
    user, password = encrypt(profile, [tap.alice["address"], tap.alice["password"]])
    where = f"imap://{tap.hostname}"
    login = {"id": 1, "hostname": where, "httpRealm": where, "formSubmitURL": None, "usernameField": "", "passwordField": "",
             "encryptedUsername": user, "encryptedPassword": password, "guid": "{5f0c7a52-97a9-4f8a-8d9c-5c6a3e0d1b11}",
             "encType": 1, "timeCreated": 1, "timeLastUsed": 1, "timePasswordChanged": 1, "timesUsed": 1}
    (profile / "logins.json").write_text(json.dumps({"nextId": 2, "logins": [login], "version": 3}))
    prefs = dict(PREFS)
    prefs["mail.identity.id1.useremail"] = tap.alice["address"]
    prefs["mail.server.server1.hostname"] = tap.hostname
    prefs["mail.server.server1.port"] = tap.ports["imaps"]
    prefs["mail.server.server1.userName"] = tap.alice["address"]
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in prefs.items()]
    (profile / "user.js").write_text("\n".join(lines) + "\n")


class Desktop:
    """Xvfb and Thunderbird on it, as a context."""

    def __init__(self, tap, profile):
        self.tap = tap
        self.profile = profile
        self.running = []

    def __enter__(self):
        number = pathlib.Path(self.tap.scratch) / "display"
        with open(number, "wb") as out:
            # Without -noreset it starts afresh when Thunderbird's graphics probe, its first client, has gone.
            self._start(["Xvfb", "-displayfd", str(out.fileno()), "-screen", "0", "1280x900x24", "-nolisten", "tcp",
                         "-noreset"], pass_fds=[out.fileno()])
        if not self.tap.wait(lambda: number.read_text().endswith("\n")):
            raise RuntimeError("Xvfb does not start")
        display = number.read_text().strip()
        env = dict(os.environ, DISPLAY=f":{display}", HOME=str(self.tap.scratch), MOZ_DISABLE_CONTENT_SANDBOX="1")
        command = self.tap.resolving("thunderbird", "--no-remote", "--profile", self.profile)
        self._start([str(word) for word in command], env=env)
        return self

    def _start(self, command, **options):
        self.running.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                             start_new_session=True, **options))

    def ended(self):
        """The exit status of both; None is one that runs."""
        return [process.poll() for process in self.running]

    def __exit__(self, *unused):
        for process in reversed(self.running):
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def reads_inbox(tap):
    for program in ("thunderbird", "Xvfb", "certutil"):
        if not shutil.which(program):
            raise t.Skip(f"{program} is not installed")
    mark = t.token()
    text = "Gelesen mit Thunderbird: \u00c4pfel und \u30e1\u30fc\u30eb.\r\n"
    tap.deliver(tap.alice["address"], t.message(mark, tap.alice["address"], text))
    profile = pathlib.Path(tap.scratch) / "profile"
    write_profile(tap, profile)
    store = profile / "ImapMail" / tap.hostname

    def has(name, wanted):
        return (store / name).exists() and wanted in (store / name).read_bytes()

    with Desktop(tap, profile) as desktop:
        listed = tap.wait(lambda: has("INBOX.msf", mark.encode()), 90)
        tap.check(listed, "its index of INBOX has the message", f"Xvfb and Thunderbird ended with {desktop.ended()}; "
                  f"files {sorted(path.name for path in store.glob('*'))}")
        kept = tap.wait(lambda: has("INBOX", text.strip().encode()), 60)
        tap.check(kept, "its offline store has the body", (store / "INBOX").read_bytes()[-500:] if (store / "INBOX").exists() else "none")
        sent = tap.wait(lambda: any(store.glob("Sent*.msf")), 10)
        tap.check(sent, "it found the Sent folder", sorted(str(path) for path in store.glob("*")))


if __name__ == "__main__":
    t.main(reads_inbox)
