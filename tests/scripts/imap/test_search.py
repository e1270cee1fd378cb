#!/usr/bin/env python3
"""SEARCH TEXT and BODY say the same by the index as by reading each message: before there is an index, with one, with
new messages that it does not know, after expunges and moves.

Few messages at a time are always read; many are asked of the index first. So the whole folder in one command is
compared with the same folder in small portions, and with what the test knows it has put in.

usage: test_search.py --json quickstart.json     prints TAP
"""
import argparse
import email.message
import json
import pathlib
import random
import re
import secrets
import subprocess
import time

from test_requirements import Test

PORTION = 100  # UIDs that are searched in one command so that they are read
PATIENCE_S = 120  # until the index is made
WORDS = ("Café", "STRASSE", "naïve", "Quartal", "日本語のテスト", "a.b@client.test", "report", "reporting", "100%", "x",
         "Zwölf", "https://client.test/p?q=1", "Москва", "İstanbul", "C++", "--", "emoji😀word")


def sentence(chance, words):
    return " ".join(chance.choice(WORDS) for _ in range(words))


def make_message(chance):
    """(text, subject, bytes): text in one of the parts, in one of the encodings."""
    text, subject = sentence(chance, chance.randrange(1, 40)), sentence(chance, 3)
    message = email.message.EmailMessage()
    message["From"] = f"{chance.choice(WORDS)} <sender{chance.randrange(50)}@client.test>"
    message["Subject"] = subject
    kind = chance.randrange(5)
    if kind == 0:
        message.set_content(text + "\r\n", cte="base64")
    elif kind == 1:
        message.set_content(text + "\r\n", cte="quoted-printable")
    elif kind == 2:
        message.set_content("plain\r\n")
        message.add_alternative(f"<html><body><p>{text.replace('--', '—')}</p></body></html>", subtype="html")
        text = text.replace("--", "—")
    elif kind == 3:
        message.set_content("see the file\r\n")
        message.add_attachment(text, filename=f"{chance.randrange(9)}-notes.txt")
    else:
        inner = email.message.EmailMessage()
        inner["Subject"] = "inner " + chance.choice(WORDS)
        inner.set_content(text + "\r\n")
        message.set_content("forwarded\r\n")
        message.add_attachment(inner)
    return text, subject, message.as_bytes(policy=message.policy.clone(linesep="\r\n", max_line_length=76))


class Folder:
    """A folder, and what the test knows of its messages."""

    def __init__(self, client, name):
        self.client, self.name = client, name
        self.known = {}  # UID: (text, subject)

    def append(self, messages):
        parts = b"".join(b" {%d+}\r\n" % len(data) + data for _, _, data in messages)
        tagged = self.client.command(f"APPEND {self.name}".encode() + parts)[1]
        first = int(re.search(rb"APPENDUID \d+ (\d+)", tagged)[1])
        self.known.update({first + i: message[:2] for i, message in enumerate(messages)})

    def search(self, keys, text=None):
        command = f"UID SEARCH CHARSET UTF-8 {keys}".encode()
        if text is not None:
            data = text.encode()
            command += b" {%d+}\r\n" % len(data) + data
        found = set()
        for line in self.client.ok(command):
            if line.startswith(b"* SEARCH"):
                found |= set(map(int, line.split()[2:]))
        return found

    def in_portions(self, keys, text):
        found, last = set(), max(self.known)
        for first in range(1, last + 1, PORTION):
            found |= self.search(f"UID {first}:{first + PORTION - 1} {keys}", text)
        return found

    def compare(self, chance, rounds):
        """None, or what is wrong."""
        for _ in range(rounds):
            text, subject = self.known[chance.choice(sorted(self.known))]
            source = chance.choice((text, text, subject, sentence(chance, 2)))
            start = chance.randrange(len(source))
            needle = source[start:start + chance.choice((1, 2, 3, 6, 15))]
            keys = chance.choice(("TEXT", "TEXT", "BODY", "NOT TEXT", "NOT BODY", "OR SUBJECT report TEXT"))
            whole, portions = self.search(keys, needle), self.in_portions(keys, needle)
            if whole != portions:
                return f"{keys} {needle!r}: at once {sorted(whole - portions)}, read {sorted(portions - whole)}"
            if keys != "TEXT" or needle != needle.strip():
                continue
            must = {uid for uid, (body, _) in self.known.items() if needle.lower() in body.lower()}
            if "İ" not in needle and must - whole:
                return f"{keys} {needle!r}: does not find {sorted(must - whole)}"
        return None

    def subjects(self, chance, rounds):
        """SUBJECT and FROM twice: read, then from what is kept."""
        for _ in range(rounds):
            word = chance.choice([word for word in WORDS if "İ" not in word])
            want = {uid for uid, (_, subject) in self.known.items() if word.lower() in subject.lower()}
            for _ in range(2):
                found = self.search("SUBJECT", word)
                if found != want:
                    return f"SUBJECT {word!r}: too many {sorted(found - want)}, missing {sorted(want - found)}"
        return None


