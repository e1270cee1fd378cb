#!/usr/bin/python3
"""The JSON API's promises: objects, refusals, cursors, Idempotency-Key, If-Match, dry runs, tokens."""
import web


def domains_and_mailboxes(w):
    domain = f"d{w.mark}.example"
    made = w.api("POST", "/domains", {"name": f"D{w.mark.upper()}.Example."})
    w.check(made.status == 201 and made.json["name"] == domain, "a domain's name is normalised", made)
    w.check(made.headers["Location"] == f"/api/v1/domains/{domain}", "created objects have a Location", made)
    w.is_problem(w.api("POST", "/domains", {"name": domain}), 409, "exists", "the same domain again")
    unicode = w.api("POST", "/domains", {"name": f"bücher-{w.mark}.example"})
    w.check(unicode.status == 201 and unicode.json["name"].startswith("xn--bcher-"), "a U-label becomes an A-label", unicode)
    w.check(w.api("DELETE", "/domains/" + unicode.json["name"]).status == 204, "an empty domain can be removed")

    keys = w.api("GET", f"/domains/{domain}/dkim").json["items"]
    w.check(sorted(k["algorithm"] for k in keys) == ["ed25519", "rsa"] and {k["state"] for k in keys} == {"pending"},
            "a new domain has DKIM keys", keys)
    w.is_problem(w.api("POST", f"/domains/{domain}/dkim/rotate"), 409, "conflict", "rotation while keys are pending")
    records = w.api("GET", f"/domains/{domain}/dns").json
    purposes = {r["purpose"] for r in records["records"]}
    w.check({"mx", "spf", "dkim", "dmarc"} <= purposes, "its records are named", purposes)
    zone = w.api("GET", f"/domains/{domain}/dns/zone?format=bind")
    w.check(zone.status == 200 and b" IN MX 10 " in zone.raw, "its zone can be pasted", zone)
    w.is_problem(w.api("GET", f"/domains/{domain}/dns/zone?format=x"), 422, "invalid", "a format that is none")

    address = f"Eva@{domain}"
    made = w.api("POST", "/mailboxes", {"address": address, "password": "a long password", "quota_bytes": 10 ** 9,
                                        "name": "Eva Ölmüller"})
    w.check(made.status == 201 and made.json["quota_bytes"] == 10 ** 9, "a mailbox is made", made)
    w.check("password" not in made.raw.decode(), "its password is not in the answer", made)
    w.is_problem(w.api("POST", "/mailboxes", {"address": address.lower(), "password": "a long password"}), 409, "exists",
                 "the same mailbox in other letters")
    w.is_problem(w.api("POST", "/mailboxes", {"address": f"x@nowhere-{w.mark}.example", "password": "a long password"}),
                 404, "not_found", "a mailbox of a foreign domain")
    w.is_problem(w.api("DELETE", f"/domains/{domain}"), 409, "conflict", "a domain with mailboxes stays")
    got = w.api("GET", f"/mailboxes/eva@{domain}")
    w.check(got.status == 200 and got.json["name"] == "Eva Ölmüller", "it can be read in any letters", got)
    hashed = w.api("POST", "/mailboxes", {"address": f"old@{domain}", "password_hash":
                   "$6$abcdefgh$MbFWyKF3aUT.WrKx0o0BX/bVm8pG4Fxy8ZbUUoVhVyyV7XFgqVXu2sYDz8mYm3WB7YgBW4PWkNJ9ZBeEpSjxg."})
    w.check(hashed.status in (201, 422), "a crypt string is judged", hashed)
    w.is_problem(w.api("POST", "/mailboxes", {"address": f"n@{domain}", "password_hash": "plain"}), 422, "invalid",
                 "a hash that is none")
    w.is_problem(w.api("POST", "/mailboxes", {"address": f"n@{domain}"}), 422, "invalid", "no password at all")

    alias = w.api("POST", "/aliases", {"address": f"@{domain}", "targets": [address, "x@y.example", "X@Y.example"]})
    w.check(alias.status == 201 and len(alias.json["targets"]) == 2, "a catch-all, doubles left out", alias)
    w.check(w.api("PUT", f"/aliases/@{domain}", {"targets": ["z@y.example"]}).json["targets"] == ["z@y.example"],
            "its targets are replaced")
    w.check(w.api("GET", f"/aliases?domain={domain}").json["items"][0]["address"] == f"@{domain}", "it is listed")
    w.check(w.api("DELETE", f"/aliases/@{domain}").status == 204, "it is removed")

    secret = w.api("POST", f"/mailboxes/{address}/app-passwords", {"label": "phone"})
    w.check(secret.status == 201 and len(secret.json["password"]) >= 22, "an app password is shown once", secret)
    listed = w.api("GET", f"/mailboxes/{address}/app-passwords")
    w.check([p["label"] for p in listed.json["items"]] == ["phone"] and "password" not in listed.json["items"][0],
            "and never again", listed)
    w.check(w.api("DELETE", f"/mailboxes/{address}/app-passwords/{secret.json['id']}").status == 204, "it is removed")

    for name in ("eva", "old"):
        w.api("DELETE", f"/mailboxes/{name}@{domain}")
    w.is_problem(w.api("GET", f"/mailboxes/eva@{domain}"), 404, "not_found", "a removed mailbox")
    again = w.api("POST", "/mailboxes", {"address": address, "password": "another password"})
    w.check(again.status == 201 and again.json["messages"] == 0, "its address is free again", again)
    w.api("DELETE", f"/mailboxes/{address}")
    w.check(w.api("DELETE", f"/domains/{domain}").status == 204, "the domain goes with what was deleted before")


