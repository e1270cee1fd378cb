#!/usr/bin/python3
"""Relays, outgoing addresses and limits on sending: API and pages."""
import re

import web

FOUR = ("hour_messages", "hour_recipients", "day_messages", "day_recipients")


def limits(**values):
    return {**dict.fromkeys(FOUR, 100), **values}


def api_limits(w):
    login, cookie = w.customer("reseller")
    domain = f"limits-{w.mark}.example"
    w.api("POST", "/domains", {"name": domain, "account": login}, token="reseller")
    answer = w.api("GET", f"/domains/{domain}/send-limit", token="reseller")
    w.check(answer.status == 200 and answer.json["from"] == "server" and answer.json["hour_messages"] > 0, "a domain has the server's", answer)
    server = answer.json
    answer = w.api("PUT", f"/domains/{domain}/send-limit", limits(hour_messages=7), token="reseller")
    w.check(answer.status == 200 and answer.json["from"] == "own" and answer.json["hour_messages"] == 7, "a reseller sets its own", answer)
    answer = w.api("PUT", f"/domains/{domain}/send-limit", limits(day_messages=server["day_messages"] + 1), token="reseller")
    w.is_problem(answer, 422, "invalid", "not beyond the server's")
    w.is_problem(w.api("PUT", f"/domains/{domain}/send-limit", limits(hour_messages=0), token="reseller"), 422, "invalid", "nor none at all")
    answer = w.api("PUT", f"/domains/{domain}/send-limit", limits(hour_messages=0))
    w.check(answer.status == 200 and answer.json["hour_messages"] == 0, "an administrator may", answer)
    page = w.call("GET", f"/domains/{domain}/sending", token=None, headers={"Cookie": cookie})
    w.check(page.status == 200 and b"These are its own." in page.raw and b"/sending/limits" not in page.raw, "its owner sees them", page)
    w.check(w.api("DELETE", f"/domains/{domain}/send-limit", token="reseller").status == 204, "they go", answer)
    w.check(w.api("GET", f"/domains/{domain}/send-limit").json == server, "and it has the server's again")
    answer = w.api("PUT", f"/accounts/{login}/send-limit", limits(), token="reseller")
    w.check(answer.status == 200 and answer.json["from"] == "own", "an account below has its own", answer)
    own = w.logins["reseller"]["login"]
    w.is_problem(w.api("PUT", f"/accounts/{own}/send-limit", limits(), token="reseller"), 403, "forbidden", "not one's own account")
    w.api("DELETE", f"/accounts/{login}/send-limit")


class Admin:
    def __init__(self, w):
        self.w = w
        self.cookie = w.log_in(w.logins["admin"]["login"], w.logins["admin"]["password"])

    def get(self, path):
        return self.w.call("GET", path, token=None, headers={"Cookie": self.cookie})

    def post(self, at, path, fields):
        csrf = re.search(rb'name="csrf"[^>]*value="([^"]+)"', self.get(at).raw).group(1).decode()
        return self.w.form(path, {"csrf": csrf, **fields}, headers={"Cookie": self.cookie, "Origin": self.w.start["https"]})


def pages(w):
    admin = Admin(w)
    domain = f"route-{w.mark}.example"
    w.api("POST", "/domains", {"name": domain})
    at = f"/domains/{domain}/sending"
    answer = admin.post(at, f"{at}/route", {"smarthost": "smtps://user:secret@relay.example:465", "source": "192.0.2.1"})
    w.check(answer.status == 303, "a page sets a relay", answer)
    page = admin.get(at)
    w.check(b"smtps://user@relay.example:465" in page.raw and b"secret" not in page.raw, "shows it without its password", page)
    answer = admin.post(at, f"{at}/route", {"smarthost": "", "source": "not an address"})
    w.check(answer.status == 422 and b"outgoing address" in answer.raw, "a wrong address is refused in the form", answer)
    answer = admin.post(at, f"{at}/route/remove", {})
    w.check(answer.status == 303 and b"relay.example:465</code>" not in admin.get(at).raw, "and it goes", answer)
    answer = admin.post(at, f"{at}/limits", dict.fromkeys(FOUR, "12"))
    w.check(answer.status == 303 and w.api("GET", f"/domains/{domain}/send-limit").json["day_recipients"] == 12, "a page sets limits", answer)
    w.check(admin.post(at, f"{at}/limits", {**dict.fromkeys(FOUR, "12"), "day_messages": "many"}).status == 422, "numbers")
    answer = admin.post(at, f"{at}/limits/remove", {})
    w.check(answer.status == 303 and w.api("GET", f"/domains/{domain}/send-limit").json["from"] == "server", "and takes them away", answer)
    customer = w.logins["customer"]["login"]
    w.check(admin.get(f"/customers/{customer}/sending").status == 200, "an account has such a page, too")
    box = w.start["mailboxes"][1]["address"]
    at = f"/mailboxes/{box}"
    w.check(b"recipients an hour, from the" in admin.get(at).raw, "a mailbox' page says who limits it")
    answer = admin.post(at, f"{at}/limit", {"send_per_hour": "77", "send_per_day": "0"})
    w.check(answer.status == 303 and b"77 recipients an hour, from this mailbox." in admin.get(at).raw, "it may have its own", answer)
    admin.post(at, f"{at}/limit", {"send_per_hour": "0", "send_per_day": "0"})


if __name__ == "__main__":
    web.main(api_limits, pages)
