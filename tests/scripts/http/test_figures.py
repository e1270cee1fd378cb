#!/usr/bin/python3
"""Figures: what happens is counted by domain, for statistics, billing and monitoring; nobody sees another's."""
import imaplib
import re
import secrets
import smtplib
import ssl
import time

import web
from test_second_factor import Browser

PATIENCE_S = 180
PASSWORD = "a long password"


def setting(w):
    login, cookie = w.customer("reseller")
    token = w.token_of(login, PASSWORD)
    domain = f"d{secrets.token_hex(4)}.example"
    for path, body in (("/domains", {"name": domain}), ("/mailboxes", {"address": f"box@{domain}", "password": PASSWORD})):
        made = w.api("POST", path, body, token=token)
        if made.status != 201:
            raise AssertionError(made)
    return login, domain, token, Browser(w, cookie)


def happen(w, domain):
    """Three messages in, one unknown recipient, one message handed in, one log-in, one wrong password."""
    with smtplib.SMTP(w.host, w.ports["smtp"], timeout=60) as smtp:
        for n in range(3):
            smtp.sendmail("sender@elsewhere.example", [f"box@{domain}"], f"From: sender@elsewhere.example\r\nSubject: {n}\r\n\r\nx\r\n")
        try:
            smtp.sendmail("sender@elsewhere.example", [f"nobody@{domain}"], "Subject: x\r\n\r\nx\r\n")
            raise AssertionError("an unknown recipient was taken")
        except smtplib.SMTPRecipientsRefused:
            pass
    tls = ssl.create_default_context(cafile=w.start["ca"])
    tls.check_hostname = False
    with smtplib.SMTP_SSL(w.host, w.ports["submissions"], timeout=60, context=tls) as smtp:
        smtp.login(f"box@{domain}", PASSWORD)
        smtp.sendmail(f"box@{domain}", [f"box@{domain}"], f"From: box@{domain}\r\nSubject: own\r\n\r\nx\r\n")
    imap = imaplib.IMAP4_SSL(w.host, w.ports["imaps"], ssl_context=tls, timeout=60)
    try:
        imap.login(f"box@{domain}", "not this one")
        raise AssertionError("a wrong password was taken")
    except imaplib.IMAP4.error:
        imap.shutdown()


WANTED = {"received": 4, "refused_unknown": 1, "submitted": 1, "logins": 1, "logins_failed": 1}


def sums(w, token, query):
    answer = w.api("GET", f"/statistics?{query}", token=token)
    if answer.status != 200:
        raise AssertionError(answer)
    items = answer.json["items"]
    return {name: sum(i["junk"] + i[name] if name == "received" else i[name] for i in items) for name in WANTED}, len(items)


def wait_for(w, token, query):
    end = time.monotonic() + PATIENCE_S
    while True:
        seen, _ = sums(w, token, query)
        if all(seen[k] >= WANTED[k] for k in WANTED) or time.monotonic() > end:
            return seen
        time.sleep(0.5)


def test_counts(w):
    login, domain, token, browser = setting(w)
    happen(w, domain)
    seen = wait_for(w, token, f"domain={domain}")
    w.check(seen == WANTED, "what happened is counted, once", seen)
    whole, hours = sums(w, token, "")
    w.check(whole == WANTED and hours == 24, "and so for all of the account, by the hour", (whole, hours))
    days, n = sums(w, token, "step=day")
    w.check(days == WANTED and n == 30, "by the day", (days, n))
    above, _ = sums(w, "reseller", f"domain={domain}")
    w.check(above == WANTED, "its reseller sees it", above)
    other = w.customer("reseller")
    stranger = w.token_of(other[0], PASSWORD)
    w.is_problem(w.api("GET", f"/statistics?domain={domain}", token=stranger), 404, "not_found", "another customer does not")
    w.check(not any(sums(w, stranger, "")[0].values()), "nor in its sums")

    rows = [u for u in w.api("GET", "/usage", token=token).json["items"] if u["account"] == login]
    good = len(rows) == 1 and (rows[0]["received"], rows[0]["submitted"], rows[0]["messages"]) == (4, 1, 5)
    w.check(good and rows[0]["domains"] == 1 and rows[0]["mailboxes"] == 1 and rows[0]["size_bytes"] > 0, "usage for billing", rows)
    past = w.api("GET", "/usage?month=2020-01", token=token).json["items"][0]
    w.check(past["messages"] == 0 and past["sent"] == 0, "of its month only", past)

    for query in ("since=2026-01-02T00:00:00Z&until=2026-01-01T00:00:00Z", "since=2020-01-01T00:00:00Z"):
        w.is_problem(w.api("GET", f"/statistics?{query}", token=token), 422, "invalid", f"{query} is no period")

    page = browser.get(f"/statistics?domain={domain}")
    w.check(page.status == 200 and b"<rect" in page.raw and b'data-label="Received">' in page.raw, "the page has charts and the table", page)
    for period in ("7d", "30d", "90d", "nonsense"):
        w.check(b"<rect" in browser.get(f"/statistics?period={period}").raw, f"of {period}")
    csv = browser.get(f"/statistics.csv?domain={domain}")
    lines = csv.raw.decode().split("\r\n")
    total = sum(int(line.split(",")[1]) + int(line.split(",")[2]) for line in lines[1:-1])
    w.check(csv.headers["Content-Type"].startswith("text/csv") and len(lines) == 26 and total == 4, "and as CSV", lines)
    w.check(browser.get("/statistics?domain=example.test").status == 404, "of nobody else")
    german = w.call("GET", "/statistics", token=None, headers={"Cookie": browser.cookie, "Accept-Language": "de"})
    w.check("Empfangen" in german.raw.decode(), "in German, too")


def test_metrics(w):
    end = time.monotonic() + PATIENCE_S
    while True:
        text = w.api("GET", "/metrics", token="admin").raw.decode()
        counted = dict(re.findall(r'mailstead_events_total\{role="(\w+)",event="received"\} (\d+)', text))
        if set(counted) == {"mx", "user", "web", "send"} and int(counted["mx"]) >= 3 or time.monotonic() > end:
            break
        time.sleep(0.5)
    w.check(set(counted) == {"mx", "user", "web", "send"}, "every role tells what it has counted", text)
    for role in ("mx", "user", "web", "send"):
        w.check(f'mailstead_role_up{{role="{role}"}} 1' in text, f"{role} is up")
        w.check(f'mailstead_connections_accepted_total{{role="{role}"}} ' in text, f"and {role} tells of its connections")
    w.check("mailstead_database_up 1" in text, "and the database")
    names = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")]
    w.check(len(names) == len(set(names)), "every metric is described once", names)
    samples = [line for line in text.splitlines() if line and not line.startswith("#")]
    good = all(re.fullmatch(r'[a-z_]+(\{[a-z]+="[\w.-]+"(,[a-z]+="[\w.-]+")*\})? -?\d+', line) for line in samples)
    w.check(good, "each line is a sample", samples)


if __name__ == "__main__":
    web.main(test_counts, test_metrics)
