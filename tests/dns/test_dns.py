#!/usr/bin/env python3
"""Zones made from our own snippet, served by Debian's BIND and Knot and by servers that do things wrong: the live check
finds nothing wrong where nothing is, and says of each prepared fault what it is and what to do.

usage: test_dns.py BUILD-DIR     prints TAP
"""
import concurrent.futures
import contextlib
import os
import pathlib
import sys
import tempfile

from cases import CASES, HOST_ZONE, SMTP, Case
from lines import Lines
from servers import AA, REFUSED, SERVFAIL, Bind, FakeSmtp, Front, Knot, Resolver, ask, make_certificate, refusal, with_flags

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "harness"))
from fake_dns import free_port  # noqa: E402

PARENT, BIND, KNOT = "127.0.3.1", "127.0.3.10", "127.0.3.20"
FRONTS = {"bad": "127.0.3.30", "old": "127.0.3.31"}
PROCESSES = 6


def soa(name, serial=1):
    return [f"$TTL 3600", f"{name}. IN SOA ns.net. hostmaster.net. {serial} 3600 600 86400 300"]


def zone_text(lines):
    return "\n".join(lines) + "\n"


def front(case_of, port):
    """The server that does wrong: what, the case of the domain says."""
    def behave(name, kind, query):
        case = case_of(name)
        good = lambda: ask(query, (BIND, port))  # noqa: E731
        if case.bad == "silent":
            return None
        if case.bad == "servfail":
            return refusal(query, SERVFAIL)
        if case.bad == "refused":
            return refusal(query, REFUSED)
        if case.bad == "lame":
            return with_flags(good(), off=AA)
        return good()
    return behave


def parent_zones(cases):
    """The zones above, and the ones that all share."""
    test = soa("test") + ["test. IN NS ns.net.", "other.test. IN NS bind.ns.net."]
    for case in cases:
        test += case.delegation()
    net = soa("net") + ["net. IN NS ns.net.", f"ns.net. IN A {PARENT}", f"bind.ns.net. IN A {BIND}", f"knot.ns.net. IN A {KNOT}",
                        f"bad.ns.net. IN A {FRONTS['bad']}", f"old.ns.net. IN A {FRONTS['old']}", "alias.ns.net. IN CNAME bind.ns.net.",
                        "45.2.0.127.bl.net. IN A 127.0.0.2", "46.2.0.127.bl.net. IN A 127.255.255.254"]
    reverse = soa("127.in-addr.arpa") + ["127.in-addr.arpa. IN NS ns.net."] + [line for case in cases for line in case.reverse]
    six = soa("ip6.arpa") + ["ip6.arpa. IN NS ns.net."] + HOST_ZONE["ip6.arpa"]
    host = soa("host.net") + ["host.net. IN NS ns.net."] + HOST_ZONE["host.net"]
    return {name: zone_text(lines) for name, lines in {"test": test, "net": net, "127.in-addr.arpa": reverse + HOST_ZONE["127.in-addr.arpa"],
                                                       "ip6.arpa": six, "host.net": host}.items()}


class World:
    def __init__(self, stack, lines, directory):
        self.lines, self.port = lines, free_port()
        self.cases = {case.domain: case for case in CASES}
        asks = [case.request(self.port) for case in CASES]
        for case, answer in zip(CASES, lines.ask_all([{**a, "op": "zone"} for a in asks])):
            case.make(answer["zone"])
        zones = {name: zone_text(soa(name, 7) + text) for case in CASES for name, text in case.zones().items()}
        knot = Knot(directory / "knot", KNOT, self.port, zones)
        knot.signed = [case.zone for case in CASES if case.signed]
        old = {case.zone: zone_text(soa(case.zone, 3) + case.old_zone()) for case in CASES if case.has_old()}
        self.resolver = Resolver(self.port)
        servers = [Bind(directory / "parent", PARENT, self.port, parent_zones(CASES)),
                   Bind(directory / "bind", BIND, self.port, zones), knot,
                   Bind(directory / "old", FRONTS["old"], self.port, old),
                   Front(FRONTS["bad"], self.port, front(self.case_of, self.port)),
                   Front("127.0.0.1", self.port, self.resolver)]
        make_certificate(directory, "h41.host.net")
        os.environ["SSL_CERT_FILE"] = str(directory / "cert.pem")
        servers += [FakeSmtp(f"127.0.2.{name[1:3]}", self.port, what, directory) for name, what in SMTP.items() if what != "away"]
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for server in pool.map(lambda s: s.__enter__(), servers):
                stack.push(server)
        for name in parent_zones(CASES):
            self.resolver.routes[name] = [PARENT]
        for case in CASES:
            case.route(self.resolver, BIND, KNOT)

    def case_of(self, name):
        labels = name.split(".")
        for i in range(len(labels)):
            if ".".join(labels[i:]) in self.cases:
                return self.cases[".".join(labels[i:])]
        return Case("none")


def main():
    count = failed = 0
    with tempfile.TemporaryDirectory(prefix="mailstead-dns-") as directory, contextlib.ExitStack() as stack:
        pathlib.Path(directory).chmod(0o755)
        lines = Lines(sys.argv[1], PROCESSES)
        world = World(stack, lines, pathlib.Path(directory))
        lines.resolver = f"127.0.0.1:{world.port}"
        requests = [{**case.request(world.port), "op": "dns"} for case in CASES]
        for case, answer in zip(CASES, lines.ask_all(requests)):
            problems = case.judge(answer)
            count += 1
            failed += bool(problems)
            print(f"{'not ' if problems else ''}ok {count} - {case.kind}: {case.name}", flush=True)
            for problem in problems:
                print(f"#   {problem}", flush=True)
    print(f"1..{count}")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
