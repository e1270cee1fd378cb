"""What is wrong, or only unusual, with each domain, and what has to be said about it."""
import base64
import hashlib
import re

from servers import remembered

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
                 *[f"h{n}.host.net. IN A 127.0.2.{n}" for n in (31, 32, 35, 36, 41, 42, 43, 44, 45, 46, 47, 49)], "h34.host.net. IN A 127.0.2.99", "h35.host.net. IN A 127.0.2.99",
                 f"two.host.net. IN A {ADDRESS}", "two.host.net. IN A 127.0.2.26", f"two.host.net. IN AAAA {ADDRESS6}",
                 f'agreed.test._report._dmarc.host.net. IN TXT "v=DMARC1"'],
    "127.in-addr.arpa": [f"25.2.0.127.in-addr.arpa. IN PTR {HOST}.", "25.2.0.127.in-addr.arpa. IN PTR two.host.net.", "26.2.0.127.in-addr.arpa. IN PTR two.host.net.", "32.2.0.127.in-addr.arpa. IN PTR pool-32.provider.net.",
                         *[f"{n}.2.0.127.in-addr.arpa. IN PTR h{n}.host.net." for n in (33, 34, 35, 36, 41, 42, 43, 44, 45, 46, 47)],
                         "48.2.0.127.in-addr.arpa. IN PTR h48.host.net.", "48.2.0.127.in-addr.arpa. IN PTR h49.host.net."],
    "ip6.arpa": ["5.2.0.0" + ".0" * 20 + f".8.b.d.0.1.0.0.2.ip6.arpa. IN PTR {HOST}.", "5.2.0.0" + ".0" * 20 + ".8.b.d.0.1.0.0.2.ip6.arpa. IN PTR two.host.net."],
}
# Mail servers by host: what they do at the port of the name servers, at the host's address.
SMTP = {"h41.host.net": "fine", "h42.host.net": "no tls", "h43.host.net": "not smtp", "h44.host.net": "other name", "h47.host.net": "away"}
BOTH = ("bind.ns.net", "knot.ns.net")


class Case:
    """A domain; `edit` changes the lines of its zone, `wants` are (purpose, status, part of the hint)."""

    def __init__(self, name, *, kind="fault", domain=None, edit=(), wants=(), ns=BOTH, own_ns=None, parent=None, zone=None, bad=None,
                 old=None, old_edit=(), reverse=(), signed=False, ds=False, host=HOST, addresses=(ADDRESS, ADDRESS6), more_zones=None,
                 resolver=None, keys=None, allow=(), lists=""):
        self.name, self.kind, self.edit, self.wants = name, kind, edit, wants
        self.domain = domain or re.sub("[^a-z0-9]+", "-", name.lower()).strip("-") + ".test"
        self.zone = zone or self.domain
        self.ns, self.own_ns, self.parent, self.bad = ns, own_ns or ns, parent, bad
        self.old, self.old_edit, self.reverse = old, old_edit, list(reverse)
        self.signed, self.ds, self.host, self.addresses = signed, ds, host, addresses
        self.more_zones, self.touch_resolver, self.keys = more_zones or {}, resolver, keys or KEYS
        self.lists = lists
        self.allow = ("ok", "unknown", *allow)
        self.text = []

    def request(self, port):
        return {"domain": self.domain, "hostname": self.host, "addresses": list(self.addresses), "keys": self.keys, "dns_port": port,
                **({"smtp_port": port} if self.host in SMTP else {}), "lists": self.lists}

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
        if self.edit is not None:
            resolver.routes[self.zone] = [knot] if self.signed else [bind, knot]
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
            if status not in self.allow and purpose not in expected:
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


def host(n, *more):
    return {"host": f"h{n}.host.net", "addresses": (f"127.0.2.{n}", *more)}


def remembers(name, kind, *records, ttl=1860):
    """The resolver has this in its cache."""
    def touch(resolver, case):
        key = name.replace("DOMAIN", case.domain)
        resolver.cached[key, {"TXT": 16, "MX": 15}[kind]] = remembered(key, kind, records, ttl)
    return touch


def bogus(resolver, case):
    resolver.bogus.add(case.zone)


def down(resolver, case):
    resolver.down.add(case.zone)


SELF = f"v=spf1 ip4:{ADDRESS} ip6:{ADDRESS6}"
RSA = KEYS[0]["p"]
HALVES = f'"v=DKIM1; k=rsa; p={RSA[:200]}" "{RSA[200:]}"'
MANY = " ".join(f"include:many{i}.host.net" for i in range(4))

