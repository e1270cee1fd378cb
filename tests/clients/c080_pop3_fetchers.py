#!/usr/bin/python3
"""fetchmail and getmail: unattended POP3 fetching that leaves mail there and takes only what is new. Debian packages: fetchmail getmail6."""

import os
import pathlib
import shutil

import tap as t


def deliver_marked(tap, count):
    marks = [t.token() for _ in range(count)]
    for mark in marks:
        tap.deliver(tap.bob["address"], t.message(mark, tap.bob["address"], "x\r\n.\r\ny\r\n"))
    return marks


def fetchmail(tap):
    marks = deliver_marked(tap, 2)
    out = pathlib.Path(tap.scratch) / "fetchmail.mbox"
    rc = pathlib.Path(tap.scratch) / "fetchmailrc"
    rc.write_text(f"poll bob via {tap.host} protocol POP3 port {tap.ports['pop3s']} uidl\n"
                  f"  username \"{tap.bob['address']}\" password \"{tap.bob['password']}\"\n"
                  f"  ssl sslcertck sslcertfile \"{tap.ca}\" sslcommonname \"{tap.hostname}\"\n"
                  f"  no rewrite keep mda \"cat >>{out}\"\n")
    rc.chmod(0o600)
    command = ["fetchmail", "-f", rc, "--pidfile", f"{tap.scratch}/pid", "--idfile", f"{tap.scratch}/ids", "--nosyslog", "-v"]
    first = tap.run(*command)
    text = out.read_text(errors="replace") if out.exists() else ""
    tap.check(all(f"X-Mark: {mark}" in text for mark in marks), "fetchmail fetches what is there", first.stdout)
    size = len(text)
    again = tap.run(*command)
    tap.check(again.returncode == 1 and len(out.read_text(errors="replace")) == size,
              "a second run finds nothing new: the UIDLs are the same", again.stdout)
    third = deliver_marked(tap, 1)[0]
    tap.run(*command)
    tap.check(f"X-Mark: {third}" in out.read_text(errors="replace")[size:], "and only the new one after a delivery")


def getmail(tap):
    marks = deliver_marked(tap, 2)
    box = pathlib.Path(tap.scratch) / "getmail"
    for name in ("cur", "new", "tmp"):
        (box / name).mkdir(parents=True)
    as_user = ""
    if os.getuid() == 0:  # getmail refuses to write mail as root
        pathlib.Path(tap.scratch).chmod(0o755)
        for path in (box, *box.iterdir()):
            shutil.chown(path, "nobody")
        as_user = "user = nobody\n"
    rc = pathlib.Path(tap.scratch) / "getmailrc"
    rc.write_text(f"[retriever]\ntype = SimplePOP3SSLRetriever\nserver = {tap.host}\nport = {tap.ports['pop3s']}\n"
                  f"username = {tap.bob['address']}\npassword = {tap.bob['password']}\nca_certs = {tap.ca}\n"
                  f"[destination]\ntype = Maildir\npath = {box}/\n{as_user}"
                  "[options]\nread_all = false\ndelete = false\ndelivered_to = false\nreceived = false\nverbose = 2\n")
    done = tap.run("getmail", "--getmaildir", tap.scratch, "--rcfile", rc)
    texts = [path.read_bytes() for path in (box / "new").glob("*")]
    for mark in marks:
        wanted = t.message(mark, tap.bob["address"], "x\r\n.\r\ny\r\n").replace(b"\r\n", b"\n")
        tap.check(any(t.below_trace(text, mark) == wanted for text in texts), "getmail fetches byte for byte", done.stdout)
    again = tap.run("getmail", "--getmaildir", tap.scratch, "--rcfile", rc)
    tap.check("0 messages (0 bytes) retrieved" in again.stdout, "a second run knows the UIDLs and takes nothing", again.stdout)


if __name__ == "__main__":
    t.main(fetchmail, getmail)
