#!/usr/bin/env python3
"""No global name twice: symbols.py BUILD_DIR. The linker takes the first of two functions of one name that lie in
two static libraries, without a word."""
import collections
import pathlib
import subprocess
import sys

DEFINED = "TDBRC"


def symbols(archive):
    done = subprocess.run(["nm", "-g", "--defined-only", str(archive)], stdout=subprocess.PIPE, check=True, text=True)
    rows = (line.split() for line in done.stdout.splitlines())
    return {row[2] for row in rows if len(row) == 3 and row[1] in DEFINED and not row[2].startswith("__")}


def main(build):
    homes = collections.defaultdict(set)
    for folder in ("mailcore", "backend", "webui"):
        for archive in (build / folder).rglob("*.a"):
            for name in symbols(archive):
                homes[name].add(str(archive.relative_to(build)))
    twice = {name: places for name, places in homes.items() if len(places) > 1}
    for name, places in sorted(twice.items()):
        print(f"{name} is in {' and '.join(sorted(places))}")
    return bool(twice) or not homes


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
