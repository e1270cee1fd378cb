#!/usr/bin/env python3
"""words.en, words.de -> words_ids.h and words_table.c. Lines are "key = text"; '#' begins a comment.

Placeholders are the same in every language; a key that one lacks is said in English, with a warning.
"""
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


def placeholders(text):
    return sorted(re.findall(r"{[a-z]+}", text))


def complete(first, other, path):
    """What a language lacks stands in English; other placeholders would be wrong."""
    for key in sorted(other.keys() - first.keys()):
        sys.exit(f"{path}: {key} is not in words.en")
    for key, text in first.items():
        if key not in other:
            print(f"{path}: {key} is missing", file=sys.stderr)
        elif placeholders(text) != placeholders(other[key]):
            sys.exit(f"{path}: {key} has other placeholders")
    return {key: other.get(key, text) for key, text in first.items()}


def write_texts(out, name, texts):
    out.write(f"extern const struct span {name};\nconst struct span {name} = {{\n")
    for text in texts:
        out.write(f"\t{{ {c_text(text)}, {len(text.encode())} }},\n")
    out.write("};\n")


def main(header, table, *sources):
    languages = [dict(read(source)) for source in sources]
    languages = [complete(languages[0], language, path) for language, path in zip(languages, sources)]
    keys = list(languages[0])
    with open(header, "w", encoding="utf-8") as out:
        out.write("/* Generated from words.en. */\n#pragma once\n\nenum words_id {\n")
        for key in keys:
            out.write(f"\tW_{key.upper()},\n")
        out.write("\tWORDS_COUNT,\n};\n")
    with open(table, "w", encoding="utf-8") as out:
        out.write('/* Generated from words.en and words.de. */\n#include "webui/view/words.h"\n\n')
        write_texts(out, "words_keys[WORDS_COUNT]", keys)
        out.write("extern const struct span words_texts[LANGUAGES][WORDS_COUNT];\n")
        out.write("const struct span words_texts[LANGUAGES][WORDS_COUNT] = {\n")
        for language in languages:
            out.write("\t{\n")
            for key in keys:
                out.write(f"\t\t{{ {c_text(language[key])}, {len(language[key].encode())} }},\n")
            out.write("\t},\n")
        out.write("};\n")


main(*sys.argv[1:])
