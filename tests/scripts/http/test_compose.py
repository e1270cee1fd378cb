#!/usr/bin/python3
"""Webmail's compose page: which recipients are taken."""
import re

import web


def compose(w, cookie, to):
    page = w.call("GET", "/mail/compose", token=None, headers={"Cookie": cookie})
    csrf = re.search(rb'name="csrf"[^>]*value="([^"]+)"', page.raw).group(1).decode()
    return w.form("/mail/compose", {"csrf": csrf, "to": to, "subject": "Hello", "text": "Hello.", "do": "send"},
                  headers={"Cookie": cookie, "Origin": w.start["https"]})


def undo_s(w, cookie, seconds):
    page = w.call("GET", "/mail/settings/sending", token=None, headers={"Cookie": cookie})
    csrf = re.search(rb'name="csrf"[^>]*value="([^"]+)"', page.raw).group(1).decode()
    w.form("/mail/settings/sending", {"csrf": csrf, "undo_s": seconds}, headers={"Cookie": cookie, "Origin": w.start["https"]})


def recipients(w):
    box = w.start["mailboxes"][0]
    cookie = w.log_in(box["address"], box["password"])
    undo_s(w, cookie, "0")  # so that the copy is in Sent at once
    try:
        sending(w, box, cookie)
    finally:
        undo_s(w, cookie, "10")


def sending(w, box, cookie):
    abroad = f"abroad-{w.mark}@example.test"
    made = w.api("POST", "/aliases", {"address": abroad, "targets": [box["address"], "someone@elsewhere.example"]})
    w.check(made.status == 201, "an alias may lead to another server", made)
    answer = compose(w, cookie, f"nobody-{w.mark}@example.test")
    w.check(answer.status == 422 and b"nobody-" in answer.raw, "an unknown address is refused in the form", answer)
    for to, what in ((abroad, "an alias that leads to another server"), ("someone@elsewhere.example", "another server's address")):
        answer = compose(w, cookie, to)
        w.check(answer.status == 303, f"{what} is taken", answer)
    listed = w.call("GET", "/mail/sent", token=None, headers={"Cookie": cookie})
    newest = re.search(rb'href="(/mail/sent/\d+)"', listed.raw).group(1).decode()
    shown = w.call("GET", newest, token=None, headers={"Cookie": cookie})
    w.check(b"What became of it: arrived at 0 of 1" in shown.raw and b"someone@elsewhere.example" in shown.raw,
            "the copy in Sent tells what became of it", shown)
    answer = compose(w, cookie, box["address"])
    w.check(answer.status == 303, "a mailbox of this server takes the message", answer)
    listed = w.call("GET", "/mail/sent", token=None, headers={"Cookie": cookie})
    newest = re.search(rb'href="(/mail/sent/\d+)"', listed.raw).group(1).decode()
    shown = w.call("GET", newest, token=None, headers={"Cookie": cookie})
    w.check(b"it has arrived everywhere" in shown.raw and b"Delivered</span>" in shown.raw and box["address"].encode() in shown.raw,
            "and that it has arrived", shown)


if __name__ == "__main__":
    web.main(recipients)
