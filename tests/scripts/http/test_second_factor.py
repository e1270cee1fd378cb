#!/usr/bin/python3
"""The second factor: codes work once, recovery codes too, mail programs need app passwords, policy. REQUIREMENTS 62, 65, 68."""
import base64
import hashlib
import hmac
import imaplib
import re
import ssl
import struct
import time

import web

PASSWORD = "a long password"


def code(secret, step=0):
    mac = hmac.new(base64.b32decode(secret), struct.pack(">Q", int(time.time()) // 30 + step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06d}"


class Browser:
    def __init__(self, w, cookie):
        self.w, self.cookie = w, cookie

    def get(self, path):
        return self.w.call("GET", path, token=None, headers={"Cookie": self.cookie})

    def post(self, path, fields, page):
        csrf = re.search(rb'name="csrf"[^>]*value="([^"]+)"', self.get(page).raw).group(1).decode()
        return self.w.form(path, {**fields, "csrf": csrf}, headers={"Cookie": self.cookie})


def cookies(answer):
    found = [h.partition(";")[0] for h in answer.headers.get_all("Set-Cookie") or []]
    return [c for c in found if not c.endswith("=")]


def password_step(w, login):
    answer = w.form("/login", {"login": login, "password": PASSWORD})
    w.check(answer.status == 303 and answer.headers["Location"] == "/login/code", "the password alone asks for a code", answer)
    return cookies(answer)[0]


def code_step(w, cookie, text):
    return w.form("/login/code", {"code": text}, headers={"Cookie": cookie})


def set_up(w, login, base):
    browser = Browser(w, w.log_in(login, PASSWORD))
    begun = browser.post(f"{base}/second-factor", {}, base)
    secret = re.search(rb'id="factor-secret">([A-Z2-7]{32})<', begun.raw).group(1).decode()
    w.check(b"otpauth://totp/" in begun.raw, "a link opens an app", begun)
    wrong = browser.post(f"{base}/second-factor/confirm", {"code": "000000" if code(secret) != "000000" else "111111"}, base)
    w.check(wrong.status == 422, "a wrong code switches nothing on", wrong)
    w.check(w.log_in(login, PASSWORD), "so the password is still enough")
    on = browser.post(f"{base}/second-factor/confirm", {"code": code(secret, -1)}, base)
    recovery = re.findall(rb"\b([a-z2-7]{4}(?:-[a-z2-7]{4}){3})\b", on.raw)
    w.check(on.status == 200 and len(recovery) == 10, "a right one does, and shows ten recovery codes", on)
    return secret, [r.decode() for r in recovery], browser


def log_in_with(w, login, secret, recovery):
    pending = password_step(w, login)
    w.check(w.call("GET", "/domains", token=None, headers={"Cookie": pending}).status == 303, "which opens no page")
    w.check(code_step(w, pending, "123").status == 422, "a wrong code")
    right = code(secret)
    done = code_step(w, pending, right)
    w.check(done.status == 303 and cookies(done), "the right code signs in", done)
    w.check(cookies(done)[0].split("=")[1] != pending.split("=")[1], "with a session of its own")
    w.check(code_step(w, pending, code(secret, 1)).headers["Location"].startswith("/login?"), "the first step is used up")
    w.check(code_step(w, password_step(w, login), right).status == 422, "a code works once")
    w.check(code_step(w, password_step(w, login), recovery[0].upper().replace("-", " ")).status == 303, "a recovery code signs in")
    w.check(code_step(w, password_step(w, login), recovery[0]).status == 422, "once")
    return cookies(done)[0]


def accounts(w):
    login, _ = w.customer("reseller")
    secret, recovery, browser = set_up(w, login, "/account")
    session = log_in_with(w, login, secret, recovery)
    w.check(w.call("GET", "/domains", token=None, headers={"Cookie": session}).status == 200, "the session works")
    off = browser.post("/account/second-factor/end", {"code": recovery[1]}, "/account")
    w.check(off.status == 303, "switched off with a code", off)
    w.check(w.log_in(login, PASSWORD).startswith("__Host-ms_panel"), "the password is enough again")


def many_wrong(w):
    login, _ = w.customer("reseller")
    set_up(w, login, "/account")
    pending = password_step(w, login)
    answers = [code_step(w, pending, f"00000{n}x") for n in range(5)]
    w.check([a.status for a in answers] == [422] * 4 + [303], "five wrong codes end the attempt", answers)
    lost = w.api("DELETE", f"/accounts/{login}/second-factor", token="reseller")
    w.check(lost.status == 204, "who is above switches it off when the telephone is lost", lost)
    w.check(w.log_in(login, PASSWORD), "the password is enough again")


def policy(w):
    login, cookie = w.customer("reseller")
    on = w.api("PATCH", f"/accounts/{login}", {"require_second_factor": True}, token="reseller")
    w.check(on.status == 200 and on.json["require_second_factor"], "it is asked for", on)
    page = w.call("GET", "/domains", token=None, headers={"Cookie": cookie})
    w.check(page.status == 303 and page.headers["Location"] == "/account", "every page leads to the set-up", page)
    w.is_problem(w.api("GET", "/domains", token=None, headers={"Cookie": cookie}), 403, "second_factor_required", "the API by session")
    w.check(w.call("GET", "/account", token=None, headers={"Cookie": cookie}).status == 200, "but the set-up itself")
    _, _, browser = set_up(w, login, "/account")
    w.check(browser.get("/domains").status == 200, "then everything is open")


def imap(w, user, password):
    context = ssl.create_default_context(cafile=w.start["ca"])
    context.check_hostname = False
    conn = imaplib.IMAP4_SSL(w.host, w.ports["imaps"], ssl_context=context)
    try:
        conn.login(user, password)
        return True
    except imaplib.IMAP4.error:
        return False
    finally:
        conn.shutdown()


def mailboxes(w):
    name = f"f{w.mark}.example"
    w.api("POST", "/domains", {"name": name})
    box = f"a@{name}"
    w.api("POST", "/mailboxes", {"address": box, "password": PASSWORD})
    w.check(imap(w, box, PASSWORD), "IMAP takes the password")
    secret, recovery, browser = set_up(w, box, "/mail/settings")
    w.check(not imap(w, box, PASSWORD), "with a second factor it does not")
    made = browser.post("/mail/settings/app-passwords", {"label": "phone"}, "/mail/settings")
    app = re.search(rb'id="app-password">([^<]+)<', made.raw).group(1).decode()
    w.check(imap(w, box, app), "an app password does")
    session = log_in_with(w, box, secret, recovery)
    w.check(w.call("GET", "/mail/inbox", token=None, headers={"Cookie": session}).status == 200, "webmail is open")
    removed = re.search(rb'/app-passwords/(\d+)/delete', browser.get("/mail/settings").raw).group(1).decode()
    browser.post(f"/mail/settings/app-passwords/{removed}/delete", {}, "/mail/settings")
    w.check(not imap(w, box, app), "taken back, it is refused")
    changed = browser.post("/mail/settings/password", {"current": PASSWORD, "password": "another long one"}, "/mail/settings")
    w.check(changed.status == 303, "one's own password changes", changed)
    w.check(w.api("DELETE", f"/mailboxes/{box}/second-factor").status == 204, "the owner of the domain helps")
    w.check(imap(w, box, "another long one"), "IMAP takes the password again")


if __name__ == "__main__":
    web.main(accounts, many_wrong, policy, mailboxes)
