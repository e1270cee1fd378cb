#!/usr/bin/env python3
"""The layer table: who may include whom. Includes are written from the root, so each shows its layer."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]

# folder: what it may include besides itself. "base" and the like are below mailcore/.
LAYERS = {
    "mailcore/base": "",
    "mailcore/mime": "base",
    "mailcore/net": "base",
    "mailcore/db": "base",
    "mailcore/blob": "base db",
    "mailcore/keys": "base net db",
    "mailcore/auth": "base mime net keys",
    "mailcore/directory": "base db keys",
    "mailcore/store": "base db mime blob",
    "mailcore/queue": "base db blob",
    "mailcore/smtpclient": "base net",
    "mailcore/deliver": "base db net mime auth directory blob store queue smtpclient",
    "mailcore/smtp": "base net mime auth directory deliver",
    "mailcore/imap": "base mime net directory store",
    "mailcore/pop3": "base net directory store",
    "backend/accounts": "base db auth keys directory store queue",
    "backend/dns": "base net auth directory backend/accounts",
    "backend/http": "base net backend/accounts",
    "backend/api": "base backend/http backend/accounts backend/dns",
    "webui/view": "base backend/http",
    "webui/panel": "base webui/view backend/http backend/accounts backend/dns",
    "webui/setup": "base directory webui/view backend/http backend/accounts backend/dns",
    "webui/mail": "base mime directory store deliver webui/view backend/http",
}
FREE = ("backend/cli", "backend", "webui")  # anything; and nobody includes them
SQL_READERS = {"mailcore/db", "mailcore/blob", "mailcore/keys", "mailcore/directory", "mailcore/store",
               "mailcore/queue", "backend/accounts"}
# Single headers that cross a layer: bells are hints to everybody, addresses are plain values.
HEADER_ONLY = {("mailcore/imap", "mailcore/db/bell.h"), ("webui/mail", "mailcore/db/bell.h"),
               ("mailcore/directory", "mailcore/net/addr.h"),
               ("backend/accounts", "mailcore/net/addr.h")}
INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.M)


def layer_of(path):
    """The longest declared folder that holds the path."""
    parts = path.split("/")[:-1]
    while parts:
        folder = "/".join(parts)
        if folder in LAYERS or folder in FREE:
            return folder
        parts.pop()
    return ""


def allowed(folder):
    names = LAYERS[folder].split()
    return {folder} | {n if "/" in n else f"mailcore/{n}" for n in names}


def faults(path):
    name = str(path.relative_to(ROOT))
    folder = layer_of(name)
    if not folder:
        yield f"{name}: in no declared layer"
        return
    for include in INCLUDE.findall(path.read_text()):
        if include.startswith("sql/"):
            if folder not in SQL_READERS and folder not in FREE:
                yield f"{name}: {folder} may not include {include}"
            continue
        target = layer_of(include)
        if not target:
            continue  # generated in the build directory
        if folder in FREE:
            continue
        if target in FREE:
            yield f"{name}: nobody includes {target} ({include})"
        elif target not in allowed(folder) and (folder, include) not in HEADER_ONLY:
            yield f"{name}: {folder} may not include {include}"


def main():
    found = [f for top in ("mailcore", "backend", "webui") for p in sorted((ROOT / top).rglob("*.[ch]"))
             for f in faults(p)]
    print("\n".join(found))
    return 1 if found else 0


sys.exit(main())