CORRECT = [
    correct("from the snippet"),
    correct("served by bind alone", ns=("bind.ns.net",)),
    correct("served by knot alone", ns=("knot.ns.net",)),
    correct("key split at odd places", edit=dkim(f'"v=DKIM1;" " k=rsa; p=" "{RSA[:7]}" "{RSA[7:180]}" "{RSA[180:]}"')),
    correct("several addresses", addresses=(ADDRESS, ADDRESS6, "127.0.2.26"), host="two.host.net"),
    correct("another priority", edit=mx(f"5 {HOST}.")),
    correct("a backup elsewhere", edit=mx(f"10 {HOST}.", "20 elsewhere.host.net.")),
    correct("texts for others", edit=[add('DOMAIN. IN TXT "google-site-verification=abc"', 'DOMAIN. IN TXT "MS=ms123"', '_dmarc.DOMAIN. IN TXT "note"')]),
    correct("key by alias", edit=[drop(r"^r1\._domainkey"), add("r1._domainkey.DOMAIN. IN CNAME r1.keys.host.net.")]),
    correct("wildcards", edit=[add('*.DOMAIN. IN TXT "anything"', "*.DOMAIN. IN A 127.0.2.90", f"*.DOMAIN. IN MX 10 {HOST}.")]),
    correct("spf by redirect", edit=spf('"v=spf1 redirect=spf.host.net"')),
    correct("spf by include", edit=spf('"v=spf1 include:spf.host.net -all"')),
    correct("spf by mx in two strings", edit=spf('"v=spf1 " "mx -all"')),
    correct("spf with networks", edit=spf('"V=SPF1 IP4:127.0.2.0/24 ip6:2001:db8::/32 ?all"')),
    correct("upper case", edit=[lambda lines, domain: [line.replace(domain, domain.upper()).replace(HOST, HOST.upper()) for line in lines]]),
    correct("in its parent's zone", domain="part.whole.test", zone="whole.test"),
    correct("delegated below a zone", domain="low.high.test", parent=["high.test. IN NS bind.ns.net."],
            more_zones={"high.test": ["high.test. IN NS bind.ns.net.", "low.high.test. IN NS bind.ns.net.", "low.high.test. IN NS knot.ns.net."]}),
    correct("idn", domain="xn--mller-kva.test"),
    correct("long label", domain="a" * 63 + ".test"),
    correct("short ttls", edit=[sub(r" 3600 IN", " 5 IN")]),
    correct("strict dmarc", edit=dmarc('"v=DMARC1;p=reject;sp=quarantine;adkim=s;aspf=s;rua=mailto:a@DOMAIN!10m,mailto:b@reports.DOMAIN"')),
    correct("reports to who agreed", domain="agreed.test", edit=dmarc('"v=DMARC1; p=none; rua=mailto:reports@host.net"')),
    correct("autoconfig by address", edit=[drop(r"^autoconfig\.DOMAIN"), add(f"autoconfig.DOMAIN. IN A {ADDRESS}")]),
    correct("another name of ours", edit=[*mx("10 mx.DOMAIN."), add(f"mx.DOMAIN. IN A {ADDRESS}")]),
    correct("key with more tags", edit=dkim(f'"v=DKIM1; t=y:s; h=sha256; s=email; n=a; k=rsa; p={RSA[:150]}" "{RSA[150:]}"')),
    correct("another policy id", edit=[drop(r"^_mta-sts"), add('_mta-sts.DOMAIN. IN TXT "v=STSv1; id=2026;"')]),
    correct("a second srv", edit=[add("_imaps._tcp.DOMAIN. IN SRV 20 1 993 elsewhere.host.net.")]),
    correct("without ipv6", **host(36)),
    correct("signed", ns=("knot.ns.net",), signed=True, ds=True, wants=[("dnssec", "ok", "")]),
    correct("a server that answers", **host(41), wants=[("mail-server", "ok", "")]),
    correct("a server that cannot be reached", **host(47), wants=[("mail-server", "unknown", "says nothing about it")]),
    correct("a list that does not answer us", **host(46), lists="bl.net", wants=[("blocklist", "unknown", "does not answer this resolver")]),
    correct("not listed", **host(36), lists="bl.net=3.5,wl.net=-2", wants=[("blocklist", "ok", "")]),
    correct("resolver away", resolver=down),
]

