#!/usr/bin/env python3
"""Rules that a script can hold: SQL only in sql/, PQ* only in db, malloc only in base, microhttpd only in
server.c, OpenSSL's SSL_* only in net, no goto, no file above 600 lines, no unfinished notes."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')

# (what, pattern, where it is allowed, look inside strings too)
RULES = [
    ("SQL outside sql/", re.compile(r'"\s*(SELECT(?!")|INSERT INTO|UPDATE \w+ SET|DELETE FROM|WITH \w+ AS|CREATE TABLE)\b'), (), True),
    ("PQ* outside mailcore/db", re.compile(r"\bPQ[a-z]\w*\s*\("), ("mailcore/db/",), False),
    ("malloc outside mailcore/base", re.compile(r"\b(malloc|calloc|realloc|strdup|strndup|asprintf|vasprintf)\s*\("),
     ("mailcore/base/",), False),
    ("microhttpd outside backend/http/server", re.compile(r"#include <microhttpd.h>"), ("backend/http/server",), False),
    ("SSL_* outside mailcore/net", re.compile(r"\bSSL_[a-z]\w*\s*\("), ("mailcore/net/",), False),
    ("exec outside the supervisor", re.compile(r"\b(execv\w*|execl\w*|fexecve|posix_spawn\w*)\s*\("),
     ("backend/supervisor.c", "backend/pgcluster.c"), False),
    ("goto", re.compile(r"\bgoto\b"), (), False),
    ("strtol and friends", re.compile(r"\b(strtol|strtoul|strtoll|strtoull|rand|srand|strerror_r)\s*\("), (), False),
    ("raw HTML output in a template", re.compile(r"\{\{\{"), (), True),
]
MAX_LINES = 600


def strip(text, keep_strings):
    text = COMMENT.sub(lambda m: "\n" * m.group(0).count("\n"), text)
    return text if keep_strings else STRING.sub('""', text)


def faults(path):
    name = str(path.relative_to(ROOT))
    raw = path.read_text()
    if raw.count("\n") > MAX_LINES:
        yield f"{name}: {raw.count(chr(10))} lines (at most {MAX_LINES}): is there a noun to split by?"
    for what, pattern, where, in_strings in RULES:
        if name.startswith(tuple(where)):
            continue
        text = strip(raw, in_strings)
        for match in pattern.finditer(text):
            yield f"{name}:{text.count(chr(10), 0, match.start()) + 1}: {what}"
    for number, line in enumerate(raw.splitlines(), 1):
        if re.search(r"\b(FIXME|XXX|HACK)\b|TODO(?!\([a-z]+\):)", line):
            yield f"{name}:{number}: an unfinished note"


def main():
    files = [p for top in ("mailcore", "backend", "webui") for p in sorted((ROOT / top).rglob("*.[ch]"))]
    found = [f for p in files for f in faults(p)]
    found += [f"{p.relative_to(ROOT)}: raw output" for p in (ROOT / "templates").rglob("*.html") if "{{{" in p.read_text()]
    print("\n".join(found))
    return 1 if found else 0


sys.exit(main())
