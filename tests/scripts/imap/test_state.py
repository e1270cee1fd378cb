#!/usr/bin/env python3
"""Many sessions change two folders at random; each keeps the books that the protocol promises (requirements 28 to
30, 35, 43).

A message number stays with its UID until an EXPUNGE or VANISHED moves it; these come neither during FETCH, STORE and
SEARCH nor out of range; EXISTS never shrinks; UIDs ascend; MODSEQ never goes back; every command is answered OK or an
honest NO. A third of the sessions speaks CONDSTORE, a third QRESYNC: the latter hang up and come back with what they
remember, and some of them pack (COMPRESS). In the end everybody's books, UIDs and flags, must be what a new session is told.

usage: test_state.py --json quickstart.json [--clients N] [--seconds N] [--seed N]     prints TAP
For longer: --clients 20 --seconds 300
"""
import argparse
import json
import random
import re
import secrets
import socket
import ssl
import sys
import threading
import time
import zlib

SEARCHES = ["ALL", "DELETED", "BODY 77", "UNSEEN", "SUBJECT x NOT KEYWORD $a", "RETURN (PARTIAL -1:-5 COUNT) SEEN"]
ORDERS = ["SORT (REVERSE ARRIVAL SUBJECT) UTF-8 ALL", "THREAD REFERENCES UTF-8 UNSEEN", "SORT (FROM) UTF-8 FLAGGED"]
FLAGS = [r"\Deleted", r"\Seen", r"\Flagged", "$a", "$b"]
MESSAGES_MAX = 200
NUMBERS_STAND = ("FETCH", "STORE", "SEARCH", "SORT", "THREAD")  # without UID


def uids_of(text):
    for part in text.decode().split(","):
        first, _, last = part.partition(":")
        yield from range(int(first), int(last or first) + 1)


class Wire:
    """A connection that can pack."""

    def __init__(self, env):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.sock = context.wrap_socket(socket.create_connection((env["host"], env["ports"]["imaps"]), 60))
        self.buffer = b""
        self.packer = self.unpacker = None

    def fill(self):
        data = self.sock.recv(65536)
        if not data:
            raise EOFError("the server closed the connection")
        self.buffer += self.unpacker.decompress(data) if self.unpacker else data

    def read(self, count):
        while len(self.buffer) < count:
            self.fill()
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def line(self):
        """One response with its literals."""
        at, line = 0, b""
        while True:
            while (end := self.buffer.find(b"\r\n", at)) < 0:
                at = max(len(self.buffer) - 1, 0)
                self.fill()
            line += self.read(end + 2)
            found = re.search(rb"\{(\d+)\}\r\n$", line)
            if not found:
                return line
            line, at = line + self.read(int(found[1])), 0

    def send(self, data):
        if self.packer:
            data = self.packer.compress(data) + self.packer.flush(zlib.Z_SYNC_FLUSH)
        self.sock.sendall(data)

    def pack(self):
        self.packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        self.unpacker = zlib.decompressobj(-15)


