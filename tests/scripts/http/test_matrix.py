#!/usr/bin/python3
"""Who may: every operation of the description, as everybody, on one's own and on somebody else's things.

The operations come from openapi.json, which comes from the route table: a new route is tested the day it is made, and one
without a rule here fails. Foreign objects are 404, exactly as ones that are not there.
"""
import re
import smtplib
import ssl

import web

BODIES = {
    "POST /accounts": {"login": "LOGIN", "password": "a long password", "role": "customer"},
    "PATCH /accounts/{login}": {"suspended": False},
    "POST /domains": {"name": "NEW"},
    "PATCH /domains/{name}": {"suspended": False},
    "POST /domains/{name}/restore": {},
    "POST /accounts/{login}/restore": {},
    "POST /mailboxes/{address}/restore": {},
    "POST /import/domains": {"csv": "domain\nNEW"},
    "POST /import/mailboxes": {"csv": "address,password\nnew@DOMAIN,a long password"},
    "POST /import/aliases": {"csv": "address,targets\nnew@DOMAIN,a@b.example"},
    "PUT /mailboxes/{address}/forwarding": {"targets": ["a@b.example"]},
    "POST /plans": {"name": "NEW"},
    "PATCH /plans/{id}": {"max_domains": 3},
    "POST /domains/{name}/dkim/rotate": {},
    "POST /domains/{name}/dns/check": {},
    "POST /domains/{name}/dns/links": {},
    "PUT /domains/{name}/dns/push": {"server": "127.0.0.1", "key_name": "k", "secret": "MDEyMzQ1Njc4OWFiY2RlZg=="},
    "POST /domains/{name}/dns/push/apply": {},
    "POST /domains/{name}/dns/push/undo": {},
    "POST /mailboxes/{address}/setup-links": {},
    "PATCH /domains/{name}/dns/settings": {"mta_sts": "testing"},
    "POST /mailboxes": {"address": "new@DOMAIN", "password": "a long password"},
    "PATCH /mailboxes/{address}": {"name": "x"},
    "POST /mailboxes/{address}/app-passwords": {"label": "x"},
    "POST /aliases": {"address": "newalias@DOMAIN", "targets": ["a@b.example"]},
    "PUT /aliases/{address}": {"targets": ["a@b.example"]},
    "PUT /domains/{name}/route": {"smarthost": "smtp://relay.example"},
    "PUT /accounts/{login}/route": {"source": "192.0.2.1"},
    "PUT /domains/{name}/send-limit": {"hour_messages": 10, "hour_recipients": 10, "day_messages": 10, "day_recipients": 10},
    "PUT /accounts/{login}/send-limit": {"hour_messages": 10, "hour_recipients": 10, "day_messages": 10, "day_recipients": 10},
    "POST /queue/pauses": {"kind": "sender", "value": "box@DOMAIN"},
    "POST /queue/act": {"do": "hold", "destination": "nowhere.example"},
    "POST /queue/{id}/retry": {},
    "POST /queue/{id}/hold": {},
    "POST /queue/{id}/release": {},
    "POST /domains/bulk": {"action": "resume", "names": ["DOMAIN"]},
    "POST /mailboxes/bulk": {"action": "resume", "names": ["box@DOMAIN"]},
    "POST /aliases/bulk": {"action": "delete", "names": ["al@DOMAIN"]},
    "POST /accounts/bulk": {"action": "resume", "names": ["LOGIN"]},
    "POST /bulk/{id}/undo": {},
    "POST /tokens": {"label": "x", "scopes": ["domains:read"]},
}
PUBLIC = {"GET /health", "GET /openapi.json"}
LOCAL = {"GET /metrics"}
# What a customer gets for its own things where it is not a success.
OWN = {
    "POST /accounts/bulk": 403, "POST /accounts": 403, "PATCH /accounts/{login}": 403, "DELETE /accounts/{login}": 403, "POST /plans": 403,
    "POST /accounts/{login}/restore": 404,  # it is not deleted
    "GET /plans/{id}": 404, "PATCH /plans/{id}": 404, "DELETE /plans/{id}": 404,  # its reseller's
    "DELETE /domains/{name}": 409, "POST /domains/{name}/dkim/rotate": 409,
    "GET /trace/{id}": 404,
    "DELETE /accounts/{login}/second-factor": 403, "DELETE /mailboxes/{address}/second-factor": 404,  # it has none
    "PUT /domains/{name}/send-limit": 403, "DELETE /domains/{name}/send-limit": 403,
    "PUT /accounts/{login}/send-limit": 403, "DELETE /accounts/{login}/send-limit": 403,
    "PUT /domains/{name}/route": 403, "DELETE /domains/{name}/route": 403,
    "PUT /accounts/{login}/route": 403, "DELETE /accounts/{login}/route": 403,
    "PUT /domains/{name}/dns/push": 422,  # loopback is for administrators
    "GET /domains/{name}/dns/push": 404, "DELETE /domains/{name}/dns/push": 404, "GET /domains/{name}/dns/push/changes": 404,
    "POST /domains/{name}/dns/push/apply": 404, "POST /domains/{name}/dns/push/undo": 404,
    "POST /queue/{id}/retry": 409, "POST /queue/{id}/hold": 409,  # it is held
}
NOT_THERE = {"POST /accounts/{login}/restore", "GET /trace/{id}", "DELETE /accounts/{login}/second-factor",
             "DELETE /mailboxes/{address}/second-factor",
             # no name server is set
             "GET /domains/{name}/dns/push", "DELETE /domains/{name}/dns/push", "GET /domains/{name}/dns/push/changes",
             "POST /domains/{name}/dns/push/apply", "POST /domains/{name}/dns/push/undo"}
