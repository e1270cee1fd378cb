#!/usr/bin/env python3
"""Several sessions change one folder at random; each keeps the books that the protocol promises.

A message number stays with its UID until an EXPUNGE moves it; EXPUNGE comes neither during FETCH, STORE and
SEARCH nor out of range; EXISTS never shrinks; every command is answered OK or an honest NO; in the end all
sessions see the same messages.

usage: test_state.py --json quickstart.json [--seconds N] [--seed N]     prints TAP
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

SESSIONS = 5
SEARCHES = ["ALL", "DELETED", "BODY 77", "UNSEEN", "SUBJECT x NOT KEYWORD $a"]
FLAGS = [r"\Deleted", r"\Seen", "$a", "$b"]
MESSAGES_MAX = 300


class Session:
    """A client that checks what it is told."""

    def __init__(self, env, folder, seed):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.sock = context.wrap_socket(socket.create_connection((env["host"], env["ports"]["imaps"]), 20))
        self.input = self.sock.makefile("rb")
        self.random = random.Random(seed)
        self.folder = folder
        self.commands = 0
        self.uids = []
        self.wrong = []
        self.input.readline()
        box = env["mailboxes"][0]
        self.command(f"LOGIN {box['address']} \"{box['password']}\"")

    def line(self):
        """One response with its literals."""
        line = self.input.readline()
        while found := re.search(rb"\{(\d+)\}\r\n$", line):
            line += self.input.read(int(found[1])) + self.input.readline()
        if not line:
            raise EOFError("the server closed the connection")
        return line

    def expect(self, holds, *what):
        if not holds:
            self.wrong.append(what)

    def note(self, line, command):
        """Books an untagged response."""
        found = re.match(rb"\* (\d+) (EXISTS|EXPUNGE|FETCH)(.*)", line, re.S)
        if not found:
            return
        number, word, rest = int(found[1]), found[2], found[3]
        if word == b"EXISTS":
            self.expect(number >= len(self.uids), "EXISTS shrinks", command, line)
            self.uids += [None] * (number - len(self.uids))
            return
        if not 1 <= number <= len(self.uids):
            self.expect(False, "no such number", command, line, len(self.uids))
            return
        if word == b"EXPUNGE":
            self.expect(command.split()[0] not in ("FETCH", "STORE", "SEARCH"), "EXPUNGE during", command)
            self.uids.pop(number - 1)
        elif uid := re.search(rb"UID (\d+)", rest):
            known = self.uids[number - 1]
            self.expect(known in (None, int(uid[1])), "another UID", command, line, known)
            self.uids[number - 1] = int(uid[1])

    def command(self, text, after=None):
        """Sends a command, and `after` once the server asks for more; returns the tagged line."""
        self.commands += 1
        tag = b"t%d " % self.commands
        self.sock.sendall(tag + text.encode() + b"\r\n")
        while True:
            line = self.line()
            if line.startswith(b"+ ") and after:
                self.sock.sendall(after)
            elif line.startswith(tag):
                return line
            else:
                self.note(line, text)

    def select(self):
        self.uids = []
        self.command(f"SELECT {self.folder}")
        self.command("UID FETCH 1:* (UID)")

    def some(self):
        return "{}:{}".format(*sorted(self.random.choices(range(1, len(self.uids) + 1), k=2)))

    def step(self):
        r = self.random
        choice = r.randrange(100)
        few = len(self.uids) < 3
        if few or (choice < 25 and len(self.uids) < MESSAGES_MAX):
            text = f"Subject: x\r\n\r\nbody {r.randrange(1000)}\r\n"
            answer = self.command(f"APPEND {self.folder} {{{len(text)}+}}\r\n{text}")
        elif choice < 37:
            answer = self.command(f"FETCH {self.some()} (UID FLAGS BODY.PEEK[])")
        elif choice < 45:
            answer = self.command(f"UID FETCH {r.randint(1, 400)}:* (FLAGS BODY[TEXT])")
        elif choice < 60:
            answer = self.command(f"STORE {self.some()} {r.choice(['', '+', '-'])}FLAGS ({r.choice(FLAGS)})")
        elif choice < 65:
            answer = self.command(f"UID STORE {r.randint(1, 400)} +FLAGS.SILENT (\\Deleted)")
        elif choice < 75:
            answer = self.command(f"SEARCH {r.choice(SEARCHES)}")
        elif choice < 83:
            answer = self.command("EXPUNGE")
        elif choice < 86 and len(self.uids) < MESSAGES_MAX:
            answer = self.command(f"COPY {self.some()} {self.folder}")
        elif choice < 90:
            answer = self.command(f"MOVE {r.randint(1, len(self.uids))} {self.folder}-2")
        elif choice < 94:
            answer = self.command("IDLE", b"DONE\r\n")
        elif choice < 96:
            self.select()
            answer = b"OK"
        else:
            answer = self.command("NOOP")
        self.expect(b"OK" in answer or b"[EXPUNGEISSUED]" in answer, "refused", answer)

    def run(self, until):
        try:
            while time.monotonic() < until:
                self.step()
        except (OSError, EOFError) as error:
            self.wrong.append(("connection", repr(error), self.commands))

    def all_uids(self):
        self.command("NOOP")
        self.command("UID FETCH 1:* (UID)")
        return self.uids


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", required=True)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1 << 30))
    args = parser.parse_args()
    with open(args.json, encoding="utf-8") as file:
        env = json.load(file)
    folder = "state" + secrets.token_hex(4)
    sessions = [Session(env, folder, args.seed + i) for i in range(SESSIONS)]
    sessions[0].command(f"CREATE {folder}")
    sessions[0].command(f"CREATE {folder}-2")
    for session in sessions:
        session.select()
    until = time.monotonic() + args.seconds
    threads = [threading.Thread(target=s.run, args=(until,)) for s in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wrong = [w for s in sessions for w in s.wrong]
    same = not wrong and all(s.all_uids() == sessions[0].all_uids() for s in sessions)
    for name in (folder, folder + "-2"):
        sessions[0].command(f"DELETE {name}")
    commands = sum(s.commands for s in sessions)
    print("1..2")
    print(f"{'not ' if wrong else ''}ok 1 {commands} commands kept the books (seed {args.seed})")
    for what in wrong[:10]:
        print("#", what)
    print(f"{'' if same else 'not '}ok 2 all sessions see the same messages")
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