class Session:
    """A client that checks what it is told. books: [uid, flags] of each message, None what is not known."""

    def __init__(self, env, folder, seed, kind):
        self.env, self.folder, self.kind = env, folder, kind
        self.random = random.Random(seed)
        self.commands = 0
        self.books, self.wrong = [], []
        self.validity = self.modseq = self.told = 0
        self.exists = 0
        self.selecting = False
        self.log_in()

    def log_in(self):
        self.wire = Wire(self.env)
        self.wire.line()
        box = self.env["mailboxes"][0]
        self.command(f"LOGIN {box['address']} \"{box['password']}\"")
        if self.kind == "qresync" and self.random.random() < 0.5:
            self.command("COMPRESS DEFLATE")
            self.wire.pack()
        if self.kind != "plain":
            self.command(f"ENABLE {self.kind}")

    def expect(self, holds, *what):
        if not holds:
            self.wrong.append((self.kind, *what))

    # ------------------------------------------------------------------ what is told

    def note_exists(self, number, command, line):
        if self.selecting:
            self.exists = number
            return
        self.expect(number >= len(self.books), "EXISTS shrinks", command, line, len(self.books))
        self.books += [[None, None] for _ in range(number - len(self.books))]

    def note_expunge(self, number, command):
        self.expect(self.kind != "qresync", "EXPUNGE in QRESYNC", command)
        self.expect(command.split()[0] not in NUMBERS_STAND, "EXPUNGE during", command)
        if 1 <= number <= len(self.books):
            self.books.pop(number - 1)
        else:
            self.expect(False, "no such number", command, number, len(self.books))

    def note_vanished(self, earlier, uids, command):
        self.expect(self.kind == "qresync", "VANISHED without QRESYNC", command)
        self.expect(earlier or command.split()[0] not in NUMBERS_STAND, "VANISHED during", command)
        self.expect(not earlier or self.selecting, "EARLIER", command)
        for uid in uids:
            at = next((i for i, known in enumerate(self.books) if known[0] == uid), None)
            if at is None and not earlier:  # one of those that came since
                at = self.place_of(uid)
                self.expect(at is not None, "vanished is not known", command, uid)
            if at is not None:
                self.books.pop(at)

    def place_of(self, uid):
        """A message whose UID is not known yet, but could be this one by those around it."""
        above = next((i for i, known in enumerate(self.books) if known[0] and known[0] > uid), len(self.books))
        return above - 1 if above and self.books[above - 1][0] is None else None

    def note_fetch(self, number, rest, command):
        uid = re.search(rb"UID (\d+)", rest)
        flags = re.search(rb"FLAGS \(([^)]*)\)", rest)
        modseq = re.search(rb"MODSEQ \((\d+)\)", rest)
        self.expect(modseq or self.kind == "plain", "no MODSEQ", command, rest)
        self.expect(uid or command.split()[0] == "FETCH" or self.kind != "qresync", "no UID", command, rest)
        if modseq:
            self.told = max(self.told, int(modseq[1]))
        if self.selecting:
            self.books = [known for known in self.books if known[0] != int(uid[1])]
            self.books.append([int(uid[1]), self.flag_set(flags)])
            return
        if not 1 <= number <= len(self.books):
            self.expect(False, "no such number", command, number, len(self.books))
            return
        known = self.books[number - 1]
        if uid:
            self.expect(known[0] in (None, int(uid[1])), "another UID", command, uid[1], list(known))
            known[0] = int(uid[1])
        if flags:
            known[1] = self.flag_set(flags)

    @staticmethod
    def flag_set(found):
        return frozenset(found[1].decode().split()) - {r"\Recent"}

    def note(self, line, command):
        """Books an untagged response."""
        if found := re.match(rb"\* (\d+) EXISTS", line):
            self.note_exists(int(found[1]), command, line)
        elif found := re.match(rb"\* (\d+) EXPUNGE", line):
            self.note_expunge(int(found[1]), command)
        elif found := re.match(rb"\* VANISHED (\(EARLIER\) )?(\S+)", line):
            self.note_vanished(bool(found[1]), uids_of(found[2]), command)
        elif found := re.match(rb"\* (\d+) FETCH (.*)", line, re.S):
            self.note_fetch(int(found[1]), found[2], command)
        elif found := re.match(rb"\* OK \[(UIDVALIDITY|HIGHESTMODSEQ) (\d+)\]", line):
            if found[1] == b"UIDVALIDITY":
                self.validity = int(found[2])
            else:
                self.note_modseq(int(found[2]), command)

    def note_modseq(self, modseq, command):
        self.expect(modseq >= self.modseq, "HIGHESTMODSEQ goes back", command, modseq, self.modseq)
        self.modseq = self.told = max(self.modseq, modseq)

    def command(self, text, after=None):
        """Sends a command, and `after` once the server asks for more; returns the tagged line."""
        self.commands += 1
        tag = b"t%d " % self.commands
        self.wire.send(tag + text.encode() + b"\r\n")
        while True:
            line = self.wire.line()
            if line.startswith(b"+ ") and after is not None:
                if after.startswith(b"DONE"):
                    time.sleep(self.random.random() / 20)
                self.wire.send(after)
            elif line.startswith(tag):
                if found := re.search(rb"OK \[HIGHESTMODSEQ (\d+)\]", line):
                    self.note_modseq(int(found[1]), text)
                return line
            else:
                self.note(line, text)

    # ------------------------------------------------------------------ what is done

    def select(self):
        """From nothing, or with what is remembered."""
        known = [known for known in self.books if None not in known]
        self.books = [] if self.kind != "qresync" else known
        resync = f" (QRESYNC ({self.validity} {self.modseq}))" if self.books and self.modseq else ""
        if not resync:
            self.books = []
        self.selecting = True
        self.command(f"SELECT {self.folder}{resync}")
        self.selecting = False
        self.books.sort(key=lambda known: known[0])
        if not resync:
            self.books = [[None, None] for _ in range(self.exists)]
        self.expect(len(self.books) == self.exists, "resync", resync, len(self.books), self.exists)
        if not resync:
            self.command("UID FETCH 1:* (FLAGS)")

    def come_back(self):
        self.wire.sock.close()
        self.log_in()
        self.select()

    def learn_new(self):
        """What is not known of messages that came; more may come meanwhile."""
        while any(None in known for known in self.books):
            self.command("UID FETCH 1:* (FLAGS)")

    def some(self):
        return "{}:{}".format(*sorted(self.random.choices(range(1, len(self.books) + 1), k=2)))

    def store_silent(self):
        """The server tells nothing that the client can know."""
        sign, flag, numbers = self.random.choice("+-"), self.random.choice(FLAGS), self.some()
        first, last = (int(n) for n in numbers.split(":"))
        chosen = self.books[first - 1:last]
        for known in chosen:
            if known[1] is not None:
                known[1] = known[1] | {flag} if sign == "+" else known[1] - {flag}
        return self.command(f"STORE {numbers} {sign}FLAGS.SILENT ({flag})")

    def append(self, verb="APPEND"):
        text = f"Subject: x\r\nFrom: {self.random.choice('abc')}@x\r\n\r\nbody {self.random.randrange(1000)}\r\n"
        return self.command(f"{verb} {self.folder} {{{len(text)}+}}\r\n{text}")

    def step(self):
        r = self.random
        n = len(self.books)
        choice = r.randrange(100)
        if n < 3 or (choice < 18 and n < MESSAGES_MAX):
            answer = self.append()
        elif choice < 30:
            answer = self.command(f"FETCH {self.some()} (UID FLAGS BODY.PEEK[])")
        elif choice < 36:
            answer = self.command(f"UID FETCH {r.randint(1, 400)}:* (FLAGS BODY[TEXT])")
        elif choice < 48:
            answer = self.command(f"STORE {self.some()} {r.choice(['', '+', '-'])}FLAGS ({r.choice(FLAGS)})")
        elif choice < 54:
            answer = self.store_silent()
        elif choice < 60:
            answer = self.command(f"SEARCH {r.choice(SEARCHES)}")
        elif choice < 63:
            answer = self.command(r.choice(ORDERS))
        elif choice < 71:
            answer = self.command("EXPUNGE")
        elif choice < 74 and n < MESSAGES_MAX:
            answer = self.command(f"COPY {self.some()} {self.folder}")
        elif choice < 79:
            answer = self.command(f"MOVE {r.randint(1, n)} {self.folder}-2")
        elif choice < 82:
            answer = self.append(f"REPLACE {r.randint(1, n)}")
        elif choice < 92:
            answer = self.command("IDLE", b"DONE\r\n")
        elif choice < 94:
            self.select()
            answer = b"OK"
        elif choice < 96 and self.kind == "qresync":
            self.come_back()
            answer = b"OK"
        else:
            answer = self.command("NOOP")
            self.modseq = max(self.modseq, self.told)  # all has been said
        self.expect(b"OK" in answer or b"[EXPUNGEISSUED]" in answer, "refused", answer)
        uids = [known[0] for known in self.books if known[0]]
        self.expect(uids == sorted(set(uids)), "UIDs do not ascend", uids)
        if self.kind == "qresync":
            self.learn_new()

    def run(self, until):
        try:
            while time.monotonic() < until:
                self.step()
        except (OSError, EOFError, zlib.error) as error:
            self.wrong.append((self.kind, "connection", repr(error), self.commands))

    def final(self):
        """The books after the last news; flags as they were told, not asked for again."""
        self.command("NOOP")
        self.learn_new()
        return [tuple(known) for known in self.books]


