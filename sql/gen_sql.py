#!/usr/bin/env python3
"""Turns SQL files into C.

  gen_sql.py queries NAME.sql OUT.h OUT.c           blocks `-- name: x` -> struct stmt SQL_X
  gen_sql.py migrations OUT.c ROLES.sql FILE.sql...  the embedded migrations, with their SHA-256

A query file holds blocks:

  -- name: mailbox_find
  -- What it is for (comments do not reach the server).
  SELECT ... WHERE domain_id = $1;

Names are unique in the whole program: they name the prepared statement too. `-- roles: mx user`
says which log-ins run it; tests/sql checks the grants by it.
"""
import hashlib
import pathlib
import re
import sys

NAME = re.compile(r"^-- name: ([a-z][a-z0-9_]*)\s*$")
ROLES = re.compile(r"^-- roles: ([a-z ]+?)\s*$")


class Statement:
    def __init__(self, name):
        self.name = name
        self.roles = []
        self.lines = []
        self.sql = ""
        self.n_params = 0

    def finish(self, where):
        self.sql = "\n".join(self.lines).strip()
        if not self.sql.endswith(";"):
            raise SystemExit(f"{where}: {self.name} does not end with ';'")
        self.sql = self.sql[:-1].rstrip()
        used = sorted({int(n) for n in re.findall(r"\$([0-9]+)", self.sql)})
        self.n_params = used[-1] if used else 0
        if used != list(range(1, self.n_params + 1)):
            raise SystemExit(f"{where}: {self.name} leaves out a parameter")


def parse_queries(path):
    """The statements of one file, in order."""
    found = []
    for line in pathlib.Path(path).read_text(encoding="utf-8").splitlines():
        name = NAME.match(line)
        roles = ROLES.match(line)
        if name:
            found.append(Statement(name.group(1)))
        elif roles and found:
            found[-1].roles = roles.group(1).split()
        elif line.lstrip().startswith("--") or not line.strip():
            continue
        elif not found:
            raise SystemExit(f"{path}: text before the first '-- name:'")
        else:
            found[-1].lines.append(line.rstrip())
    for statement in found:
        statement.finish(path)
    return found


def c_string(text, indent):
    """One C literal a line; very long files stay readable in a debugger."""
    out = []
    for line in text.split("\n"):
        line = line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
        out.append(f'{indent}"{line}\\n"')
    return "\n".join(out) if out else f'{indent}""'


def write_queries(source, header, code):
    statements = parse_queries(source)
    base = pathlib.Path(source).name
    with open(header, "w", encoding="utf-8") as out:
        out.write(f"/* Generated from sql/queries/{base}. */\n#pragma once\n\n")
        out.write('#include "mailcore/db/db.h"\n\n')
        for s in statements:
            out.write(f"extern const struct stmt SQL_{s.name.upper()};\n")
    with open(code, "w", encoding="utf-8") as out:
        out.write(f'/* Generated from sql/queries/{base}. */\n')
        out.write(f'#include "sql/{pathlib.Path(header).name}"\n')
        for s in statements:
            out.write(f"\nconst struct stmt SQL_{s.name.upper()} = {{\n\t\"{s.name}\",\n")
            out.write(c_string(s.sql, "\t") + f",\n\t{s.n_params},\n}};\n")


def write_migrations(code, roles, sources):
    with open(code, "w", encoding="utf-8") as out:
        out.write("/* Generated from sql/migrations and sql/roles.sql. */\n")
        out.write('#include "sql/migrations.h"\n\n')
        out.write("const struct migration MIGRATIONS[] = {\n")
        for version, source in enumerate(sorted(sources), 1):
            path = pathlib.Path(source)
            if not path.name.startswith(f"{version:04d}_"):
                raise SystemExit(f"{source}: expected number {version:04d}")
            write_migration(out, version, path)
        out.write("\t{ 0 },\n};\n\nconst struct migration ROLES =\n")
        write_migration(out, 0, pathlib.Path(roles), end=";")


def write_migration(out, version, path, end=","):
    text = path.read_text(encoding="utf-8")
    digest = hashlib.sha256(text.encode()).hexdigest()
    out.write(f'\t{{ {version}, "{path.stem}", "{digest}",\n')
    out.write(c_string(text, "\t") + f" }}{end}\n")


def main(argv):
    if len(argv) == 5 and argv[1] == "queries":
        write_queries(argv[2], argv[3], argv[4])
    elif len(argv) >= 5 and argv[1] == "migrations":
        write_migrations(argv[2], argv[3], argv[4:])
    else:
        raise SystemExit(__doc__)


if __name__ == "__main__":
    main(sys.argv)
