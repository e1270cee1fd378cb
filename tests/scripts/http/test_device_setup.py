#!/usr/bin/env python3
"""/setup/{token}: one device, once; Apple's profile, signed; a code for Thunderbird on Android."""
import imaplib
import plistlib
import re
import smtplib
import ssl
import subprocess
import tempfile
import urllib.parse

import web

IPHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"}


def link_of(w, address):
    made = w.api("POST", f"/mailboxes/{address}/setup-links", {})
    return urllib.parse.urlsplit(made.json["url"]).path


def logs_in(w, address, password):
    """Over IMAP and submission."""
    tls = ssl.create_default_context(cafile=w.start["ca"])
    tls.check_hostname = False
    with imaplib.IMAP4_SSL("127.0.0.1", w.ports["imaps"], ssl_context=tls) as imap:
        imap.login(address, password)
    with smtplib.SMTP_SSL("127.0.0.1", w.ports["submissions"], context=tls, timeout=60) as smtp:
        smtp.login(address, password)
    return True


def content_of(w, signed):
    """What was signed, when the signature is that of the server's certificate."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(signed)
        file.flush()
        done = subprocess.run(["openssl", "cms", "-verify", "-inform", "DER", "-in", file.name, "-CAfile", w.start["ca"],
                               "-purpose", "any"], capture_output=True, check=False, timeout=60)
    return done.stdout if done.returncode == 0 else done.stderr


def apple(w):
    address = f"apple-{w.mark}@example.test"
    w.api("POST", "/mailboxes", {"address": address, "password": "a long password"})
    path = link_of(w, address)
    page = w.call("GET", path, token=None, headers=IPHONE)
    w.check(page.status == 200 and address.encode() in page.raw and b"/profile" in page.raw and b'class="qr"' in page.raw,
            "the page offers the profile and a code", page)
    w.check("noindex" in page.headers["X-Robots-Tag"], "nothing for search engines", page)
    w.check(w.call("GET", path, token=None).status == 200, "looking does not use it up")
    profile = w.call("POST", path + "/profile", token=None, raw="", headers={"Content-Type": "application/x-www-form-urlencoded"})
    w.check(profile.status == 200 and profile.headers["Content-Type"] == "application/x-apple-aspen-config", "a profile", profile)
    text = content_of(w, profile.raw)
    account = plistlib.loads(text)["PayloadContent"][0] if text.startswith(b"<?xml") else {}
    w.check(account.get("IncomingMailServerUsername") == address, "signed with the server's certificate", text[:500])
    w.check(bool(account) and logs_in(w, address, account["IncomingPassword"]), "its password logs in over IMAP and submission")
    again = [w.call("POST", path + "/profile", token=None, raw="", headers={"Content-Type": "application/x-www-form-urlencoded"}).status,
             w.call("GET", path, token=None).status]
    w.check(again == [404, 404], "and it works once", again)
    labels = [p["label"] for p in w.api("GET", f"/mailboxes/{address}/app-passwords").json["items"]]
    w.check(len(labels) == 1, "the device is in the list, to be revoked", labels)
    w.api("DELETE", f"/mailboxes/{address}")


def other(w):
    address = f"other-{w.mark}@example.test"
    w.api("POST", "/mailboxes", {"address": address, "password": "a long password"})
    path = link_of(w, address)
    page = w.call("POST", path + "/password", token=None, raw="", headers={"Content-Type": "application/x-www-form-urlencoded"})
    secret = re.search(rb'id="password">([^<]+)<', page.raw)
    w.check(page.status == 200 and bool(secret) and b'class="qr"' in page.raw, "a password and its code are shown", page)
    w.check(bool(secret) and logs_in(w, address, secret.group(1).decode()), "it logs in")
    w.check(w.call("GET", path, token=None).status == 404, "the link is used up")
    w.check(w.call("GET", path.replace("/setup/", "/handoff/"), token=None).status == 404, "and is no hand-off link")
    w.check(w.api("POST", "/mailboxes/nobody@example.test/setup-links", {}).status == 404, "nobody has no link")
    gone = link_of(w, address)
    w.api("DELETE", f"/mailboxes/{address}")
    w.check(w.call("GET", gone, token=None).status == 404, "nor has who is gone")


web.main(apple, other)