def judge(sessions, truth):
    """Sessions whose books are not what a new session is told."""
    for session in sessions:
        books = session.final()
        if books != truth:
            odd = [pair for pair in zip(books, truth) if pair[0] != pair[1]][:3]
            yield session.kind, len(books), len(truth), odd


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", required=True)
    parser.add_argument("--clients", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 30))
    args = parser.parse_args()
    with open(args.json, encoding="utf-8") as file:
        env = json.load(file)
    folder = "state" + secrets.token_hex(4)
    kinds = ["plain", "condstore", "qresync"]
    sessions = [Session(env, folder, args.seed + i, kinds[i % 3]) for i in range(args.clients)]
    for name in (folder, folder + "-2"):
        sessions[0].command(f"CREATE {name}")
    for session in sessions:
        session.select()
    until = time.monotonic() + args.seconds
    threads = [threading.Thread(target=s.run, args=(until,)) for s in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wrong = [w for s in sessions for w in s.wrong]
    odd = []
    if not wrong:
        fresh = Session(env, folder, args.seed, "plain")
        fresh.select()
        odd = list(judge(sessions, fresh.final()))
    for name in (folder, folder + "-2"):
        Session(env, folder, 0, "plain").command(f"DELETE {name}")
    commands = sum(s.commands for s in sessions)
    print("1..2")
    print(f"{'not ' if wrong else ''}ok 1 {commands} commands kept the books (seed {args.seed})")
    print(f"{'not ' if wrong or odd else ''}ok 2 all sessions end with what is there")
    for what in (wrong + odd)[:10]:
        print("#", what)
    sys.exit(1 if wrong or odd else 0)


if __name__ == "__main__":
    main()