def fields_are_checked(w):
    bad = w.api("POST", "/mailboxes", {"address": 5, "nope": 1, "quota_bytes": 1.5, "name": "a\nb"})
    w.is_problem(bad, 422, "invalid", "four bad fields")
    w.check({(e["field"], e["code"]) for e in bad.json["errors"]} ==
            {("address", "type"), ("nope", "unknown"), ("quota_bytes", "type"), ("name", "invalid")},
            "all are reported together", bad)
    w.check({(e["field"], e["code"]) for e in w.api("POST", "/aliases", {}).json["errors"]} ==
            {("address", "required"), ("targets", "required")}, "what is missing is named")
    cases = {"trailing comma": '{"name":"a.example",}', "twins": '{"name":"a.example","name":"b.example"}',
             "single quotes": "{'name':'a.example'}", "nothing but space": " ", "two values": "{}{}",
             "NUL": '{"name":"a\\u0000.example"}', "lone surrogate": '{"name":"\\ud800"}', "deep": "[" * 100000}
    for name, raw in cases.items():
        w.is_problem(w.api("POST", "/domains", raw=raw, headers={"Content-Type": "application/json"}), 400, "bad_json", name)
    w.is_problem(w.api("POST", "/domains", raw=b'{"name":"\xff"}', headers={"Content-Type": "application/json"}), 400,
                 "bad_json", "malformed UTF-8")
    w.is_problem(w.api("POST", "/domains", raw="[]", headers={"Content-Type": "application/json"}), 422, "invalid", "an array")
    w.is_problem(w.api("POST", "/domains", raw="name=a.example", headers={"Content-Type": "application/x-www-form-urlencoded"}),
                 415, "media_type", "a form")
    w.is_problem(w.api("GET", "/domains?colour=red"), 422, "invalid", "an unknown query parameter")
    w.is_problem(w.api("GET", "/domains?limit=1000"), 422, "invalid", "a limit that is too large")
    w.is_problem(w.api("GET", "/domains?cursor=nonsense"), 422, "invalid", "a cursor that is none")
    w.is_problem(w.api("GET", "/domains/%00"), 404, "not_found", "NUL in the path")
    w.is_problem(w.api("GET", "/domains/%zz"), 404, "not_found", "broken percent-encoding")
    w.is_problem(w.api("GET", "/nothing/at/all"), 404, "not_found", "no such path")
    put = w.api("PUT", "/domains", {})
    w.is_problem(put, 405, "method_not_allowed", "a method that the path does not have")
    w.check(put.headers["Allow"] == "GET, HEAD, POST", "the others are named", put)
    big = w.api("POST", "/domains", raw='{"name":"' + "a" * 300000 + '"}', headers={"Content-Type": "application/json"})
    w.is_problem(big, 413, "too_large", "a body above the limit")


def lists_have_cursors(w):
    names = sorted(f"p{i}-{w.mark}.example" for i in range(5))
    for name in names:
        w.api("POST", "/domains", {"name": name})
    seen, cursor = [], ""
    for _ in range(10):
        page = w.api("GET", f"/domains?q={w.mark}&limit=2" + (f"&cursor={cursor}" if cursor else ""))
        w.check(page.status == 200 and len(page.json["items"]) <= 2, "a page has at most its limit", page)
        seen += [d["name"] for d in page.json["items"]]
        cursor = page.json["next_cursor"]
        w.check(bool(cursor) == ('rel="next"' in (page.headers["Link"] or "")), "Link says the same as next_cursor", page)
        if not cursor:
            break
    w.check(seen == names, "pages together are the list, in order, nothing twice", seen)
    for name in names:
        w.api("DELETE", f"/domains/{name}")