OWN_ONLY = {"GET /tokens", "POST /tokens", "DELETE /tokens/{id}"}  # nobody reaches another's


class Tenant:
    """A customer with a domain, a mailbox, an alias, a token and an app password."""

    def __init__(self, w, parent):
        self.login, cookie = w.customer(parent)
        self.domain = f"{self.login[:9]}.example"
        self.token = token_from_session(w, cookie)
        self.plan_id = w.api("POST", "/plans", {"name": self.login}, token=parent).json["id"]
        self.make(w)

    def make(self, w):
        made = [w.api("POST", "/domains", {"name": self.domain}, token=self.token),
                w.api("POST", "/mailboxes", {"address": f"box@{self.domain}", "password": "a long password"}, token=self.token),
                w.api("POST", "/aliases", {"address": f"al@{self.domain}", "targets": ["a@b.example"]}, token=self.token)]
        app = w.api("POST", f"/mailboxes/box@{self.domain}/app-passwords", {"label": "x"}, token=self.token)
        own = w.api("POST", "/tokens", {"label": "matrix", "scopes": ["domains:read"]}, token=self.token)
        made += [w.api("POST", "/domains", {"name": f"gone.{self.domain}"}, token=self.token),
                 w.api("POST", "/mailboxes", {"address": f"gone@{self.domain}", "password": "a long password"}, token=self.token)]
        w.api("DELETE", f"/domains/gone.{self.domain}", token=self.token)
        w.api("DELETE", f"/mailboxes/gone@{self.domain}", token=self.token)
        link = w.api("POST", f"/domains/{self.domain}/dns/links", {}, token=self.token)
        for answer in made + [app, own, link]:
            if answer.status != 201:
                raise AssertionError(answer)
        self.app_id, self.token_id, self.link_id = app.json["id"], own.json["id"], link.json["id"]
        self.bulk_id = w.api("POST", "/mailboxes/bulk", {"action": "resume", "names": [f"box@{self.domain}"]}, token=self.token).json["id"]
        self.job_id = self.queue_one(w)
        paused = w.api("POST", "/queue/pauses", {"kind": "sender", "value": f"box@{self.domain}"}, token=self.token)
        if paused.status != 200:
            raise AssertionError(paused)

    def queue_one(self, w):
        """A message that is held, so that it stays."""
        box = f"box@{self.domain}"
        w.api("PATCH", f"/mailboxes/{box}", {"hold_out": True}, token=self.token)
        relaxed = ssl.create_default_context(cafile=w.start["ca"])
        relaxed.check_hostname = False
        with smtplib.SMTP_SSL("127.0.0.1", w.start["ports"]["submissions"], context=relaxed) as smtp:
            smtp.login(box, "a long password")
            smtp.sendmail(box, "somebody@elsewhere.example", f"From: {box}\r\n\r\nHello\r\n")
        return w.api("GET", "/queue", token=self.token).json["items"][0]["id"]

    def path(self, path):
        if path.startswith("/trace/"):
            return "/trace/01890000-0000-7000-8000-000000000000"
        ids = {"/tokens": self.token_id, "/mailboxes": self.app_id, "/plans": self.plan_id, "/queue": self.job_id,
               "/domains": self.link_id, "/bulk": self.bulk_id}
        address = f"al@{self.domain}" if path.startswith("/aliases") else f"box@{self.domain}"
        if path.endswith("/restore"):
            path = path.replace("{name}", f"gone.{self.domain}").replace("{address}", f"gone@{self.domain}")
        path = path.replace("{kind}", "sender").replace("{value}", f"box@{self.domain}")
        path = path.replace("{name}", self.domain).replace("{address}", address).replace("{login}", self.login)
        return path.replace("{id}", str(ids.get("/" + path.split("/")[1], 1)))

    def body(self, body):
        if body is None:
            return None
        fill = {"DOMAIN": self.domain, "NEW": f"n-{self.domain}", "LOGIN": f"new-{self.login}"}

        def one(value):
            if isinstance(value, list):
                return [one(item) for item in value]
            return re.sub("DOMAIN|NEW|LOGIN", lambda m: fill[m.group()], value) if isinstance(value, str) else value
        return {key: one(value) for key, value in body.items()}


def token_from_session(w, cookie):
    """Sessions call the API too, with the CSRF token that every page carries."""
    page = w.call("GET", "/tokens", token=None, headers={"Cookie": cookie})
    csrf = re.search(rb'name="csrf"[^>]*value="([^"]+)"', page.raw)
    made = w.api("POST", "/tokens", {"label": "session", "scopes": ["*"]}, token=None,
                 headers={"Cookie": cookie, "X-CSRF-Token": csrf.group(1).decode()})
    if made.status != 201:
        raise AssertionError(made)
    return made.json["token"]


