#!/usr/bin/env python3
"""The snippet of 1,000 random domains (IDN, labels of 63 octets, subdomains, hosts inside and outside) inside a zone with
SOA and NS: named-checkzone and kzonecheck take each of them.

usage: test_zone.py BUILD-DIR     prints TAP
"""
import concurrent.futures
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

from cases import KEYS
from lines import Lines

DOMAINS, SEED = 1000, 7
LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"
FOREIGN = "\u00e4\u00f6\u00fc\u00e9\u00f1\u03b1\u03b2\u03b3\u0436\u0444\u65e5\u672c\u8a9e\u05d0\u05d1"
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"


def label(dice):
    kind = dice.randrange(6)
    if kind == 0:
        return "".join(dice.choice(LETTERS) for _ in range(63))
    if kind == 1:
        text = "".join(dice.choice(FOREIGN) for _ in range(dice.randint(1, 8)))
        return "xn--" + text.encode("punycode").decode()
    middle = "".join(dice.choice(LETTERS + "-") for _ in range(dice.randint(0, 20)))
    text = dice.choice(LETTERS) + middle.replace("--", "-a") + dice.choice(LETTERS)
    return text


def domain(dice):
    labels = [dice.choice(("test", "example", "xn--p1ai", "co.uk"))]
    for _ in range(dice.randint(1, 3)):
        longer = [label(dice), *labels]
        if len(".".join(longer)) <= 200:
            labels = longer
    return ".".join(labels) if len(labels) > 1 else "a." + labels[0]


def request(dice):
    name = domain(dice)
    inside = dice.random() < 0.5 and len(name) < 240
    return {"op": "zone", "domain": name, "hostname": "mail." + name if inside else "mail.host.net", "keys": KEYS,
            "addresses": ["192.0.2.25", "2001:db8::25"][:dice.randint(1, 2)]}


def refusals(directory, number, ask, snippet):
    """What the two say against the zone."""
    path = directory / f"{number}.zone"
    name = ask["domain"]
    path.write_text(f"$TTL 3600\n{name}. IN SOA ns.host.net. x.host.net. 1 3600 600 86400 300\n{name}. IN NS ns.host.net.\n{snippet}",
                    encoding="utf-8")
    bad = []
    for command in (["named-checkzone", "-i", "local", "-k", "fail", name, str(path)], ["kzonecheck", "-o", name, str(path)]):
        program = shutil.which(command[0], path=PATH)
        done = subprocess.run([program, *command[1:]], capture_output=True, check=False, timeout=120)
        if done.returncode != 0:
            bad.append(f"{command[0]} {name}: {(done.stdout + done.stderr).decode(errors='replace')[:400]}")
    path.unlink()
    return bad


def main():
    dice = random.Random(SEED)
    asks = [request(dice) for _ in range(DOMAINS)]
    answers = Lines(sys.argv[1], 2).ask_all(asks)
    with tempfile.TemporaryDirectory(prefix="mailstead-zone-") as directory, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 2) as pool:
        bad = [text for texts in pool.map(lambda i: refusals(pathlib.Path(directory), i, asks[i], answers[i]["zone"]), range(DOMAINS))
               for text in texts]
    whole = all(answer["zone"].count("_domainkey") == 2 for answer in answers)
    print(f"{'not ' if bad else ''}ok 1 - {len({a['domain'] for a in asks})} zones are accepted")
    for text in bad[:10]:
        print("#   " + text.replace("\n", "\n#   "))
    print(f"{'' if whole else 'not '}ok 2 - each has the keys\n1..2")
    return 1 if bad or not whole else 0


if __name__ == "__main__":
    raise SystemExit(main())
