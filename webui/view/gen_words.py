#!/usr/bin/env python3
"""words.en -> words_ids.h and words_table.c. Lines are "key = text"; '#' begins a comment."""
import re
import sys

LINE = re.compile(r"^([a-z][a-z0-9_]*) = (\S.*\S|\S)$")


def read(path):
    found = {}
    for number, line in enumerate(open(path, encoding="utf-8"), 1):
        line = line.rstrip("\n")
        if not line or line.startswith("#"):
            continue
        match = LINE.match(line)
        if not match:
            sys.exit(f"{path}:{number}: not 'key = text'")
        if match[1] in found:
            sys.exit(f"{path}:{number}: {match[1]} is there twice")
        found[match[1]] = match[2]
    # the order of span_cmp: shorter first, then by bytes
    return sorted(found.items(), key=lambda item: item[0].encode())


def c_text(text):
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def main(source, header, table):
    items = read(source)
    with open(header, "w", encoding="utf-8") as out:
        out.write("/* Generated from words.en. */\n#pragma once\n\nenum words_id {\n")
        for key, _ in items:
            out.write(f"\tW_{key.upper()},\n")
        out.write("\tWORDS_COUNT,\n};\n")
    with open(table, "w", encoding="utf-8") as out:
        out.write('/* Generated from words.en. */\n#include "webui/view/words.h"\n\n')
        for name, column in (("words_keys", 0), ("words_texts", 1)):
            out.write(f"extern const struct span {name}[WORDS_COUNT];\n")
            out.write(f"const struct span {name}[WORDS_COUNT] = {{\n")
            for item in items:
                text = item[column]
                out.write(f"\t{{ {c_text(text)}, {len(text.encode())} }},\n")
            out.write("};\n")


main(*sys.argv[1:])
