#!/usr/bin/python3
"""Undo and send later in webmail: a message is sent or taken back, and what goes out is what was written last."""
import html
import re
import time

import web

PATIENCE_S = 120


class Person:
    def __init__(self, w, box):
        self.w, self.address = w, box["address"]
        self.cookie = w.log_in(box["address"], box["password"])

    def get(self, path):
        return self.w.call("GET", path, token=None, headers={"Cookie": self.cookie})

    def post(self, path, fields):
        csrf = re.search(rb'name="csrf"[^>]*value="([^"]+)"', self.get("/mail/settings/sending").raw).group(1).decode()
        return self.w.form(path, {"csrf": csrf, **fields}, headers={"Cookie": self.cookie, "Origin": self.w.start["https"]})

    def undo_s(self, seconds, zone=""):
        answer = self.post("/mail/settings/sending", {"undo_s": str(seconds), "zone": zone})
        self.w.check(answer.status == 303, f"the time to take back is {seconds} s", answer)

    def send(self, to, subject, text="Hello.", **more):
        return self.post("/mail/compose", {"to": to, "subject": subject, "text": text, "do": "send", **more})

    def scheduled(self):
        page = self.get("/mail/outbox").raw.decode()
        return page[page.index('<div class="waiting">'):]

    def found(self, folder, subject):
        return re.findall(rf'href="(/mail/{folder}/\d+)"', self.get(f"/mail/{folder}?q={subject}").raw.decode())

    def waits_for(self, folder, subject):
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if self.found(folder, subject):
                return True
            time.sleep(0.3)
        return False


def field(raw, name):
    text = raw.decode()
    if name == "text":
        return html.unescape(re.search(r"<textarea[^>]*>\n(.*?)</textarea>", text, re.S).group(1))
    return html.unescape(re.search(rf'name="{name}"[^>]* value="([^"]*)"', text).group(1))


def undo(w, alice, bob):
    alice.undo_s(30)
    subject, text = f"undo-{w.mark}", "Dear Bob,\r\n\r\n  indented, <b>&amp; \"quoted\" – ünïcode\r\n.\r\nlast line"
    answer = alice.send(f'"Bob, the" <{bob.address}>', subject, text)
    ident = re.fullmatch(r"/mail/inbox\?undo=([0-9a-f-]{36})&seconds=30", answer.headers["Location"])
    w.check(answer.status == 303 and ident, "a message waits to be taken back", answer)
    ident = ident.group(1)
    page = alice.get(answer.headers["Location"])
    w.check(b"data-undo" in page.raw and b"Sending in 30 seconds" in page.raw, "the next page offers it", page)
    w.check(subject in alice.scheduled(), "it is listed as scheduled")
    w.check(not alice.found("sent", subject), "it is not in Sent yet")
    w.check(b"Too late" in alice.get(bob.post(f"/mail/outbox/{ident}", {"do": "undo"}).headers["Location"]).raw
            and subject in alice.scheduled(), "nobody else can take it back")
    answer = alice.post(f"/mail/outbox/{ident}", {"do": "undo"})
    draft = re.fullmatch(r"/mail/compose\?edit=(drafts\.\d+)&done=send_undone", answer.headers["Location"])
    w.check(draft, "undo opens the draft", answer)
    page = alice.get(answer.headers["Location"])
    w.check(field(page.raw, "text").rstrip("\r\n") == text.replace("\r\n", "\n"), "with the text as it was", page)
    w.check(field(page.raw, "to") == f'"Bob, the" <{bob.address}>' and field(page.raw, "subject") == subject, "and its recipients", page)
    answer = alice.post(f"/mail/outbox/{ident}", {"do": "undo"})
    w.check(answer.headers["Location"] == "/mail/sent?done=send_too_late", "it can be taken back once", answer)

    alice.undo_s(0)
    answer = alice.send(bob.address, subject, "The edited text.", mode="edit", source=draft.group(1))
    w.check(answer.headers["Location"] == "/mail/inbox?done=message_sent", "without a window it leaves at once", answer)
    got = bob.found("inbox", subject)
    w.check(len(got) == 1 and b"The edited text." in bob.get(got[0]).raw, "the recipient gets the edited text, once", got)
    w.check(not alice.found("drafts", subject), "the draft is gone")


def window(w, alice, bob):
    alice.undo_s(5)
    subject = f"window-{w.mark}"
    alice.send(f"{bob.address}, {alice.address}", subject)
    w.check(alice.waits_for("sent", subject), "after the window the copy is in Sent")
    w.check(bob.waits_for("inbox", subject) and alice.waits_for("inbox", subject), "and the message with its recipients")
    w.check(len(bob.found("inbox", subject)) == 1, "once")
    w.check(subject not in alice.scheduled(), "nothing is scheduled any more")


def later(w, alice, bob):
    subject = f"later-{w.mark}"
    soon = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() + 40 * 86400))
    for at, zone, what in (("tomorrow", "", "no date"), ("2020-01-01T10:00", "", "a time that has passed"),
                           ("2999-01-01T10:00", "", "a time too far away"), (soon, "Middle/Earth", "an unknown zone")):
        answer = alice.send(bob.address, subject, do="later", send_at=at, zone=zone)
        w.check(answer.status == 422 and b'id="send_at-error"' in answer.raw and field(answer.raw, "subject") == subject,
                f"{what} is refused in the form", answer)
    alice.undo_s(10, "Pacific/Auckland")
    answer = alice.send(bob.address, subject, do="later", send_at=soon)
    w.check(answer.headers["Location"] == "/mail/outbox?done=message_scheduled", "a message is sent later", answer)
    page = alice.scheduled()
    w.check(subject in page and soon[11:] in page and "Pacific/Auckland" in page, "it is listed in the person's zone", page[:200])
    ident = re.search(r'/mail/outbox/([0-9a-f-]{36})"', page[page.index(subject):]).group(1)
    answer = alice.post(f"/mail/outbox/{ident}", {"do": "cancel"})
    w.check(answer.headers["Location"] == "/mail/outbox?done=send_cancelled" and alice.found("drafts", subject),
            "cancelled it is a draft", answer)
    answer = alice.post("/mail/settings/sending", {"undo_s": "10", "zone": "Middle/Earth"})
    w.check(answer.status == 422, "a zone that does not exist is not kept", answer)


def outbox(w):
    alice, bob = (Person(w, box) for box in w.start["mailboxes"][:2])
    try:
        undo(w, alice, bob)
        window(w, alice, bob)
        later(w, alice, bob)
    finally:
        alice.undo_s(10)


if __name__ == "__main__":
    web.main(outbox)