FAULTS = [
    Case("no mx", edit=mx(), wants=[("mx", "missing", "Add this MX record")]),
    Case("mx elsewhere", edit=mx("10 elsewhere.host.net."), wants=[("mx", "wrong", "Mail goes to elsewhere.host.net")]),
    Case("null mx", edit=mx("0 ."), wants=[("mx", "wrong", "takes no mail")]),
    Case("null mx beside ours", edit=mx("0 .", f"10 {HOST}."), wants=[("mx", "wrong", "Remove the one with the dot")]),
    Case("mx to a cname", edit=mx("10 alias.host.net."), wants=[("mx", "wrong", "is an alias (CNAME)")]),
    Case("mx is an address", edit=mx(f"10 {ADDRESS}."), wants=[("mx", "wrong", "must have a name")]),
    Case("mx without final dot", edit=mx(f"10 {HOST}.DOMAIN."), wants=[("mx", "wrong", "the final dot was missing")]),
    Case("mx leads nowhere", edit=mx(f"10 {HOST}.", "20 gone.host.net."), wants=[("mx", "wrong", "gone.host.net has no address")]),
    Case("mx under a doubled name", edit=[*mx(), add(f"DOMAIN.DOMAIN. IN MX 10 {HOST}.")], wants=[("mx", "missing", 'Enter only "@"')]),
    Case("no spf", edit=[drop("v=spf1")], wants=[("spf", "missing", "Add this TXT record")]),
    Case("two spfs", edit=[add('DOMAIN. IN TXT "v=spf1 mx -all"')], wants=[("spf", "multiple", "Put their parts into one")]),
    Case("eleven look-ups", edit=spf(f'"{SELF} {MANY} -all"'), wants=[("spf", "wrong", "more than ten DNS look-ups")]),
    Case("spf without us", edit=spf('"v=spf1 ip4:198.51.100.7 -all"'), wants=[("spf", "wrong", f"v=spf1 ip4:{ADDRESS} ip6:{ADDRESS6} ip4:198.51.100.7 -all")]),
    Case("spf without our ipv6", edit=spf(f'"v=spf1 ip4:{ADDRESS} -all"'), wants=[("spf", "wrong", f"v=spf1 ip6:{ADDRESS6} ip4:{ADDRESS} -all")]),
    Case("spf misspelt", edit=spf(f'"v=spf1 ipv4:{ADDRESS} -all"'), wants=[("spf", "malformed", "ipv4")]),
    Case("spf split in a word", edit=spf(f'"v=spf1 ip4:{ADDRESS}" "ip6:{ADDRESS6} -all"'), wants=[("spf", "malformed", "cannot read this SPF record")]),
    Case("spf include nowhere", edit=spf('"v=spf1 include:nothing.host.net mx -all"'), wants=[("spf", "wrong", "no SPF record")]),
    Case("spf loop", edit=spf('"v=spf1 include:loop.host.net -all"'), wants=[("spf", "wrong", "more than ten DNS look-ups")]),
    Case("spf for everybody", edit=spf('"v=spf1 mx +all"'), wants=[("spf", "wrong", "lets everybody send")]),
    Case("spf in quotes", edit=spf(r'"\"v=spf1 mx -all\""'), wants=[("spf", "malformed", "quotation marks")]),
    Case("spf of another version", edit=spf('"v=spf10 mx -all"'), wants=[("spf", "missing", "Add this TXT record")]),
    Case("spf fails us first", edit=spf(f'"v=spf1 -ip4:{ADDRESS} mx -all"'), wants=[("spf", "wrong", "not among those that may send")]),
    Case("spf with two redirects", edit=spf('"v=spf1 redirect=a.test redirect=b.test"'), wants=[("spf", "malformed", "redirect")]),
    Case("spf under a doubled name", edit=[drop("v=spf1"), add('DOMAIN.DOMAIN. IN TXT "v=spf1 mx -all"')], wants=[("spf", "missing", 'Enter only "@"')]),
    Case("no key", edit=dkim(""), wants=[("dkim", "missing", "Add this TXT record")]),
    Case("truncated key", edit=dkim(f'"v=DKIM1; k=rsa; p={RSA[:200]}"'), wants=[("dkim", "malformed", "Copy the value again")]),
    Case("another key", edit=dkim(f'"v=DKIM1; k=rsa; p={key_text("other", 150)}"'), wants=[("dkim", "wrong", "another key")]),
    Case("revoked key", edit=dkim('"v=DKIM1; k=rsa; p="'), wants=[("dkim", "wrong", "revoked")]),
    Case("two keys", edit=[add('r1._domainkey.DOMAIN. IN TXT "v=DKIM1; p=AAAA"')], wants=[("dkim", "multiple", "Keep ours only")]),
    Case("key split wrongly", edit=dkim(f'"v=DKIM1; k=rsa; p={RSA[:150]}\\" \\"{RSA[150:200]}" "{RSA[200:]}"'), wants=[("dkim", "malformed", "Copy the value again")]),
    Case("key of the other kind", edit=dkim(f'"v=DKIM1; k=ed25519; p={RSA[:200]}" "{RSA[200:]}"'), wants=[("dkim", "wrong", "another key")]),
    Case("key under a doubled name", edit=[sub(r"^r1\._domainkey\.DOMAIN\.", "r1._domainkey.DOMAIN.DOMAIN.")], wants=[("dkim", "missing", 'Enter only "r1._domainkey"')]),
    Case("wildcard for a key", edit=[*dkim(""), add('*._domainkey.DOMAIN. IN TXT "v=spf1 -all"')], wants=[("dkim", "missing", "a wildcard")]),
    Case("key alias to nowhere", edit=[*dkim(""), add("r1._domainkey.DOMAIN. IN CNAME gone.keys.host.net.")], wants=[("dkim", "missing", "is an alias of gone.keys.host.net")]),
    Case("key not for mail", edit=dkim(f'"v=DKIM1; s=tlsrpt; p={RSA[:150]}" "{RSA[150:]}"'), wants=[("dkim", "wrong", "not for mail")]),
    Case("key for sha1 only", edit=dkim(f'"v=DKIM1; h=sha1; p={RSA[:150]}" "{RSA[150:]}"'), wants=[("dkim", "wrong", "(h=)")]),
    Case("no dmarc", edit=dmarc(), wants=[("dmarc", "missing", "Add this TXT record")]),
    Case("two dmarcs", edit=dmarc('"v=DMARC1; p=none"', '"v=DMARC1; p=reject"'), wants=[("dmarc", "multiple", "Keep one")]),
    Case("dmarc without policy", edit=dmarc('"v=DMARC1; p=rejekt"'), wants=[("dmarc", "malformed", "p=none, p=quarantine or p=reject")]),
    Case("wildcard for dmarc", edit=[*dmarc(), add('*.DOMAIN. IN TXT "hello"')], wants=[("dmarc", "missing", "a wildcard")]),
    Case("dmarc at the domain", edit=[*dmarc(), add('DOMAIN. IN TXT "v=DMARC1; p=none"')], wants=[("dmarc", "missing", "Move it to _dmarc.")]),
    Case("dmarc under a doubled name", edit=[sub(r"^_dmarc\.DOMAIN\.", "_dmarc.DOMAIN.DOMAIN.")], wants=[("dmarc", "missing", 'Enter only "_dmarc"')]),
    Case("reports to who has not agreed", edit=dmarc('"v=DMARC1; p=none; rua=mailto:x@host.net"'), wants=[("dmarc", "wrong", "._report._dmarc.host.net")]),
    Case("reports to no address", edit=dmarc('"v=DMARC1; p=none; rua=postmaster@DOMAIN"'), wants=[("dmarc", "malformed", "mailto:")]),
    Case("no ptr", **host(31), wants=[("ptr", "missing", "your hosting or internet provider")]),
    Case("ptr of the provider", **host(32), wants=[("ptr", "wrong", "pool-32.provider.net"), ("reverse", "wrong", "does not lead back")]),
    Case("server without encryption", **host(42), wants=[("mail-server", "wrong", "does not encrypt (STARTTLS)")]),
    Case("server of another kind", **host(43), wants=[("mail-server", "wrong", "does not greet as a mail server")]),
    Case("certificate of another name", **host(44), wants=[("mail-server", "wrong", "does not hold for this name")]),
    Case("listed", **host(45), lists="bl.net", wants=[("blocklist", "wrong", "127.0.2.45 is listed by bl.net")]),
    Case("name does not lead back", host="h48.host.net", addresses=("127.0.2.48",),
         wants=[("reverse", "wrong", "does not lead back"), ("a", "missing", "")]),
    Case("host without address", **host(33), wants=[("a", "missing", "Add this A record"), ("reverse", "wrong", "does not lead back")]),
    Case("host elsewhere", **host(34), wants=[("a", "wrong", "127.0.2.34"), ("reverse", "wrong", "does not lead back")]),
    Case("host with a stranger", **host(35), wants=[("a", "wrong", "127.0.2.99, which is not this server")]),
    Case("srv of another port", edit=[sub(r"SRV 0 1 993", "SRV 0 1 1993")], wants=[("srv", "wrong", "another server or port")]),
    Case("autoconfig elsewhere", edit=[drop(r"^autoconfig\.DOMAIN"), add("autoconfig.DOMAIN. IN A 127.0.2.90")], wants=[("autoconfig", "wrong", "leads to another server")]),
    Case("policy id with a dash", edit=[drop(r"^_mta-sts"), add('_mta-sts.DOMAIN. IN TXT "v=STSv1; id=2026-01-01"')], wants=[("mta-sts", "malformed", "letters and digits")]),
    Case("tls reports to no address", edit=[drop(r"^_smtp"), add('_smtp._tls.DOMAIN. IN TXT "v=TLSRPTv1; rua=me"')], wants=[("tls-rpt", "malformed", "mailto:")]),
    Case("lame", ns=("bind.ns.net", "bad.ns.net"), bad="lame", wants=[("servers", "wrong", "bad.ns.net (127.0.3.30) does not have this zone")]),
    Case("refused", ns=("bind.ns.net", "bad.ns.net"), bad="refused", wants=[("servers", "wrong", "refuses to answer")]),
    Case("servfail of one", ns=("bind.ns.net", "bad.ns.net"), bad="servfail", wants=[("servers", "wrong", "SERVFAIL")]),
    Case("one silent", ns=("bind.ns.net", "bad.ns.net"), bad="silent", wants=[("servers", "wrong", "does not answer")]),
    Case("all silent", ns=("bad.ns.net",), bad="silent", resolver=down, allow=("error",),
         wants=[("servers", "wrong", "nobody can look anything up"), ("mx", "error", "did not answer")]),
    Case("all fail", ns=("bad.ns.net",), bad="servfail", resolver=down, allow=("error",), wants=[("servers", "wrong", "nobody can look"), ("spf", "error", "")]),
    Case("one behind", ns=("bind.ns.net", "old.ns.net"), old_edit=dkim(""), wants=[("dkim", "missing", "not at old.ns.net (127.0.3.31)")]),
    Case("one with an old mx", ns=("bind.ns.net", "old.ns.net"), old_edit=mx("10 elsewhere.host.net."), wants=[("mx", "wrong", "do not agree: right at bind.ns.net")]),
    Case("old value in a cache", resolver=remembers("DOMAIN", "MX", (10, "elsewhere.host.net")), wants=[("mx", "ok", "for up to 31 minutes")]),
    Case("absence in a cache", resolver=remembers("_dmarc.DOMAIN", "TXT"), wants=[("dmarc", "ok", "Resolvers that remember")]),
    Case("good value left in a cache", edit=mx("10 elsewhere.host.net."), resolver=remembers("DOMAIN", "MX", (10, HOST)),
         wants=[("mx", "wrong", "Some resolvers still remember the right value, for up to 31 minutes")]),
    Case("more at the parent", own_ns=("bind.ns.net",), wants=[("delegation", "wrong", "Only there: knot.ns.net")]),
    Case("more in the zone", ns=("bind.ns.net",), own_ns=BOTH, wants=[("delegation", "wrong", "Only in the zone: knot.ns.net")]),
    Case("server without address", ns=("bind.ns.net", "ghost.ns.net"), wants=[("delegation", "wrong", "without an address is of no use: ghost.ns.net")]),
    Case("server by alias", ns=("knot.ns.net", "alias.ns.net"), wants=[("delegation", "wrong", "must not be an alias (CNAME): alias.ns.net")]),
    Case("domain gone", edit=None, parent=[], allow=("missing",), wants=[("domain", "missing", "expired")]),
    Case("bogus signatures", ns=("knot.ns.net",), signed=True, ds=True, resolver=bogus, wants=[("dnssec", "wrong", "signatures of the zone are not right")]),
    Case("ds without signatures", ds=True, wants=[("dnssec", "wrong", "the zone is not signed")]),
    Case("signatures without ds", ns=("knot.ns.net",), signed=True, wants=[("dnssec", "missing", "DS record is missing")]),
]
CASES = CORRECT + FAULTS