def once_only(w):
    name = f"once-{w.mark}.example"
    key = {"Idempotency-Key": f"k-{w.mark}"}
    first = w.api("POST", "/domains", {"name": name}, headers=key)
    second = w.api("POST", "/domains", {"name": name}, headers=key)
    w.check(first.status == 201 and second.status == 201 and first.raw == second.raw, "the same request has one effect",
            (first, second))
    w.check(second.headers["Location"] == first.headers["Location"] and second.headers["Idempotent-Replayed"] == "true",
            "the first answer comes again", second)
    w.is_problem(w.api("POST", "/domains", {"name": "x" + name}, headers=key), 422, "invalid", "the key with another body")
    other = w.api("POST", "/domains", {"name": name}, headers=key, token="reseller")
    w.is_problem(other, 409, "exists", "a key is its account's own")
    refused = [w.api("POST", "/domains", {"name": "bad"}, headers={"Idempotency-Key": f"r-{w.mark}"}) for _ in range(2)]
    w.check(refused[0].status == 422 and refused[0].raw == refused[1].raw, "a refusal is kept too", refused)
    secret = {"Idempotency-Key": f"t-{w.mark}"}
    token = w.api("POST", "/tokens", {"label": f"once-{w.mark}", "scopes": ["domains:read"]}, headers=secret)
    w.is_problem(w.api("POST", "/tokens", {"label": f"once-{w.mark}", "scopes": ["domains:read"]}, headers=secret), 409,
                 "conflict", "a secret is not kept to be shown again")
    w.api("DELETE", f"/tokens/{token.json['id']}")
    w.api("DELETE", f"/domains/{name}")


def versions(w):
    name = f"v-{w.mark}.example"
    w.api("POST", "/domains", {"name": name})
    etag = w.api("GET", f"/domains/{name}").headers["ETag"]
    changed = w.api("PATCH", f"/domains/{name}", {"suspended": True}, headers={"If-Match": etag})
    w.check(changed.status == 200 and changed.json["suspended"] and changed.headers["ETag"] != etag,
            "a change with the right version", changed)
    w.is_problem(w.api("PATCH", f"/domains/{name}", {"suspended": False}, headers={"If-Match": etag}), 412,
                 "version_mismatch", "a change with an old version")
    w.is_problem(w.api("DELETE", f"/domains/{name}", headers={"If-Match": '"x"'}), 412, "version_mismatch",
                 "a version that is none of ours")
    same = w.api("GET", f"/domains/{name}", headers={"If-None-Match": changed.headers["ETag"]})
    w.check(same.status == 304 and same.raw == b"", "If-None-Match spares the body", same)
    w.check(w.api("DELETE", f"/domains/{name}", headers={"If-Match": changed.headers["ETag"]}).status == 204,
            "a removal with the right version")


def rehearsals(w):
    name = f"dry-{w.mark}.example"
    dry = w.api("POST", "/domains?dry_run=1", {"name": name})
    w.check(dry.status == 200 and dry.json["dry_run"] and dry.json["status"] == 201 and dry.json["body"]["name"] == name,
            "a dry run says what would be", dry)
    w.check(w.api("GET", f"/domains/{name}").status == 404, "and does nothing")
    w.is_problem(w.api("POST", "/domains?dry_run=1", {"name": "bad"}), 422, "invalid", "a dry run refuses alike")
    w.api("POST", "/domains", {"name": name})
    for method, path, body in (("PATCH", f"/domains/{name}", {"suspended": True}), ("DELETE", f"/domains/{name}", None),
                               ("POST", "/mailboxes", {"address": f"a@{name}", "password": "a long password"}),
                               ("POST", "/aliases", {"address": f"b@{name}", "targets": ["a@b.example"]})):
        answer = w.api(method, path + "?dry_run=1", body)
        w.check(answer.status == 200 and answer.json["dry_run"], f"{method} {path}: rehearsed", answer)
    domain = w.api("GET", f"/domains/{name}").json
    w.check(not domain["suspended"] and domain["mailboxes"] == 0 and domain["aliases"] == 0, "nothing is left of it", domain)
    audit = w.api("GET", f"/audit?q={name}&limit=200").json["items"]
    w.check([e["action"] for e in audit] == ["domain.create"], "not even in the audit", audit)
    w.api("DELETE", f"/domains/{name}")


