#!/usr/bin/python3
"""mbsync: a folder and a Maildir kept the same in both directions. Debian package: isync."""

import imaplib
import pathlib
import re

import tap as t

RC = """
IMAPAccount far
Host {host}
Port {port}
User "{user}"
Pass "{password}"
SSLType IMAPS
SSLVersions TLSv1.2 TLSv1.3
CertificateFile {ca}
AuthMechs LOGIN

IMAPStore far
Account far

MaildirStore near
Path {scratch}/maildir/
Inbox {scratch}/maildir/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns {folder}
Create Both
Expunge Both
SyncState *
"""


class Sync:
    def __init__(self, tap, folder):
        self.tap = tap
        self.folder = folder
        self.near = pathlib.Path(tap.scratch) / "maildir" / folder
        (pathlib.Path(tap.scratch) / "maildir").mkdir()
        self.rc = pathlib.Path(tap.scratch) / "mbsyncrc"
        self.rc.write_text(RC.format(host=tap.hostname, port=tap.ports["imaps"], user=tap.alice["address"],
                                     password=tap.alice["password"], ca=tap.ca, scratch=tap.scratch, folder=folder))
        self.rc.chmod(0o600)

    def run(self):
        return self.tap.run(*self.tap.resolving("mbsync", "-c", self.rc, "all"))

    def local(self):
        return sorted(path for path in self.near.glob("[cn]*/*") if path.parent.name in ("cur", "new"))


def remote(tap, folder, *commands):
    """The flags of every message there, after running `commands` on it."""
    with imaplib.IMAP4_SSL(tap.host, tap.ports["imaps"], ssl_context=tap.tls()) as client:
        client.login(tap.alice["address"], tap.alice["password"])
        client.select(folder)
        for command in commands:
            command(client)
        return [line.decode() for line in client.fetch("1:*", "(FLAGS)")[1] if line]


def synchronises(tap):
    folder = t.token()
    sync = Sync(tap, folder)
    with imaplib.IMAP4_SSL(tap.host, tap.ports["imaps"], ssl_context=tap.tls()) as client:
        client.login(tap.alice["address"], tap.alice["password"])
        client.create(folder)
        for n in range(5):
            client.append(folder, "(\\Seen)" if n == 0 else None, None, t.message(f"far-{n}", tap.alice["address"]))

    done = sync.run()
    files = sync.local()
    if not tap.check(done.returncode == 0 and len(files) == 5, "five messages come down", f"{len(files)} files\n{done.stdout}"):
        return
    tap.check(sum(path.name.endswith("S") for path in files) == 1, "with their \\Seen", [path.name for path in files])
    first = next(path for path in files if b"far-0" in path.read_bytes())
    got = re.sub(rb"^X-TUID: .*\n", b"", first.read_bytes(), flags=re.M)  # mbsync's own mark
    tap.check(got == t.message("far-0", tap.alice["address"]).replace(b"\r\n", b"\n"), "unchanged", got)

    (sync.near / "new" / "1795348800.near_1.host").write_bytes(t.message("near-1", tap.alice["address"]).replace(b"\r\n", b"\n"))
    done = sync.run()
    tap.check(done.returncode == 0 and len(remote(tap, folder)) == 6, "a local message goes up", done.stdout)

    other = next(path for path in sync.local() if b"far-1" in path.read_bytes())
    other.rename(other.parent.parent / "cur" / (other.name.partition(":2,")[0] + ":2,FS"))
    remote(tap, folder, lambda client: client.store("3", "+FLAGS", "(\\Answered)"))
    done = sync.run()
    flags = remote(tap, folder)
    tap.check(any("\\Flagged" in line for line in flags), "a local flag goes up", f"{done.stdout}\n{flags}")
    tap.check(any("R" in path.name.partition(":2,")[2] for path in sync.local()), "a remote flag comes down", done.stdout)

    next(path for path in sync.local() if b"far-4" in path.read_bytes()).unlink()
    remote(tap, folder, lambda client: client.store("1", "+FLAGS", "(\\Deleted)"), lambda client: client.expunge())
    done = sync.run()
    tap.check(done.returncode == 0 and len(remote(tap, folder)) == 4 and len(sync.local()) == 4,
              "deletions go both ways", f"{done.stdout}\nremote {len(remote(tap, folder))}, local {len(sync.local())}")
    done = sync.run()
    tap.check(done.returncode == 0 and "error" not in done.stdout.lower(), "a last run has nothing to complain about", done.stdout)
    with imaplib.IMAP4_SSL(tap.host, tap.ports["imaps"], ssl_context=tap.tls()) as client:
        client.login(tap.alice["address"], tap.alice["password"])
        client.delete(folder)


if __name__ == "__main__":
    t.main(synchronises)
