#!/usr/bin/python3
"""Mail of our users is signed: python3-dkim checks it with the records that the panel asks the customer to publish."""

import imaplib
import json
import smtplib
import ssl
import urllib.request

import tap as t

MESSAGES = {
    "plain text": "From: {alice}\r\nTo: {bob}\r\nSubject: {mark}\r\n\r\nHello  \r\n\r\n\r\n",
    "no body": "From: {alice}\r\nSubject: {mark}\r\n\r\n",
    "own Date and Message-ID": "From: {alice}\r\nDate: Sun, 22 Nov 2026 12:00:00 +0000\r\nMessage-ID: <{mark}@x.test>\r\n"
                               "Subject: {mark}\r\nBcc: eve@x.test\r\n\r\n.\r\n..\r\n",
    "UTF-8": "From: Älice <{alice}>\r\nTo: {bob}\r\nSubject: {mark} ä\r\n 🐦\r\n\r\n日本語 \t \r\n",
    "above the spool threshold": "From: {alice}\r\nTo: {bob}\r\nSubject: {mark}\r\n\r\n" + "a line with a blank at its end \r\n" * 60000,
}


def records(tap):
    """What the panel wants in DNS, by name."""
    context = ssl.create_default_context(cafile=tap.ca)
    context.check_hostname = False
    domain = tap.alice["address"].split("@")[1]
    request = urllib.request.Request(f"{tap.https}/api/v1/domains/{domain}/dns",
                                     headers={"Authorization": f"Bearer {tap.token_of('customer')}"})
    with urllib.request.urlopen(request, context=context, timeout=30) as answer:
        return {r["name"]: r["value"] for r in json.load(answer)["records"] if r["purpose"] == "dkim"}


def newest(tap, mark):
    with imaplib.IMAP4_SSL(tap.host, tap.ports["imaps"], ssl_context=tap.tls()) as imap:
        imap.login(tap.bob["address"], tap.bob["password"])
        imap.select("INBOX")
        found = imap.search(None, "SUBJECT", mark)[1][0].split()
        return imap.fetch(found[-1], "(BODY.PEEK[])")[1][0][1] if found else None


def submitted_mail_is_signed(tap):
    try:
        import dkim
    except ImportError as missing:
        raise t.Skip("python3-dkim is not installed") from missing
    zone = records(tap)
    tap.check(len(zone) == 2, "there are two DKIM records", zone)
    with smtplib.SMTP_SSL(tap.host, tap.ports["submissions"], context=tap.tls(), timeout=60) as smtp:
        smtp.login(tap.alice["address"], tap.alice["password"])
        for name, text in MESSAGES.items():
            mark = t.token()
            data = text.format(alice=tap.alice["address"], bob=tap.bob["address"], mark=mark).encode()
            options = ["SMTPUTF8", "BODY=8BITMIME"] if not data.isascii() else []
            smtp.sendmail(tap.alice["address"], [tap.bob["address"]], data, mail_options=options)
            got = tap.wait(lambda: newest(tap, mark)) or b""
            verifier = dkim.DKIM(got)
            said = [verifier.verify(idx=i, dnsfunc=lambda n, timeout=5: zone.get(n.decode().rstrip("."), "").encode())
                    for i in range(2)] if got.count(b"\r\nDKIM-Signature:") == 2 else []
            tap.check(said == [True, True], f"{name}: both signatures are right", got[:3000].decode(errors="replace"))


t.main(submitted_mail_is_signed)
