#!/usr/bin/python3
"""Forgotten passwords: one answer for all names, a link by mail, once, and what it ends. REQUIREMENTS 62, 63, 65, 68."""
import email
import email.policy
import html
import imaplib
import re
import secrets
import ssl
import time

import web
from test_second_factor import Browser, code, cookies, set_up

PATIENCE_S = 120
PASSWORD = "a long password"
NEXT = "another long password"


class Reader:
    """Somebody's inbox, where links arrive."""

    def __init__(self, w, address, password):
        self.tls = ssl.create_default_context(cafile=w.start["ca"])
        self.tls.check_hostname = False
        self.w, self.address, self.password = w, address, password

    def open(self):
        imap = imaplib.IMAP4_SSL(self.w.host, self.w.ports["imaps"], ssl_context=self.tls, timeout=60)
        imap.login(self.address, self.password)
        return imap

    def mails_for(self, login):
        imap = self.open()
        imap.select("INBOX")
        found = []
        for number in imap.search(None, "TEXT", f'"{login}"')[1][0].split():
            raw = imap.fetch(number, "(RFC822)")[1][0][1]
            found.append(email.message_from_bytes(raw, policy=email.policy.default))
        imap.logout()
        return found

    def wait_for(self, login, count=1):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            found = self.mails_for(login)
            if len(found) >= count:
                return found
            time.sleep(0.3)
        raise AssertionError(f"no mail about {login}")


def link_of(w, mail):
    found = re.search(r"https://\S+(/login/reset/([A-Za-z0-9_-]{43}))\s", mail.get_content())
    if not found:
        raise AssertionError(mail.get_content())
    return found.group(1)


def ask(w, login, **headers):
    return w.form("/login/forgotten", {"login": login}, headers=headers)


def seen(answer):
    """What a stranger learns of it."""
    return answer.status, answer.headers["Location"], answer.raw


def mailbox(w, name):
    domain = f"d{secrets.token_hex(4)}.example"
    address = f"{name}@{domain}"
    for path, body in (("/domains", {"name": domain}), ("/mailboxes", {"address": address, "password": PASSWORD})):
        made = w.api("POST", path, body, token="customer")
        if made.status != 201:
            raise AssertionError(made)
    return address


def with_recovery(w, reader):
    address = mailbox(w, "forgetful")
    browser = Browser(w, w.log_in(address, PASSWORD))
    settings = "/mail/settings"
    wrong = browser.post(f"{settings}/recovery", {"recovery": reader, "current": "not this one"}, settings)
    w.check(wrong.status == 422, "a recovery address is set by who knows the password", wrong)
    own = browser.post(f"{settings}/recovery", {"recovery": address, "current": PASSWORD}, settings)
    w.check(own.status == 422, "the mailbox itself is no recovery address", own)
    done = browser.post(f"{settings}/recovery", {"recovery": reader, "current": PASSWORD}, settings)
    w.check(done.status == 303, "it is set", done)
    w.check(reader.encode() in browser.get(settings).raw, "and shown to its owner")
    return address, browser


