#!/usr/bin/env python3
"""Asking for links to a new password again and again is refused, of names that do not exist too.

Wants no exempt network.
usage: test_reset_limit.py --json quickstart.json     prints TAP
"""
import pathlib
import secrets
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "scripts/http"))
import web  # noqa: E402


def asks(w):
    """Ten, and one more each half minute that passes meanwhile."""
    name = f"{secrets.token_hex(4)}@nowhere.example"
    statuses = [w.form("/login/forgotten", {"login": name}).status for _ in range(40)]
    w.check(statuses[:10] == [303] * 10 and 429 in statuses, "it ends after ten", statuses)
    other = w.form("/login", {"login": f"{secrets.token_hex(4)}@nowhere.example", "password": "x"})
    w.check(other.status == 422, "and keeps nobody else from logging in", other)


web.main(asks)
