#!/usr/bin/python3
"""Compares what two IMAP servers find, sort, thread and resynchronise in the same random conversations.

Fills a new folder on both servers with messages that answer each other, some of whose parents are missing, and
asks both the same SEARCH, SORT, THREAD and QRESYNC questions. The peer is Dovecot (postfix_dovecot.py). The
UIDs are the same on both sides because the folder is new.

usage: imap_order_diff.py --json OURS/quickstart.json --peer PEER/quickstart.json [--messages N] [--seed N]
"""

import argparse
import random
import re
import secrets
import sys

from imap_diff import connect

WORDS = ["budget", "Gr\u00fc\u00dfe", "report", "Zebra", "apple", "\u00c9t\u00e9", "plan B", "minutes"]
PEOPLE = ["Zoe <a@example.test>", "bob@example.test", "\"Dr. X\" <m@example.test>", "=?utf-8?q?=C3=84nne?= <z@example.test>"]
PREFIXES = ["", "", "", "Re: ", "RE: Re: ", "Fwd: ", "[list] ", "Re: [list] ", "Re[2]: "]
SEARCHES = ["ALL", "SUBJECT budget", "OR FROM zoe SMALLER 400", "NOT SEEN", "BODY 7", "TEXT apple", "SENTSINCE 5-Jan-2020",
            "HEADER References x", "1:10 UNFLAGGED", "UID 5:*", "SENTON 3-Jan-2020 NOT TO bob", "BEFORE 1-Feb-2020"]
SORTS = ["SUBJECT", "DATE", "REVERSE DATE", "FROM", "TO SUBJECT", "SIZE", "ARRIVAL", "CC REVERSE SIZE", "DISPLAYFROM",
         "DISPLAYTO REVERSE DATE"]


def encoded(text):
    return text if text.isascii() else "=?utf-8?q?" + "".join(f"={b:02X}" for b in text.encode()) + "?="


def conversation(rand, count):
    """Messages as bytes; ids of earlier, later and absent ones in References."""
    ids = [f"<{i}.{secrets.token_hex(3)}@example.test>" for i in range(count)]
    for i in range(count):
        subject = rand.choice(PREFIXES) + encoded(rand.choice(WORDS)) + rand.choice(["", "", " (fwd)"])
        date = f"{rand.randint(1, 9)} Jan 2020 {rand.randint(0, 23):02}:{rand.randint(0, 59):02}:{i % 60:02} +0{rand.randint(0, 3)}00"
        head = [f"From: {rand.choice(PEOPLE)}", f"To: {rand.choice(PEOPLE)}", f"Date: {date}", f"Subject: {subject}"]
        if rand.random() < 0.9:
            head.append(f"Message-ID: {ids[i]}")
        if rand.random() < 0.3:
            head.append(f"Cc: {rand.choice(PEOPLE)}, {rand.choice(PEOPLE)}")
        above = [rand.choice(ids[:i] + ["<absent@example.test>"]) for _ in range(rand.randint(0, 3))]
        if above and rand.random() < 0.5:
            head.append("References: " + " ".join(above))
        elif above:
            head.append(f"In-Reply-To: {above[0]}")
        yield ("\r\n".join(head) + f"\r\n\r\n{'text ' * rand.randint(1, 40)}{i}\r\n").encode()


def ask(conn, command):
    """The untagged answers to a command, and whether it was OK."""
    lines = []
    tag = conn._new_tag()
    conn.send(tag + b" " + command.encode() + b"\r\n")
    while True:
        line = conn.readline().rstrip(b"\r\n")
        if line.startswith(tag):
            return line.split()[1], lines
        lines.append(line)


def normal(line):
    """Without what differs of right: the tag, the order of ESEARCH's items, the case of labels."""
    line = re.sub(rb'\(TAG "[^"]*"\)', b"", line)
    line = re.sub(rb" ?\(?MODSEQ \(?\d+\)?\)?", b"", line)
    if line.startswith(b"* ESEARCH"):
        items = re.findall(rb"(UID|MIN \S+|MAX \S+|ALL \S+|COUNT \S+)", line)
        return b"* ESEARCH " + b" ".join(sorted(items))
    return b" ".join(line.split())


def questions():
    for search in SEARCHES:
        yield f"SEARCH {search}"
        yield f"UID SEARCH RETURN (MIN MAX COUNT ALL) {search}"
    for sort in SORTS:
        yield f"SORT ({sort}) UTF-8 ALL"
        yield f"UID SORT ({sort}) UTF-8 NOT SUBJECT plan"
    for algorithm in ("REFERENCES", "ORDEREDSUBJECT"):
        yield f"THREAD {algorithm} UTF-8 ALL"
        yield f"UID THREAD {algorithm} UTF-8 SENTSINCE 4-Jan-2020"


def compare(ours, peer, command, pick=rb"\* "):
    found = []
    for conn in (ours, peer):
        status, lines = ask(conn, command)
        found.append((status, [normal(line) for line in lines if re.match(pick, line)]))
    if found[0] == found[1]:
        return 0
    print(f"{command}\n  ours {found[0]}\n  peer {found[1]}")
    return 1


def resync(ours, peer, folder):
    """Changes the folder in the same way on both, and asks what has changed since."""
    wrong, before = 0, []
    for conn in (ours, peer):
        ask(conn, "ENABLE QRESYNC")
        lines = ask(conn, f"SELECT {folder}")[1]
        text = b"\n".join(lines)
        before.append([int(re.search(word + rb" (\d+)", text)[1]) for word in (b"UIDVALIDITY", b"HIGHESTMODSEQ")])
        ask(conn, "UID STORE 3,5,7:9 +FLAGS.SILENT (\\Flagged)")
        ask(conn, "UID STORE 4,10:12 +FLAGS.SILENT (\\Deleted)")
    wrong += compare(ours, peer, "EXPUNGE", rb"\* VANISHED")
    for known in ("", " 1:20", " 4,8,11"):
        found = []
        for conn, (validity, modseq) in zip((ours, peer), before):
            ask(conn, "UNSELECT")
            lines = ask(conn, f"SELECT {folder} (QRESYNC ({validity} {modseq}{known}))")[1]
            found.append(sorted(normal(line) for line in lines if re.match(rb"\* (VANISHED|\d+ FETCH)", line)))
        if found[0] != found[1]:
            wrong += 1
            print(f"QRESYNC{known}\n  ours {found[0]}\n  peer {found[1]}")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", required=True)
    parser.add_argument("--peer", required=True)
    parser.add_argument("--messages", type=int, default=60)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 30))
    args = parser.parse_args()
    ours, peer = connect(args.json), connect(args.peer)
    folder = "order" + secrets.token_hex(4)
    messages = list(conversation(random.Random(args.seed), args.messages))
    for conn in (ours, peer):
        conn.create(folder)
        for message in messages:
            conn.append(folder, None, None, message)
        conn.select(folder)
    wrong = sum(compare(ours, peer, question) for question in questions())
    wrong += resync(ours, peer, folder)
    for conn in (ours, peer):
        ask(conn, "UNSELECT")
        conn.delete(folder)
        conn.logout()
    print(f"seed {args.seed}: {wrong} differences")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