def indexed_uid(data, box, folder):
    socket_dir = (data / "postgres/postmaster.pid").read_text(encoding="utf-8").split("\n")[4]
    query = ("SELECT indexed_uid FROM search_folder s JOIN folder f USING (mailbox_id, folder_id) JOIN mailbox m USING "
             f"(mailbox_id) WHERE m.localpart = '{box['address'].partition('@')[0]}' AND f.name = '{folder.name}'")
    answer = subprocess.run(["psql", "-XqAt", "-h", socket_dir, "-U", "mailstead_admin", "-d", "mailstead", "-c", query],
                            check=True, timeout=60, capture_output=True, text=True).stdout.strip()
    return int(answer or 0)


def wait_for_index(data, box, folder):
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        if indexed_uid(data, box, folder) >= max(folder.known):
            return None
        time.sleep(0.2)
    return f"not indexed after {PATIENCE_S} s"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", required=True)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 32))
    options = parser.parse_args()
    path = pathlib.Path(options.json).resolve()
    test = Test(json.loads(path.read_text(encoding="utf-8")), path.parent)
    chance = random.Random(options.seed)
    print(f"# seed {options.seed}")
    number = 0

    def note(name, problem):
        nonlocal number
        number += 1
        print(f"{'not ok' if problem else 'ok'} {number} - {name}" + (f"\n# {problem}" if problem else ""), flush=True)

    box = test.mailbox()
    client = test.client(box=box)
    folder, other = Folder(client, "INBOX"), Folder(client, "Archive")
    folder.append([make_message(chance) for _ in range(300)])
    client.ok("SELECT INBOX")
    note("without an index", folder.compare(chance, 10))
    note("the index is made", wait_for_index(path.parent, box, folder))
    note("by the index", folder.compare(chance, 60))
    note("header fields, kept", folder.subjects(chance, 15))
    folder.append([make_message(chance) for _ in range(20)])
    client.ok("NOOP")
    note("with new messages that it does not know", folder.compare(chance, 20))
    note("new header fields", folder.subjects(chance, 5))
    gone = chance.sample(sorted(folder.known), 30)
    client.ok(f"UID STORE {','.join(map(str, gone))} +FLAGS.SILENT (\\Deleted)")
    client.ok("EXPUNGE")
    for uid in gone:
        del folder.known[uid]
    note("after an expunge", folder.compare(chance, 20))
    tagged = client.command("UID MOVE 1:250 Archive")
    found = re.search(rb"COPYUID \d+ (\S+) (\S+)\]", b"".join(tagged[0]) + tagged[1])
    source = [uid for uid in sorted(folder.known) if uid <= 250]
    first = int(re.match(rb"\d+", found[2])[0])
    other.known = {first + i: folder.known.pop(uid) for i, uid in enumerate(source)}
    note("where others were moved away", folder.compare(chance, 5))
    client.ok("SELECT Archive")
    note("moved messages", other.compare(chance, 5))
    note("they are indexed", wait_for_index(path.parent, box, other))
    note("by the new index", other.compare(chance, 20))
    note("their header fields", other.subjects(chance, 5))
    client.close()
    print(f"1..{number}")


if __name__ == "__main__":
    main()
