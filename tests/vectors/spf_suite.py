#!/usr/bin/env python3
"""The open test suite of RFC 7208 (and of RFC 4408, where it is stricter) through `mailstead check lines`.

The suite comes from the Debian package golang-blitiri-go-spf-dev; without it, or without python3-yaml, this is skipped (77).
usage: spf_suite.py MAILSTEAD     prints TAP
"""
import json
import pathlib
import subprocess
import sys

SUITES = pathlib.Path("/usr/share/gocode/src/blitiri.com.ar/go/spf/testdata")


def records(zone):
    """Of one name: [["TXT", "..."], ["MX", 10, "mx.test"], ["TIMEOUT"]]"""
    for record in zone:
        if isinstance(record, str):
            yield [record]
            continue
        (kind, value), = record.items()
        if kind == "TIMEOUT":
            yield [kind]
        else:
            yield [kind, *value] if kind == "MX" else [kind, value]


def cases(yaml, path):
    """(name, request, allowed results, explanation or None when it is not given)"""
    for section in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        dns = {str(name): list(records(zone)) for name, zone in (section or {}).get("zonedata", {}).items()}
        for name, test in (section or {}).get("tests", {}).items():
            request = {"op": "spf", "ip": test["host"], "helo": test.get("helo") or "",
                       "mailfrom": test.get("mailfrom") or "", "receiver": "receiver.example", "dns": dns}
            wanted = test["result"] if isinstance(test["result"], list) else [test["result"]]
            explanation = test.get("explanation")
            yield name, request, wanted, "" if explanation == "DEFAULT" else explanation


def run(program, found):
    lines = "".join(json.dumps(request) + "\n" for _, request, _, _ in found)
    done = subprocess.run([program, "check", "lines"], input=lines, capture_output=True, text=True, check=True, timeout=120)
    return [json.loads(line) for line in done.stdout.splitlines()]


def main():
    try:
        import yaml
    except ImportError:
        return 77
    paths = [SUITES / f"{name}-tests.yml" for name in ("rfc7208", "rfc4408")]
    if not all(path.exists() for path in paths):
        return 77
    number = failed = 0
    for path in paths:
        found = list(cases(yaml, path))
        answers = run(sys.argv[1], found)
        assert len(answers) == len(found) > 150
        for (name, _, wanted, explanation), answer in zip(found, answers):
            number += 1
            good = answer.get("result") in wanted and explanation in (None, answer.get("explanation"))
            failed += not good
            print(f"{'' if good else 'not '}ok {number} - {path.stem} {name}" +
                  ("" if good else f" # wanted {wanted} {explanation!r}, got {answer}"))
    print(f"1..{number}")
    return failed > 0


if __name__ == "__main__":
    raise SystemExit(main())
