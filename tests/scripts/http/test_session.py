#!/usr/bin/python3
"""Sessions of people: log-in, cookies, forged requests, log-out."""
import re

import web


def csrf_of(w, cookie, path="/domains/new"):
    page = w.call("GET", path, token=None, headers={"Cookie": cookie})
    found = re.search(rb'name="csrf"[^>]*value="([^"]+)"', page.raw)
    return found.group(1).decode() if found else ""


def logging_in(w):
    admin = w.logins["admin"]
    answer = w.form("/login", {"login": admin["login"], "password": admin["password"]})
    cookie = answer.headers["Set-Cookie"] or ""
    w.check(answer.status == 303 and cookie.startswith("__Host-ms_panel="), "an account's log-in opens the panel", answer)
    for part in ("; Path=/", "; Secure", "; HttpOnly", "; SameSite=Lax"):
        w.check(part in cookie and "Domain" not in cookie, f"the cookie has {part[2:]}", cookie)
    other = w.form("/login", {"login": admin["login"].upper(), "password": admin["password"]})
    w.check(other.status == 303 and other.headers["Set-Cookie"] != cookie, "each log-in is another session", other)
    planted = w.form("/login", {"login": admin["login"], "password": admin["password"]},
                     headers={"Cookie": "__Host-ms_panel=" + "A" * 43})
    w.check("A" * 43 not in planted.headers["Set-Cookie"], "a planted cookie is not taken over", planted)
    box = w.start["mailboxes"][0]
    mail = w.form("/login", {"login": box["address"], "password": box["password"]})
    w.check(mail.status == 303 and mail.headers["Set-Cookie"].startswith("__Host-ms_mail="), "a mailbox' opens webmail", mail)
    refusals = [w.form("/login", {"login": login, "password": "wrong password"})
                for login in (admin["login"], box["address"], "nobody@example.test", "nobody")]
    w.check(len({r.status for r in refusals}) == 1 and refusals[0].status in (401, 422, 403) and
            not any(r.headers["Set-Cookie"] for r in refusals), "wrong and unknown look alike", refusals)


def forged_requests(w):
    admin = w.logins["admin"]
    cookie = w.log_in(admin["login"], admin["password"])
    name, csrf = f"csrf-{w.mark}.example", csrf_of(w, cookie)
    w.check(len(csrf) == 86 and csrf != csrf_of(w, cookie), "the token is masked anew on each page", csrf)

    def post(**headers):
        return w.api("POST", "/domains", {"name": name}, token=None,
                     headers={"Cookie": cookie, **{k.replace("_", "-"): v for k, v in headers.items()}})
    origin = f"https://127.0.0.1:{w.ports['https']}"
    w.is_problem(post(), 403, "csrf", "a change without the token")
    w.is_problem(post(X_CSRF_Token="A" * 86), 403, "csrf", "with a token that is none")
    w.is_problem(post(X_CSRF_Token=csrf[:-1] + ("A" if csrf[-1] != "A" else "B")), 403, "csrf", "with one letter changed")
    stranger = w.log_in(w.logins["reseller"]["login"], w.logins["reseller"]["password"])
    w.is_problem(post(X_CSRF_Token=csrf_of(w, stranger)), 403, "csrf", "with another session's token")
    for bad in ("https://evil.example", "null", f"https://127.0.0.1:{w.ports['https']}.evil.example", "https://127.0.0.1"):
        w.is_problem(post(X_CSRF_Token=csrf, Origin=bad), 403, "cross_site", f"from {bad}")
    for bad in ("cross-site", "same-site"):
        w.is_problem(post(X_CSRF_Token=csrf, Sec_Fetch_Site=bad), 403, "cross_site", f"Sec-Fetch-Site: {bad}")
    w.check(w.api("GET", f"/domains/{name}").status == 404, "none of them did anything")
    good = post(X_CSRF_Token=csrf, Origin=origin, Sec_Fetch_Site="same-origin")
    w.check(good.status == 201, "ours does", good)
    w.check(w.api("GET", "/domains", token=None, headers={"Cookie": cookie}).status == 200, "reading needs no token")
    both = w.api("GET", "/domains", headers={"Cookie": cookie})
    w.is_problem(both, 400, "two_logins", "cookie and token together")
    w.api("DELETE", f"/domains/{name}")
    w.check(w.form("/login", {"login": "x", "password": "y"}, headers={"Origin": "https://evil.example"}).status == 403,
            "nor can a log-in be forged")


def kinds_do_not_mix(w):
    box = w.start["mailboxes"][0]
    mail = w.log_in(box["address"], box["password"])
    secret = mail.partition("=")[2]
    w.is_problem(w.api("GET", "/domains", token=None, headers={"Cookie": mail}), 401, "unauthenticated",
                 "a webmail session in the API")
    w.is_problem(w.api("GET", "/domains", token=None, headers={"Cookie": "__Host-ms_panel=" + secret}), 401,
                 "unauthenticated", "its secret in the panel's cookie")
    for value in ("", "x", "A" * 43, "A" * 5000, "%00"):
        answer = w.api("GET", "/domains", token=None, headers={"Cookie": "__Host-ms_panel=" + value})
        w.is_problem(answer, 401, "unauthenticated", f"cookie of {len(value)} characters")


def logging_out(w):
    admin = w.logins["admin"]
    cookie = w.log_in(admin["login"], admin["password"])
    csrf = csrf_of(w, cookie)
    w.check(w.api("GET", "/domains", token=None, headers={"Cookie": cookie}).status == 200, "logged in")
    out = w.form("/logout", {"csrf": csrf}, headers={"Cookie": cookie})
    w.check(out.status == 303 and "Max-Age=0" in out.headers["Set-Cookie"], "log-out clears the cookie", out)
    w.is_problem(w.api("GET", "/domains", token=None, headers={"Cookie": cookie}), 401, "unauthenticated",
                 "and ends the session on the server")


def password_change_ends_sessions(w):
    login, cookie = w.customer()
    w.check(w.api("GET", "/domains", token=None, headers={"Cookie": cookie}).status == 200, "logged in")
    w.check(w.api("PATCH", f"/accounts/{login}", {"password": "another long one"}, token="reseller").status == 200, "changed")
    w.is_problem(w.api("GET", "/domains", token=None, headers={"Cookie": cookie}), 401, "unauthenticated", "the old session")
    w.check(w.form("/login", {"login": login, "password": "a long password"}).status != 303, "the old password")
    w.check(w.form("/login", {"login": login, "password": "another long one"}).status == 303, "the new one")


if __name__ == "__main__":
    web.main(logging_in, forged_requests, kinds_do_not_mix, logging_out, password_change_ends_sessions)
