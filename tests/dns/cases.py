"""What is wrong, or only unusual, with each domain, and what has to be said about it."""
import base64
import hashlib
import re

HOST, ADDRESS, ADDRESS6 = "mail.host.net", "127.0.2.25", "2001:db8::25"


def key_text(seed, size):
    """Something as long as a key; what is compared is the text."""
    data = b"".join(hashlib.sha256(f"{seed}{i}".encode()).digest() for i in range(size // 32 + 1))[:size]
    return base64.b64encode(data).decode()


KEYS = [{"selector": "r1", "algorithm": "rsa", "p": key_text("rsa", 294)}, {"selector": "e1", "algorithm": "ed25519", "p": key_text("ed", 32)}]
HOST_ZONE = {
    "host.net": [f"{HOST}. IN A {ADDRESS}", f"{HOST}. IN AAAA {ADDRESS6}", f'host.net. IN TXT "v=spf1 -all"',
                 f"second.host.net. IN A {ADDRESS}", f"second.host.net. IN AAAA {ADDRESS6}",
                 f"alias.host.net. IN CNAME {HOST}.", "elsewhere.host.net. IN A 127.0.2.99",
                 f'spf.host.net. IN TXT "v=spf1 ip4:{ADDRESS} ip6:{ADDRESS6} -all"',
                 'nothing.host.net. IN TXT "no policy"', 'loop.host.net. IN TXT "v=spf1 include:loop.host.net -all"',
                 *[f'many{i}.host.net. IN TXT "v=spf1 a:many{i}.host.net mx:many{i}.host.net -all"' for i in range(4)],
                 *[f"many{i}.host.net. IN A 127.0.2.77" for i in range(4)], *[f"many{i}.host.net. IN MX 10 many{i}.host.net." for i in range(4)],
                 f'r1.keys.host.net. IN TXT "v=DKIM1; k=rsa; p={KEYS[0]["p"][:200]}" "{KEYS[0]["p"][200:]}"',
                 f'agreed.test._report._dmarc.host.net. IN TXT "v=DMARC1"'],
    "127.in-addr.arpa": [f"25.2.0.127.in-addr.arpa. IN PTR {HOST}."],
    "ip6.arpa": ["5.2.0.0" + ".0" * 20 + f".8.b.d.0.1.0.0.2.ip6.arpa. IN PTR {HOST}."],
}
BOTH = ("bind.ns.net", "knot.ns.net")


class Case:
    """A domain; `edit` changes the lines of its zone, `wants` are (purpose, status, part of the hint)."""

    def __init__(self, name, *, kind="fault", domain=None, edit=(), wants=(), ns=BOTH, own_ns=None, parent=None, zone=None, bad=None,
                 old=None, old_edit=(), reverse=(), signed=False, ds=False, host=HOST, addresses=(ADDRESS, ADDRESS6), more_zones=None,
                 resolver=None, keys=None):
        self.name, self.kind, self.edit, self.wants = name, kind, edit, wants
        self.domain = domain or re.sub("[^a-z0-9]+", "-", name.lower()).strip("-") + ".test"
        self.zone = zone or self.domain
        self.ns, self.own_ns, self.parent, self.bad = ns, own_ns or ns, parent, bad
        self.old, self.old_edit, self.reverse = old, old_edit, list(reverse)
        self.signed, self.ds, self.host, self.addresses = signed, ds, host, addresses
        self.more_zones, self.touch_resolver, self.keys = more_zones or {}, resolver, keys or KEYS
        self.text = []

    def request(self, port):
        return {"domain": self.domain, "hostname": self.host, "addresses": list(self.addresses), "keys": self.keys, "dns_port": port}

    def make(self, snippet):
        self.text = [line for line in snippet.splitlines() if line and not line.startswith(";")]

    def edited(self, edits):
        lines = list(self.text)
        for edit in edits:
            lines = edit(lines, self.domain)
        return [f"{self.zone}. IN NS {ns}." for ns in self.own_ns] + lines

    def zones(self):
        return {self.zone: self.edited(self.edit), **self.more_zones} if self.edit is not None else {}

    def has_old(self):
        return self.old is not None or "old.ns.net" in self.ns

    def old_zone(self):
        return self.edited(self.old_edit)

    def delegation(self):
        if self.parent is not None:
            return list(self.parent)
        lines = [f"{self.zone}. IN NS {ns}." for ns in self.ns] if self.zone.count(".") == 1 else []
        return lines + ([f"{self.zone}. IN DS 12345 13 2 {'ab' * 32}"] if self.ds else [])

    def route(self, resolver, bind, knot):
        resolver.routes[self.zone] = [bind, knot]
        for zone in self.more_zones:
            resolver.routes[zone] = [bind]
        if self.signed and self.ds:
            resolver.secure.add(self.zone)
        if self.touch_resolver:
            self.touch_resolver(resolver, self)

    def judge(self, answer):
        if "records" not in answer:
            return [str(answer)[:300]]
        said = [(r["purpose"], r["status"], r["hint"], r.get("found"), r["name"]) for r in answer["records"] + answer["checks"]]
        problems = []
        for purpose, status, hint in self.wants:
            if not any(p == purpose and s == status and hint in h for p, s, h, _, _ in said):
                problems.append(f"wanted {purpose} {status} {hint!r}, got {[(s, h, f) for p, s, h, f, _ in said if p == purpose]}")
        expected = {purpose for purpose, _, _ in self.wants}
        for purpose, status, hint, found, name in said:
            if status not in ("ok", "unknown") and purpose not in expected:
                problems.append(f"false alarm {purpose} {name}: {status} {hint!r} {found}")
        return problems


# ------------------------------------------------------------------------ edits

def drop(pattern):
    """Without the lines that match; DOMAIN stands for the domain."""
    return lambda lines, domain: [line for line in lines if not re.search(pattern.replace("DOMAIN", re.escape(domain)), line)]


def add(*more):
    return lambda lines, domain: lines + [line.replace("DOMAIN", domain) for line in more]


def sub(pattern, new):
    def edit(lines, domain):
        out = [re.sub(pattern.replace("DOMAIN", re.escape(domain)), new.replace("DOMAIN", domain), line) for line in lines]
        if out == lines:
            raise AssertionError(f"{pattern} changes nothing in {domain}")
        return out
    return edit


def spf(text):
    return [drop(r'^DOMAIN\. .*v=spf1'), add(f"DOMAIN. 3600 IN TXT {text}")]


def dkim(text):
    return [drop(r"^r1\._domainkey"), add(*([f"r1._domainkey.DOMAIN. 3600 IN TXT {text}"] if text else []))]


def dmarc(*texts):
    return [drop(r"^_dmarc\."), add(*[f"_dmarc.DOMAIN. 3600 IN TXT {text}" for text in texts])]


def mx(*values):
    return [drop(r" MX "), add(*[f"DOMAIN. 3600 IN MX {value}" for value in values])]


def correct(name, **more):
    return Case(name, kind="correct", **more)


SELF = f"v=spf1 ip4:{ADDRESS} ip6:{ADDRESS6}"
RSA = KEYS[0]["p"]

CASES = [
    correct("from the snippet"),
    correct("served by bind alone", ns=("bind.ns.net",)),
    correct("served by knot alone", ns=("knot.ns.net",)),
    Case("lame", ns=("bind.ns.net", "bad.ns.net"), bad="lame", wants=[("servers", "wrong", "bad.ns.net (127.0.3.30) does not have this zone")]),
    Case("refused", ns=("bind.ns.net", "bad.ns.net"), bad="refused", wants=[("servers", "wrong", "refuses to answer")]),
    Case("servfail of one", ns=("bind.ns.net", "bad.ns.net"), bad="servfail", wants=[("servers", "wrong", "SERVFAIL")]),
    Case("one silent", ns=("bind.ns.net", "bad.ns.net"), bad="silent", wants=[("servers", "wrong", "does not answer")]),
]
