#!/usr/bin/env python3
"""What an owner wants of a domain's DNS, the MTA-STS policy that follows, and hand-off links."""
import csv
import io
import re
import time
import urllib.parse

import web


def records(w, domain):
    return w.api("GET", f"/domains/{domain}/dns").json["records"]


def value(w, domain, purpose, kind):
    found = [r["value"] for r in records(w, domain) if r["purpose"] == purpose and r["type"] == kind]
    return found[0] if found else None


def settings(w):
    domain = f"opt-{w.mark}.example"
    w.api("POST", "/domains", {"name": domain})
    start = w.api("GET", f"/domains/{domain}/dns/settings").json
    w.check((start["dmarc_policy"], start["mta_sts"], start["takes_mail"], start["dkim_delegated"]) ==
            ("none", "testing", True, False) and start["dmarc_advice"], "a domain begins mildly", start)
    before = value(w, domain, "mta-sts", "TXT")
    done = w.api("PATCH", f"/domains/{domain}/dns/settings", {"dmarc_policy": "quarantine", "dmarc_reports": "d@collect.example",
                                                              "mta_sts": "enforce"})
    w.check(done.status == 200 and done.json["dmarc_since"], "stages are set", done)
    w.check(value(w, domain, "dmarc", "TXT") == "v=DMARC1; p=quarantine; rua=mailto:d@collect.example", "DMARC follows")
    consent = [r for r in records(w, domain) if r["name"] == f"{domain}._report._dmarc.collect.example"]
    w.check(len(consent) == 1 and consent[0]["label"] == "", "reports elsewhere want consent there", consent)
    w.check(value(w, domain, "mta-sts", "TXT") not in (before, None), "another policy has another id")
    policy = w.call("GET", "/.well-known/mta-sts.txt", token=None, headers={"Host": f"mta-sts.{domain}"})
    w.check(policy.status == 200 and b"mode: enforce\r\n" in policy.raw, "the policy that is served follows", policy)
    w.api("PATCH", f"/domains/{domain}/dns/settings", {"mta_sts": "none"})
    policy = w.call("GET", "/.well-known/mta-sts.txt", token=None, headers={"Host": f"mta-sts.{domain}"})
    w.check(b"mode: none\r\n" in policy.raw and value(w, domain, "mta-sts", "TXT"), "leaving is said for a week", policy)
    for body in ({"dmarc_policy": "severe"}, {"dmarc_reports": "x@y; p=none"}, {"mta_sts": "x"}, {"other": 1}):
        w.check(w.api("PATCH", f"/domains/{domain}/dns/settings", body).status == 422, f"refused: {body}")
    w.is_problem(w.api("PATCH", "/domains/example.test/dns/settings", {"takes_mail": False}), 409, "conflict", "with mailboxes")
    w.api("PATCH", f"/domains/{domain}/dns/settings", {"takes_mail": False})
    w.check({(r["type"], r["value"]) for r in records(w, domain)} == {
        ("MX", "0 ."), ("TXT", "v=spf1 -all"), ("TXT", "v=DKIM1; p="), ("TXT", "v=DMARC1; p=reject; sp=reject")},
        "a domain without mail says so", records(w, domain))
    w.api("DELETE", f"/domains/{domain}")


def renderings(w):
    domain = f"render-{w.mark}.example"
    w.api("POST", "/domains", {"name": domain})
    listed = records(w, domain)
    rsa = next(r for r in listed if r["type"] == "TXT" and "k=rsa" in r["value"])
    w.check("".join(rsa["strings"]) == rsa["value"] and max(map(len, rsa["strings"])) <= 255 and len(rsa["strings"]) > 1,
            "JSON has a long TXT whole and in strings", rsa["strings"])
    w.check(rsa["name"] == f"{rsa['label']}.{domain}", "and names whole and relative", rsa)
    text = w.api("GET", f"/domains/{domain}/dns/zone?format=csv").raw.decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    w.check([(r["name"], r["type"], r["value"], r["label"]) for r in rows] ==
            [(r["name"], r["type"], r["value"], r["label"]) for r in listed], "CSV says the same", text[:500])
    terraform = w.api("GET", f"/domains/{domain}/dns/zone?format=terraform").raw.decode()
    w.check(all(f'label = "{r["label"]}"' in terraform for r in listed if r["label"]), "Terraform too", terraform[:500])
    w.api("DELETE", f"/domains/{domain}")


def is_limited(w, path):
    """Two minutes' worth of looks, so that one minute certainly gets enough; a machine too slow for that cannot tell."""
    start = time.monotonic()
    for _ in range(130):
        if w.call("GET", path, token=None).status == 429:
            return True
    return time.monotonic() - start > 60


def links(w):
    domain = f"hand-{w.mark}.example"
    w.api("POST", "/domains", {"name": domain})
    made = w.api("POST", f"/domains/{domain}/dns/links", {"label": "the DNS people", "days": 3})
    link = made.json
    path = urllib.parse.urlsplit(link["url"]).path
    w.check(made.status == 201 and len(path.split("/")[-1]) == 43, "a link of 256 random bits", made)
    page = w.call("GET", path, token=None)
    w.check(page.status == 200 and f"_dmarc.{domain}".encode() in page.raw, "shows the records without log-in", page)
    w.check(page.headers["Referrer-Policy"] == "no-referrer" and "noindex" in page.headers["X-Robots-Tag"] and
            page.headers["Cache-Control"] == "no-store", "for nobody else", dict(page.headers))
    w.check(not re.search(rb'<form|/domains/|name="csrf"', page.raw), "it has no form and no way further", page.raw[:3000])
    german = w.call("GET", path, token=None, headers={"Accept-Language": "de"})
    w.check("Gilt bis".encode() in german.raw, "in the reader's language", german)
    w.check(w.call("POST", path, token=None).status == 405, "nothing can be sent")
    w.check(w.call("GET", path.replace("/handoff/", "/setup/"), token=None).status == 404, "it is no set-up link")
    listed = w.api("GET", f"/domains/{domain}/dns/links").json["items"]
    w.check([i["label"] for i in listed] == ["the DNS people"] and "url" not in listed[0], "listed without the secret", listed)
    w.check(is_limited(w, path), "not more than 60 looks a minute")
    w.check(w.api("DELETE", f"/domains/{domain}/dns/links/{link['id']}").status == 204, "revoked")
    w.check(w.call("GET", path, token=None).status == 404, "it is over at once")
    w.check(w.api("DELETE", f"/domains/{domain}/dns/links/{link['id']}").status == 404, "and only once")
    w.check(w.call("GET", "/handoff/" + "x" * 43, token=None).status == 404, "another secret is none")
    w.check(w.api("POST", f"/domains/{domain}/dns/links", {"days": 91}).status == 422, "not for longer than 90 days")
    w.api("DELETE", f"/domains/{domain}")


web.main(settings, renderings, links)
