#!/usr/bin/env python3
"""Every statement of sql/queries is valid on a freshly migrated database, and its roles may run it.

TAP. Run by tests/harness/pg.py. Migrations after the first run on a filled database, roles.sql runs
twice. A statement's `-- roles:` line is checked by EXPLAIN with NULL arguments under SET ROLE:
that looks at every grant and runs nothing.
"""
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "sql"))
sys.dont_write_bytecode = True
import gen_sql  # noqa: E402


def psql(text):
    done = subprocess.run(
        ["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", os.environ["MAILSTEAD_TEST_DB"], "-f", "-"],
        input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    return done.returncode == 0, done.stdout.decode().strip()


def script(path):
    return "BEGIN;" + (ROOT / path).read_text(encoding="utf-8") + "COMMIT;"


def check(statement):
    text = f"PREPARE s AS {statement.sql};\n"
    nulls = ", ".join(["NULL"] * statement.n_params)
    call = f"s ({nulls})" if nulls else "s"
    for role in statement.roles:
        text += f"SET ROLE mailstead_{role};\nSET plan_cache_mode = force_generic_plan;\n"
        text += f"EXPLAIN EXECUTE {call};\n"
    if not statement.sql.upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES")):
        text = f"BEGIN; {statement.sql}; ROLLBACK;"  # utility commands cannot be PREPAREd in SQL
    if statement.sql.upper().startswith("CREATE DATABASE"):  # nor run inside a transaction
        text = statement.sql.replace("mailstead", "test_made") + ";\nDROP DATABASE test_made;"
    return psql(text)


def main():
    results = []

    def note(name, ok, output=""):
        results.append(ok)
        print(f"{'ok' if ok else 'not ok'} {len(results)} - {name}")
        if not ok:
            print("\n".join("# " + line for line in output.splitlines()))

    migrations = sorted((ROOT / "sql/migrations").glob("*.sql"))
    note(migrations[0].name, *psql(script(migrations[0])))
    note("fill", *psql(script("tests/sql/fill.sql")))
    for migration in migrations[1:]:
        note(migration.name, *psql(script(migration)))
    note("roles.sql", *psql(script("sql/roles.sql")))
    note("roles.sql again", *psql(script("sql/roles.sql")))
    tables = {s.name: s for s in gen_sql.parse_queries(ROOT / "sql/queries/db.sql")}
    note("schema_migration", *psql(tables["migration_table"].sql + ";"))
    seen = set()
    for path in sorted((ROOT / "sql/queries").glob("*.sql")):
        for statement in gen_sql.parse_queries(path):
            ok, output = check(statement)
            if statement.name in seen:
                ok, output = False, "the name is used twice"
            seen.add(statement.name)
            note(f"{path.stem}: {statement.name}", ok, output)
    print(f"1..{len(results)}")
    return 0 if all(results) else 1


sys.exit(main())
