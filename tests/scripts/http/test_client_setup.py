#!/usr/bin/env python3
"""What mail programs fetch to set themselves up: autoconfig, autodiscover, Apple's profile."""
import plistlib
import xml.etree.ElementTree as ET

import web

DISCOVER = "{http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a}"
ASK = ('<?xml version="1.0" encoding="utf-8"?><Autodiscover xmlns="http://schemas.microsoft.com/exchange/autodiscover/'
       'outlook/requestschema/2006"><Request><EMailAddress>%s</EMailAddress><AcceptableResponseSchema>%s'
       '</AcceptableResponseSchema></Request></Autodiscover>')
AUTOCONFIG = "/mail/config-v1.1.xml?emailaddress="


def autoconfig(w):
    for port in ("https", "http"):
        answer = w.call("GET", AUTOCONFIG + "alice%40example.test", token=None, port=port)
        root = ET.fromstring(answer.raw) if answer.status == 200 else ET.Element("none")
        servers = [(s.get("type"), s.findtext("hostname"), int(s.findtext("port")), s.findtext("socketType"))
                   for s in root.iter() if s.tag in ("incomingServer", "outgoingServer")]
        host, ports = w.start["hostname"], w.ports
        wanted = [("imap", host, ports["imaps"], "SSL"), ("pop3", host, ports["pop3s"], "SSL"),
                  ("smtp", host, ports["submissions"], "SSL"), ("smtp", host, ports["submission"], "STARTTLS")]
        w.check(servers == wanted, f"autoconfig over {port} names our servers, encrypted ones only", answer)
    known = w.call("GET", AUTOCONFIG + "alice%40example.test", token=None)
    nobody = w.call("GET", AUTOCONFIG + "nobody-at-all%40example.test", token=None)
    w.check(known.raw == nobody.raw, "it does not tell whether a mailbox exists", nobody)
    by_host = w.call("GET", "/mail/config-v1.1.xml", token=None, headers={"Host": "autoconfig.example.test"})
    w.check(by_host.raw == known.raw, "the host name autoconfig.DOMAIN is enough", by_host)
    by_path = w.call("GET", "/.well-known/autoconfig/mail/config-v1.1.xml", token=None, headers={"Host": "example.test"})
    w.check(by_path.raw == known.raw, "so is the well-known path below the domain itself", by_path)
    for query in ("alice%40elsewhere.example", "x", "%40", "a%40b%40", "", "a%40..", "a%40" + "b" * 400 + ".example"):
        answer = w.call("GET", AUTOCONFIG + query, token=None)
        w.check(answer.status == 404, f"a domain of somebody else is not found: {query[:20]}", answer)
    other = w.call("GET", "/login", token=None, headers={"Host": "autoconfig.example.test"})
    w.check(other.status == 421, "nothing else is answered under that name", other)


def autodiscover(w):
    def ask(body, path="/autodiscover/autodiscover.xml", host=None):
        headers = {"Content-Type": "text/xml"}
        if host:
            headers["Host"] = host
        return w.call("POST", path, raw=body, token=None, headers=headers)

    schema = DISCOVER[1:-1]
    for path, host in (("/autodiscover/autodiscover.xml", None), ("/Autodiscover/Autodiscover.xml", "autodiscover.example.test")):
        answer = ask(ASK % ("alice@example.test", schema), path, host)
        root = ET.fromstring(answer.raw) if answer.status == 200 else ET.Element("none")
        seen = {p.findtext(DISCOVER + "Type"): (p.findtext(DISCOVER + "Server"), int(p.findtext(DISCOVER + "Port")),
                                                p.findtext(DISCOVER + "LoginName"), p.findtext(DISCOVER + "SSL"))
                for p in root.iter(DISCOVER + "Protocol")}
        host_name = w.start["hostname"]
        wanted = {"IMAP": w.ports["imaps"], "POP3": w.ports["pop3s"], "SMTP": w.ports["submissions"]}
        w.check(seen == {kind: (host_name, port, "alice@example.test", "on") for kind, port in wanted.items()},
                f"autodiscover at {path}", answer)
    answer = ask(ASK % ("alice@example.test", "http://schemas.microsoft.com/exchange/autodiscover/mobilesync/responseschema/2006"))
    w.check(answer.status == 200 and b"<ErrorCode>601</ErrorCode>" in answer.raw, "another schema is error 601", answer)
    for body in ("", "{}", ASK % ("nobody", schema), ASK % ("", schema), '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'):
        answer = ask(body)
        w.check(answer.status == 200 and b"<ErrorCode>600</ErrorCode>" in answer.raw and b"root:" not in answer.raw,
                f"what cannot be read is error 600: {body[:20]}", answer)
    answer = ask(ASK % ("a@elsewhere.example", schema))
    w.check(answer.status == 404 and "WWW-Authenticate" not in answer.headers,
            "a domain of somebody else is not found, and no password is asked for", answer)
    w.check(ask("a" * 20000).status == 413, "a request has a limit")


def mobileconfig(w):
    answer = w.call("GET", "/apple.mobileconfig?address=alice%40example.test", token=None)
    profile = plistlib.loads(answer.raw) if answer.status == 200 else {}
    account = profile.get("PayloadContent", [{}])[0]
    w.check(answer.headers["Content-Type"] == "application/x-apple-aspen-config", "the profile has Apple's type", answer)
    w.check(account.get("EmailAddress") == "alice@example.test" and account.get("IncomingMailServerUseSSL") is True
            and account.get("IncomingMailServerPortNumber") == w.ports["imaps"]
            and account.get("OutgoingMailServerPortNumber") == w.ports["submissions"]
            and "IncomingPassword" not in account, "and the account's settings without a password", account)
    again = w.call("GET", "/apple.mobileconfig?address=alice%40example.test", token=None)
    w.check(again.raw == answer.raw, "the same address gives the same profile, so that it replaces itself")
    for query, status in (("", 422), ("?address=alice", 422), ("?address=a%40elsewhere.example", 404)):
        answer = w.call("GET", "/apple.mobileconfig" + query, token=None)
        w.check(answer.status == status, f"mobileconfig{query}: {status}", answer)


def mta_sts(w):
    path = "/.well-known/mta-sts.txt"
    answer = w.call("GET", path, token=None, headers={"Host": "mta-sts.example.test"})
    policy = dict(line.split(": ") for line in answer.raw.decode().split("\r\n") if line) if answer.status == 200 else {}
    w.check(policy.get("version") == "STSv1" and policy.get("mx") == w.start["hostname"] and policy.get("mode") == "testing"
            and int(policy.get("max_age", 0)) >= 86400, "the MTA-STS policy names our host (RFC 8461)", answer)
    w.check(answer.headers["Content-Type"].startswith("text/plain"), "as plain text", answer)
    for host in ("mta-sts.elsewhere.example", "example.test", w.start["hostname"]):
        answer = w.call("GET", path, token=None, headers={"Host": host})
        w.check(answer.status == 404, f"there is none at {host}", answer)
    clear = w.call("GET", path, token=None, port="http", headers={"Host": "mta-sts.example.test"})
    w.check(clear.status == 301, "nor without TLS", clear)


if __name__ == "__main__":
    web.main(autoconfig, autodiscover, mobileconfig, mta_sts)