def tokens(w):
    name = f"tok-{w.mark}.example"
    w.api("POST", "/domains", {"name": name})
    made = w.api("POST", "/tokens", {"label": f"t-{w.mark}", "scopes": ["domains:write"], "domains": [name]})
    w.check(made.status == 201 and made.json["token"].startswith("ms_"), "a token is shown once", made)
    token = made.json["token"]
    w.check("token" not in w.api("GET", "/tokens?limit=200").json["items"][-1], "and never again")
    w.check(w.api("GET", f"/domains/{name}", token=token).status == 200, "write includes read")
    w.check([d["name"] for d in w.api("GET", "/domains", token=token).json["items"]] == [name], "it sees its domains only")
    w.is_problem(w.api("GET", "/domains/example.test", token=token), 404, "not_found", "another domain")
    w.is_problem(w.api("POST", "/domains", {"name": f"x{name}"}, token=token), 403, "forbidden", "making another domain")
    w.is_problem(w.api("GET", "/mailboxes", token=token), 403, "scope", "another scope")
    w.is_problem(w.api("GET", "/tokens", token=token), 403, "scope", "tokens with it")
    maker = w.api("POST", "/tokens", {"label": f"m-{w.mark}", "scopes": ["tokens:write"]}).json
    w.is_problem(w.api("POST", "/tokens", {"label": "x", "scopes": ["*"]}, token=maker["token"]), 403, "forbidden",
                 "a token that makes a stronger one")
    w.is_problem(w.api("POST", "/tokens", {"label": "x", "scopes": ["everything"]}), 422, "invalid", "a scope that is none")
    w.is_problem(w.api("POST", "/tokens", {"label": "x", "scopes": ["*"], "expires_at": "2020-01-01T00:00:00Z"}), 422,
                 "invalid", "a time that has passed")
    for one in (made.json, maker):
        w.check(w.api("DELETE", f"/tokens/{one['id']}").status == 204, "it is revoked")
    w.is_problem(w.api("GET", "/domains", token=token), 401, "bad_token", "a revoked token, at once")
    w.is_problem(w.api("GET", "/domains", token="ms_nonsense"), 401, "bad_token", "a token that is none")
    basic = w.api("GET", "/domains", token=None, headers={"Authorization": "Basic YWRtaW46YWRtaW4="})
    w.is_problem(basic, 401, "unauthenticated", "Basic is not understood")
    w.check(basic.headers["WWW-Authenticate"] == "Bearer", "Bearer is")
    w.api("DELETE", f"/domains/{name}")


def audit(w):
    name = f"au-{w.mark}.example"
    w.api("POST", "/domains", {"name": name})
    w.api("POST", "/mailboxes", {"address": f"a@{name}", "password": "very secret words"})
    w.api("PATCH", f"/mailboxes/a@{name}", {"name": "New", "password": "other secret words"})
    w.api("DELETE", f"/mailboxes/a@{name}")
    w.api("DELETE", f"/domains/{name}")
    entries = w.api("GET", f"/audit?q={name}&limit=200")
    w.check([e["action"] for e in entries.json["items"]] ==
            ["domain.delete", "mailbox.delete", "mailbox.password", "mailbox.update", "mailbox.create", "domain.create"],
            "every change is in the audit, newest first", entries)
    w.check(b"secret words" not in entries.raw and b"$argon2" not in entries.raw, "no secret is")
    update = entries.json["items"][3]
    w.check(update["before"]["name"] == "" and update["after"]["name"] == "New" and update["source"] == "api" and
            update["actor"].startswith("admin"), "who, from where, before and after", update)


def description(w):
    spec = w.api("GET", "/openapi.json", token=None).json
    w.check(spec["openapi"] == "3.1.0" and len(spec["paths"]) >= 20, "the description is public")
    problems = [f"{method} {path}" for path, item in spec["paths"].items() for method, op in item.items()
                if "summary" not in op or "default" not in op["responses"]]
    w.check(not problems, "every operation is described", problems)
    names = set(spec["components"]["schemas"])
    wanted = set()

    def walk(value):
        if isinstance(value, dict):
            if "$ref" in value:
                wanted.add(value["$ref"].rpartition("/")[2])
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)
    walk(spec["paths"])
    w.check(wanted <= names, "every schema that is named is there", wanted - names)
    domain = w.api("GET", "/domains").json["items"][0]
    w.check(set(domain) == set(spec["components"]["schemas"]["Domain"]["properties"]), "and is what is sent", domain)


if __name__ == "__main__":
    web.main(domains_and_mailboxes, fields_are_checked, lists_have_cursors, once_only, versions, rehearsals, tokens, audit,
             description)