def operations(w):
    spec = w.api("GET", "/openapi.json", token=None).json
    return [(method.upper(), path, op) for path, item in spec["paths"].items() for method, op in item.items()]


def is_object(path):
    return "{" in path


def call(w, tenant, method, path, token, target=None):
    body = BODIES.get(f"{method} {path}")
    dry = "" if method == "GET" else "?dry_run=1"
    return w.api(method, (target or tenant.path(path)) + dry, tenant.body(body), token=token)


def path_of_nothing(path):
    for name, value in (("name", "no.example"), ("address", "no@no.example"), ("login", "no"), ("id", "999999"), ("kind", "sender"),
                        ("value", "no@no.example")):
        path = path.replace("{" + name + "}", value)
    return path


def everybody(w):
    mine, foreign = Tenant(w, "reseller"), Tenant(w, "admin")
    narrow = w.api("POST", "/tokens", {"label": "nothing", "scopes": ["metrics:read"]}, token=mine.token).json["token"]
    for method, path, op in operations(w):
        name = f"{method} {path}"
        if name in PUBLIC or name in LOCAL:
            w.check(w.api(method, path, token=None).status == 200, f"{name}: open here")
            continue
        if method in ("POST", "PUT", "PATCH") and name not in BODIES:
            w.check(False, f"{name}: the matrix has no body for it")
            continue
        w.check("x-scope" in op, f"{name}: has a scope", op)
        w.check(call(w, mine, method, path, None).status == 401, f"{name}: nobody is 401")
        w.check(call(w, mine, method, path, narrow).status == 403, f"{name}: without the scope is 403")

        answer = call(w, mine, method, path, mine.token)
        expected = {OWN[name]} if name in OWN else {200, 201, 204}
        w.check(answer.status in expected, f"{name}: one's own is {expected}", answer)

        if is_object(path):
            answer = call(w, foreign, method, path, mine.token)
            w.check(answer.status == 404, f"{name}: another tenant's is 404", answer)
            nothing = call(w, foreign, method, path, mine.token, path_of_nothing(path))
            same = {key: value for key, value in nothing.json.items() if key != "request_id"} == \
                {key: value for key, value in answer.json.items() if key != "request_id"}
            w.check(same, f"{name}: and says what it says of nothing", (answer, nothing))
        elif method == "GET":
            answer = call(w, foreign, method, path, mine.token)
            w.check(foreign.domain not in answer.raw.decode() and foreign.login not in answer.raw.decode(),
                    f"{name}: another tenant's are not listed", answer)

        if is_object(path) and name not in OWN_ONLY | NOT_THERE:
            for role, tenant, seen in (("reseller", mine, True), ("reseller", foreign, False), ("admin", mine, True),
                                       ("admin", foreign, True), ("customer", mine, False)):
                answer = call(w, tenant, method, path, role)
                w.check((answer.status != 404) == seen,
                        f"{name}: {role} {'sees' if seen else 'does not see'} the {'reseller' if tenant is mine else 'admin'}'s customer's",
                        answer)


def creating_below_others(w):
    mine, foreign = Tenant(w, "reseller"), Tenant(w, "admin")
    for path, body in (("/mailboxes", {"address": f"x@{foreign.domain}", "password": "a long password"}),
                       ("/aliases", {"address": f"x@{foreign.domain}", "targets": ["a@b.example"]}),
                       ("/domains", {"name": f"y-{mine.domain}", "account": foreign.login})):
        w.is_problem(w.api("POST", path, body, token=mine.token), 404, "not_found", f"POST {path} below another tenant")
    w.is_problem(w.api("PATCH", f"/domains/{mine.domain}", {"account": foreign.login}, token=mine.token), 404, "not_found",
                 "giving a domain to another tenant")
    w.is_problem(w.api("POST", "/accounts", {"login": f"r-{w.mark}", "password": "a long password", "role": "reseller"},
                       token="reseller"), 403, "forbidden", "a reseller that makes a reseller")
    w.is_problem(w.api("POST", "/accounts", {"login": f"x-{w.mark}", "password": "a long password", "role": "customer",
                                             "parent": foreign.login}), 422, "invalid", "a customer below a customer")


def suspension(w):
    mine = Tenant(w, "reseller")
    w.check(w.api("PATCH", f"/accounts/{mine.login}", {"suspended": True}, token="reseller").status == 200, "suspended")
    w.is_problem(w.api("GET", "/domains", token=mine.token), 401, "bad_token", "a suspended account's token")
    w.api("PATCH", f"/accounts/{mine.login}", {"suspended": False}, token="reseller")
    w.check(w.api("GET", "/domains", token=mine.token).status == 200, "works again")
    w.is_problem(w.api("PATCH", "/accounts/admin", {"suspended": True}), 403, "forbidden", "suspending oneself")


if __name__ == "__main__":
    web.main(everybody, creating_below_others, suspension)