def test_mailbox(w):
    box = w.start["mailboxes"][1]
    reader = Reader(w, box["address"], box["password"])
    address, browser = with_recovery(w, reader.address)

    page = w.call("GET", "/login", token=None)
    w.check(b'href="/login/forgotten"' in page.raw, "the log-in page leads there")
    known, unknown = ask(w, address), ask(w, f"nobody@{address.partition('@')[2]}")
    w.check(known.status == 303 and seen(known) == seen(unknown), "the answer is the same for an unknown name", (known, unknown))

    mail = reader.wait_for(address)[0]
    w.check("postmaster@" in mail["From"] and address in mail.get_content(), "the mail says whose password it is", mail)
    link = link_of(w, mail)
    for _ in range(2):
        w.check(w.call("GET", link, token=None).status == 200, "looking at the link does not use it up")
    short = w.form(link, {"password": "short"})
    w.check(short.status == 422, "a bad password leaves the link good", short)
    used = w.form(link, {"password": NEXT})
    w.check(used.status == 303 and used.headers["Location"].startswith("/login?done="), "the link sets a password", used)
    w.check(not cookies(used), "and signs nobody in", used)
    w.check(browser.get("/mail/inbox").status in (303, 401), "all sessions have ended", browser.get("/mail/inbox"))
    w.check(w.form("/login", {"login": address, "password": PASSWORD}).status == 422, "the old password is wrong now")
    w.check(w.log_in(address, NEXT), "the new one is right")
    again = w.form(link, {"password": "a third long password"})
    w.check(again.headers["Location"].startswith("/login/forgotten"), "the link works once", again)
    w.check(w.call("GET", link, token=None).status == 303, "and is not shown again")

    imap = Reader(w, address, NEXT).open()
    w.check(imap.logout()[0] == "BYE", "mail programs use the new password")
    try:
        Reader(w, address, PASSWORD).open()
        refused = False
    except imaplib.IMAP4.error:
        refused = True
    w.check(refused, "and no longer the old one, which was kept as right a moment ago")

    actions = [e["action"] for e in w.api("GET", "/audit?limit=200", token="customer").json["items"] if e["object"] == address]
    w.check({"password.reset_mail", "password.reset", "mailbox.recovery"} <= set(actions), "the audit log has it", actions)


def test_factor_stays(w):
    box = w.start["mailboxes"][1]
    reader = Reader(w, box["address"], box["password"])
    login, cookie = w.customer()
    browser = Browser(w, cookie)
    fields = {"name": "", "contact": reader.address, "language": "de"}
    bare = browser.post("/account/profile", fields, "/account")
    w.check(bare.status == 422, "a contact address is changed by who knows the password", bare)
    done = browser.post("/account/profile", {**fields, "current": PASSWORD}, "/account")
    w.check(done.status == 303, "with it, it is", done)
    secret = set_up(w, login, "/account")[0]
    ask(w, login.upper())
    mail = reader.wait_for(login)[0]
    w.check("Passwort" in mail["Subject"], "in the account's language", mail["Subject"])
    used = w.form(link_of(w, mail), {"password": NEXT})
    w.check(used.status == 303, "the link works", used)
    answer = w.form("/login", {"login": login, "password": NEXT})
    w.check(answer.headers["Location"] == "/login/code", "the second factor is asked for as before", answer)
    right = w.form("/login/code", {"code": code(secret, 1)}, headers={"Cookie": cookies(answer)[0]})
    w.check(right.status == 303 and right.headers["Location"] == "/", "and still the same", right)


def test_other_ends(w):
    """A link dies with a change of the password by other means; there are three an hour; nobody else's words count."""
    box = w.start["mailboxes"][1]
    reader = Reader(w, box["address"], box["password"])
    address, _ = with_recovery(w, reader.address)
    for _ in range(5):
        ask(w, address, Host=w.start["host"])
    other, _ = with_recovery(w, reader.address)  # asked for later and mailed later: then all of the first have been dealt with
    ask(w, other)
    reader.wait_for(other)
    mails = reader.mails_for(address)
    w.check(len(mails) == 3, "three links an hour", len(mails))
    links = {link_of(w, mail) for mail in mails}
    w.check(len(links) == 3, "each its own")
    w.check(all(w.start["hostname"] in m.get_content() or w.start["host"] in m.get_content() for m in mails), "with the configured name")
    w.api("PATCH", f"/mailboxes/{address}", {"password": "set by the admin"}, token="customer")
    dead = [w.call("GET", link, token=None).status for link in links]
    w.check(dead == [303] * 3, "a change of the password ends them", dead)
    made_up = w.call("GET", "/login/reset/" + "A" * 43, token=None)
    w.check(made_up.status == 303, "what was never a link is none", made_up)
    w.check(w.call("GET", "/login/reset/x%00y", token=None).status in (303, 400, 404), "nor is rubbish")


if __name__ == "__main__":
    web.main(test_mailbox, test_factor_stays, test_other_ends)
