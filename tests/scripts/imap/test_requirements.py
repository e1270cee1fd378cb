#!/usr/bin/env python3
"""What an IMAP server must get right: a test for each requirement (28 to 47), by its number. The dialogues beside this
file show the same in detail; here is what needs several sessions, many bytes, odd messages or a mailbox of its own.

usage: test_requirements.py --json quickstart.json [NUMBER…]     prints TAP
"""
import argparse
import json
import os
import pathlib
import re
import secrets
import ssl
import urllib.request

from imap_client import Client, fetched

SMALL = b"Subject: x\r\n\r\nbody\r\n"


class Test:
    """What the tests share: the environment, folders that go in the end."""

    def __init__(self, env, data):
        self.env, self.data = env, data
        self.folders = []

    def client(self, **kw):
        return Client(self.env, **kw)

    def folder(self, client, messages=()):
        name = "q" + secrets.token_hex(6)
        self.folders.append(name)
        client.ok(f"CREATE {name}")
        for message in messages:
            client.append(name, message)
        return name

    def clean(self):
        client = self.client()
        for name in self.folders:
            client.command(f"DELETE {name}")
        self.folders = []

    def mailbox(self, quota_bytes=0):
        """A new mailbox of the demo customer."""
        box = {"address": f"q{secrets.token_hex(5)}@example.test", "password": secrets.token_hex(12)}
        token = next(login["token"] for login in self.env["logins"] if login["role"] == "customer")
        body = json.dumps({**box, "quota_bytes": quota_bytes} if quota_bytes else box).encode()
        request = urllib.request.Request(self.env["https"] + "api/v1/mailboxes" if self.env["https"].endswith("/")
                                         else self.env["https"] + "/api/v1/mailboxes", body,
                                         {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with urllib.request.urlopen(request, context=context, timeout=60) as answer:
            assert answer.status == 201
        return box


def status(client, folder, items):
    line = client.ok(f"STATUS {folder} ({items})")[0]
    values = re.search(rb"\(([^()]*)\)\r\n$", line)[1].split()
    return dict(zip((word.decode() for word in values[::2]), map(int, values[1::2])))


def req_28_uids_never_come_back(t):
    """UIDs are not given twice, UIDNEXT stays, UIDVALIDITY grows when a folder is made again; RENAME INBOX moves"""
    c = t.client(box=t.mailbox())
    c.ok("CREATE a")
    first = [c.append("a", SMALL) for _ in range(3)]
    assert first == [1, 2, 3]
    before = status(c, "a", "UIDNEXT UIDVALIDITY")
    c.ok("SELECT a")
    c.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)")
    c.ok("EXPUNGE")
    assert status(c, "a", "UIDNEXT")["UIDNEXT"] == before["UIDNEXT"] == 4
    assert c.append("a", SMALL) == 4
    c.ok("UNSELECT")
    c.ok("DELETE a")
    c.ok("CREATE a")
    assert status(c, "a", "UIDVALIDITY")["UIDVALIDITY"] > before["UIDVALIDITY"]
    c.append("INBOX", SMALL)
    c.ok("RENAME INBOX old")
    assert status(c, "old", "MESSAGES")["MESSAGES"] == 1
    assert status(c, "INBOX", "MESSAGES")["MESSAGES"] == 0


def req_28_deleted_while_selected(t):
    """Who has a folder selected that is deleted and made again is told BYE"""
    a, b = t.client(), t.client()
    name = t.folder(a, [SMALL])
    b.ok(f"SELECT {name}")
    a.ok(f"DELETE {name}")
    a.ok(f"CREATE {name}")
    b.send("x NOOP\r\n")
    assert b.line().startswith(b"* BYE")
    assert b.line() == b""


def req_29_numbers_stand(t):
    """EXPUNGE waits for a command that may tell it; what is gone is served or refused, never renumbered"""
    a, b = t.client(), t.client()
    name = t.folder(a, [SMALL] * 3)
    a.ok(f"SELECT {name}")
    b.ok(f"SELECT {name}")
    a.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    a.ok("EXPUNGE")
    for command in ("FETCH 1:3 (UID)", "SEARCH ALL", "STORE 3 +FLAGS (\\Seen)"):
        assert not any(b"EXPUNGE" in line for line in b.ok(command)), command
    assert fetched(b.ok("FETCH 3 (UID)"))[3][b"UID"] == b"3"
    assert b"[EXPUNGEISSUED]" in b.command("FETCH 1 BODY.PEEK[]")[1]
    assert b"* 1 EXPUNGE\r\n" in b.ok("NOOP")
    assert fetched(b.ok("FETCH 2 (UID)"))[2][b"UID"] == b"3"


def req_30_pipelined_in_order(t):
    """Commands that come together are run in their order"""
    c = t.client()
    name = t.folder(c, [SMALL] * 3)
    c.send(f"a SELECT {name}\r\nb STORE 2 +FLAGS.SILENT (\\Deleted)\r\nc EXPUNGE\r\nd FETCH 2 (UID)\r\n"
           "e UID STORE 3 +FLAGS (\\Flagged)\r\nf UID SEARCH FLAGGED\r\n")
    answers = {tag: c.answer(tag) for tag in "abcdef"}
    assert answers["c"][0] == [b"* 2 EXPUNGE\r\n"]
    assert fetched(answers["d"][0])[2][b"UID"] == b"3"
    assert b"* SEARCH 3\r\n" in answers["f"][0]


def req_31_idle(t):
    """The + comes at once, DONE in any case, what is behind it are commands; other lines are BAD"""
    c = t.client()
    c.send("a IDLE\r\n")
    assert c.line().startswith(b"+ ")
    c.send("dOnE\r\nb NOOP\r\nc IDLE\r\n")
    assert c.answer("a")[1].startswith(b"a OK") and c.answer("b")[1].startswith(b"b OK")
    assert c.line().startswith(b"+ ")
    c.send("d LOGOUT\r\n")
    assert c.answer("c")[1].startswith(b"c BAD")


def req_32_literals(t):
    """Too many octets are refused before or behind them, depending on who waits; depth and NUL have limits"""
    c = t.client()
    name = t.folder(c)
    c.says(f"APPEND {name} {{99999999999}}", "NO [TOOBIG]")
    c.says(f"SELECT {{400000+}}\r\n{'x' * 400000}", "NO [TOOBIG]")
    c.says("SEARCH " + "(" * 2000 + "ALL" + ")" * 2000, "BAD")
    c.says(b"SELECT {3+}\r\na\0b", "BAD")
    c.says(f"APPEND {name} {{4+}}\r\n".encode() + b"a\0b\n", "BAD")
    c.ok(f"APPEND {name} ~{{23+}}\r\n".encode() + b"Subject: x\r\n\r\na\0b\0c\0d\r\n"[:23])
    early = t.client(log_in=False)
    early.says(f"LOGIN a {{9000+}}\r\n{'x' * 9000}", "NO [TOOBIG]")
    assert b"NO [TOOBIG]" in early.command("LOGIN a {9000}")[1]


def req_33_long_lines(t):
    """A set of 64 KB is read; one that names four thousand million messages costs nothing"""
    c = t.client()
    name = t.folder(c, [SMALL] * 2)
    c.ok(f"SELECT {name}")
    many = ",".join(str(i) for i in range(1, 40001, 2))
    assert len(many) > 64 * 1024
    assert list(fetched(c.ok(f"UID FETCH {many} (UID)"))) == [1]
    assert list(fetched(c.ok("UID FETCH 1:4294967295,4294967295:1,1:* (UID)"))) == [1, 2]
    c.says("FETCH " + ",".join(["1"] * 70000) + " UID", "BAD")


def req_34_append(t):
    """TRYCREATE before the bytes; OVERQUOTA; the date keeps its zone; several messages or none"""
    c = t.client(box=t.mailbox(quota_bytes=100000))
    assert b"NO [TRYCREATE]" in c.command("APPEND none {10}")[1]
    c.ok("CREATE a")
    assert c.append("a", SMALL, '"17-Jul-1996 02:44:25 -0700" ') == 1
    c.ok("SELECT a")
    assert fetched(c.ok("FETCH 1 INTERNALDATE"))[1][b"INTERNALDATE"] == (b"17-Jul-1996 02:44:25 -0700",)
    c.says("COPY 1 none", "NO [TRYCREATE]")
    big = b"Subject: x\r\n\r\n" + os.urandom(30000).hex().encode() + b"\r\n"
    two = b"APPEND a {%d+}\r\n%s {%d+}\r\n%s" % (len(big), big, len(big), big)
    assert b"NO [OVERQUOTA]" in c.command(two)[1]
    assert status(c, "a", "MESSAGES")["MESSAGES"] == 1
    three = b"APPEND a " + b" ".join(b"{%d+}\r\n%s" % (len(SMALL), SMALL) for _ in range(3))
    assert b"APPENDUID" in c.command(three)[1]
    assert status(c, "a", "MESSAGES")["MESSAGES"] == 4
    quota = c.ok("GETQUOTAROOT a")
    assert any(re.match(rb'\* QUOTA "" \(STORAGE \d+ 98 MESSAGE 4 \d+\)', line) for line in quota), quota


def req_35_copy_move(t):
    """COPYUID pairs UIDs in the order of the source; MOVE says it before the EXPUNGE; flags and dates go along"""
    c = t.client()
    name, to = t.folder(c), t.folder(c)
    for i in range(1, 6):
        c.append(name, SMALL, f'(\\Flagged $k{i}) "0{i}-Jan-2020 00:00:00 +0100" ')
    c.ok(f"SELECT {name}")
    tagged = c.command(f"COPY 5,2:3 {to}")[1]
    assert re.search(rb"\[COPYUID \d+ 2:3,5 1:2,3\]", tagged), tagged
    lines = c.ok(f"MOVE 1,4 {to}")
    words = [re.sub(rb"\[COPYUID \d+", b"[COPYUID", line) for line in lines]
    assert words[0].startswith(b"* OK [COPYUID 1,4 4,5]"), words
    assert [line for line in words if b"EXPUNGE" in line] == [b"* 4 EXPUNGE\r\n", b"* 1 EXPUNGE\r\n"], words
    c.ok(f"UID MOVE 999 {to}")
    c.ok(f"SELECT {to}")
    last = fetched(c.ok("FETCH 5 (FLAGS INTERNALDATE)"))[5]
    assert {b"\\Flagged", b"$k4"} <= set(last[b"FLAGS"])
    assert last[b"INTERNALDATE"] == (b" 4-Jan-2020 00:00:00 +0100",)


def req_36_star(t):
    """n:* with n above the last is the last; * in an empty folder is BAD as a number, nothing as a UID"""
    c = t.client()
    name = t.folder(c)
    c.ok(f"SELECT {name}")
    c.says("FETCH * UID", "BAD")
    assert c.ok("UID FETCH * UID") == []
    assert c.ok("UID FETCH 1:* UID") == []
    c.append(name, SMALL)
    c.append(name, SMALL)
    assert list(fetched(c.ok("UID FETCH 77:* UID"))) == [2]
    c.says("FETCH 3:* UID", "BAD")


def req_37_partial(t):
    """Origins are echoed, what lies behind the end is empty, sizes agree, sections that are not there are NIL"""
    c = t.client()
    odd = b"Content-Transfer-Encoding: x-none\r\nMIME-Version: 1.0\r\n\r\nbody\r\n"
    name = t.folder(c, [b"Subject: x\r\nTo: y\r\n\r\n0123456789\r\n", odd])
    c.ok(f"EXAMINE {name}")
    got = fetched(c.ok("FETCH 1 (BODY[TEXT]<3.4> BODY[TEXT]<99.4> BODY[HEADER.FIELDS (To)] BODY[7] BODY[1.MIME] "
                       "BODY[] RFC822.SIZE)"))[1]
    assert got[b"BODY[TEXT]<3>"] == (b"3456",) and got[b"BODY[TEXT]<99>"] == (b"",)
    assert got[b"BODY[HEADER.FIELDS (TO)]"] == (b"To: y\r\n\r\n",)
    assert got[b"BODY[7]"] is None
    assert len(got[b"BODY[]"][0]) == int(got[b"RFC822.SIZE"])
    c.says("FETCH 1 BODY[]<0.0>", "BAD")
    assert b"\\Seen" not in fetched(c.ok("FETCH 1 FLAGS"))[1][b"FLAGS"]
    c.says("FETCH 2 BINARY[1]", "NO [UNKNOWN-CTE]")
    c.ok(f"SELECT {name}")
    assert b"\\Seen" not in fetched(c.ok("FETCH 1 BODY.PEEK[]"))[1].get(b"FLAGS", [])
    assert b"\\Seen" in fetched(c.ok("FETCH 1 BODY[TEXT]"))[1][b"FLAGS"]


HEAD = b"From: a@b\r\nMIME-Version: 1.0\r\n"
MIXED = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
ODD = [
    b"\r\n", b"x", b"no header at all\r\n", HEAD + b"\r\n", b"Subject: \xff\xfe\x80\r\nFrom: \xe4\xf6@\xfc\r\n\r\n\xff\r\n",
    HEAD + b"Content-Type: multipart/mixed\r\n\r\n--x\r\n", MIXED, MIXED + b"--b--\r\n", MIXED + b"--b\r\n--b\r\n--b",
    MIXED + b"--b\r\nContent-Type: message/rfc822\r\n\r\n--b--\r\n",
    MIXED + b"--b\r\nContent-Type: message/rfc822\r\n\r\nno header\r\n--b--\r\n",
    MIXED + b"--b\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n--b--\r\n",
    HEAD + b"Content-Type: text/\"pl\\\"ain; charset\r\nContent-Disposition: (\r\n\r\nx\r\n",
    HEAD + b"Content-Type: text/plain; " + b"; ".join(b"a*%d=\"\\\"\"" % i for i in range(500)) + b"\r\n\r\nx\r\n",
    HEAD + b"To: " + b", ".join(b"a%d@b" % i for i in range(3000)) + b"\r\n\r\nx\r\n",
    HEAD + b"To: g:, (((, <<>>, \"\\, =?utf-8?q?=?=, @, a@, ;;\r\nCc: (x (y) z)\r\nDate: \"\r\n\r\nx\r\n",
    HEAD + b"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\n--\r\n\r\nx\r\n----\r\n",
    HEAD + b"X: " + b"y" * 300000 + b"\r\n\r\nx\r\n", b"a\0b: c\r\n\r\n\0\r\n".replace(b"\0", b"\x01"),
    HEAD + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i) for i in range(200)) + b"\r\nx\r\n",
    MIXED + b"--b\r\n\r\nx\r\n" * 3000,
]


def req_38_odd_messages(t):
    """ENVELOPE and BODYSTRUCTURE of what cannot be read are valid, sizes exact, every part that is named is there"""
    c = t.client()
    name = t.folder(c, ODD)
    c.ok(f"SELECT {name}")
    got = fetched(c.ok("FETCH 1:* (ENVELOPE BODY BODYSTRUCTURE RFC822.SIZE BODY.PEEK[])"))
    assert len(got) == len(ODD)
    for number, message in enumerate(ODD, 1):
        items = got[number]
        assert items[b"BODY[]"] == (message,), number
        assert int(items[b"RFC822.SIZE"]) == len(message), number
        assert len(items[b"ENVELOPE"]) == 10, number
        check_structure(items[b"BODYSTRUCTURE"])
        first = fetched(c.ok(f"FETCH {number} (BODY.PEEK[1] BODY.PEEK[1.MIME])"))[number]
        assert first[b"BODY[1]"] is not None, number


def check_structure(part):
    """RFC 9051 §9: body"""
    if isinstance(part[0], list):
        children = [p for p in part if isinstance(p, list)]
        at = next(i for i, p in enumerate(part) if not isinstance(p, list))
        assert isinstance(part[at], tuple), part
        for child in part[:at]:
            check_structure(child)
        assert children
        return
    kind, subtype = part[0][0].lower(), part[1][0].lower()
    assert part[2] is None or (isinstance(part[2], list) and len(part[2]) % 2 == 0)
    assert int(part[6]) >= 0
    if kind == b"text":
        assert int(part[7]) >= 0
    if (kind, subtype) == (b"message", b"rfc822"):
        assert len(part[7]) == 10
        check_structure(part[8])
        assert int(part[9]) >= 0


def req_38_unreadable_blob(t):
    """A message whose bytes are lost does not keep the others from being read"""
    c = t.client()
    name = t.folder(c)
    files = pathlib.Path(t.data) / "blobs"
    before = set(files.rglob("*"))
    c.append(name, SMALL)
    c.append(name, b"Subject: lost\r\n\r\n" + os.urandom(150000).hex().encode() + b"\r\n")
    c.append(name, SMALL)
    new = [path for path in set(files.rglob("*")) - before if path.is_file()]
    assert len(new) == 1, new
    new[0].unlink()
    c.ok(f"SELECT {name}")
    lines = c.ok("FETCH 1:3 (UID BODY.PEEK[])")
    assert list(fetched(lines)) == [1, 3]
    assert any(line.startswith(b"* NO [CORRUPTION] Message 2") for line in lines)
    assert list(fetched(c.ok("FETCH 1:3 (ENVELOPE BODYSTRUCTURE FLAGS)"))) == [1, 2, 3]
    c.says("FETCH 2 BODY.PEEK[]", "NO [CORRUPTION]")
    lines = c.ok("SEARCH BODY body")
    assert b"* SEARCH 1 3\r\n" in lines and any(b"[CORRUPTION]" in line for line in lines)


def req_39_envelope(t):
    """Sender and Reply-To default to From, groups have their marks, 8-bit becomes encoded-words"""
    c = t.client()
    name = t.folder(c, [b"From: J\xc3\xbcrgen (c) <j@k>\r\nTo: g: a@b, C <d@e>;\r\nSubject: \xc3\xbc\r\n\r\nx\r\n"])
    c.ok(f"SELECT {name}")
    envelope = fetched(c.ok("FETCH 1 ENVELOPE"))[1][b"ENVELOPE"]
    assert envelope[2] == envelope[3] == envelope[4] and envelope[2][0][2:] == [(b"j",), (b"k",)]
    assert envelope[5] == [[None, None, (b"g",), None], [None, None, (b"a",), (b"b",)],
                           [(b"C",), None, (b"d",), (b"e",)], [None, None, None, None]]
    assert envelope[1][0].startswith(b"=?") and envelope[1][0].isascii()
    assert b"* SEARCH 1\r\n" in c.ok("SEARCH FROM {3+}\r\n(c)")


def req_40_names(t):
    """Modified UTF-7 is strict, names are NFC, UTF-8 needs ENABLE, INBOX is INBOX, depth and length end"""
    c = t.client()
    base = t.folder(c)
    for bad in ("&", "&AGE-", "&2AA-", "a&Jjo", "&Jjo-&Jjo-", "//x", "x//y", "/".join("x" * 80)):
        c.says(f'CREATE "{base}/{bad}"', "NO")
    c.says(f'CREATE "{base}/' + "x" * 1100 + '"', "NO")
    c.says(f'CREATE "{base}/\u00fc"'.encode(), "NO")
    c.ok(f"CREATE {base}/&2D3eAA-")
    assert any(b"/&2D3eAA-" in line for line in c.ok(f'LIST "" {base}/%'))
    assert b'"/" INBOX\r\n' in c.ok('LIST "" inBoX')[0]
    c.ok("STATUS iNbOx (MESSAGES)")
    assert c.ok(f'LIST "" "{base}/&"') == []
    c.ok("ENABLE IMAP4rev2")
    assert any(f"{base}/\U0001f600".encode() in line for line in c.ok(f'LIST "" {base}/%'))
    c.ok(f'CREATE "{base}/e\u0301"'.encode())
    c.ok(f'STATUS "{base}/\u00e9" (MESSAGES)'.encode())
    for name in ("\U0001f600", "\u00e9"):
        c.ok(f'DELETE "{base}/{name}"'.encode())


def req_41_recent(t):
    """\\Recent is told to one session, by SELECT and not by EXAMINE; nobody sets it; IMAP4rev2 does not know it"""
    a, b = t.client(), t.client()
    name = t.folder(a, [SMALL])
    assert b"* 0 RECENT\r\n" in b.ok(f"EXAMINE {name}")
    assert status(b, name, "RECENT") == {"RECENT": 1}
    assert b"* 1 RECENT\r\n" in a.ok(f"SELECT {name}")
    assert b"* 0 RECENT\r\n" in b.ok(f"SELECT {name}")
    a.says("STORE 1 +FLAGS (\\Recent)", "BAD")
    assert b"\\Recent" in fetched(a.ok("FETCH 1 FLAGS"))[1][b"FLAGS"]
    assert b"\\Recent" not in fetched(b.ok("FETCH 1 FLAGS"))[1][b"FLAGS"]
    a.ok("ENABLE IMAP4rev2")
    assert not any(b"ECENT" in line.upper() for line in a.ok(f"SELECT {name}"))


def req_42_keywords(t):
    """Keywords keep their case, compare without it, and have a limit that PERMANENTFLAGS tells"""
    c = t.client()
    name = t.folder(c, [SMALL])
    c.ok(f"SELECT {name}")
    c.ok("STORE 1 +FLAGS ($Label one)")
    assert set(fetched(c.ok("STORE 1 +FLAGS ($LABEL)"))[1][b"FLAGS"]) >= {b"$Label", b"one"}
    assert b"* SEARCH 1\r\n" in c.ok("SEARCH KEYWORD $lAbEl")
    c.says("STORE 1 +FLAGS (" + "k" * 65 + ")", "BAD")
    for i in range(61):
        c.ok(f"STORE 1 +FLAGS.SILENT (k{i})")
    c.says("STORE 1 +FLAGS (onemore)", "NO [LIMIT]")
    told = b"".join(c.ok(f"SELECT {name}"))
    assert b"k60" in told and b"\\*" not in told


def req_43_modseq(t):
    """HIGHESTMODSEQ only grows, a change that changes nothing does not raise it, UNCHANGEDSINCE is judged and told"""
    c = t.client()
    name = t.folder(c, [SMALL] * 3)
    c.ok("ENABLE CONDSTORE")
    c.ok(f"SELECT {name}")
    start = status(c, name, "HIGHESTMODSEQ")["HIGHESTMODSEQ"]
    c.ok("STORE 1:3 +FLAGS.SILENT (\\Seen)")
    seen = status(c, name, "HIGHESTMODSEQ")["HIGHESTMODSEQ"]
    assert seen > start
    c.ok("STORE 1:3 +FLAGS (\\Seen)")
    assert status(c, name, "HIGHESTMODSEQ")["HIGHESTMODSEQ"] == seen
    c.ok("STORE 2 +FLAGS.SILENT (\\Flagged)")
    tagged = c.command(f"UID STORE 1:3 (UNCHANGEDSINCE {seen}) +FLAGS.SILENT ($x)")[1]
    assert b"OK [MODIFIED 2]" in tagged, tagged
    got = fetched(c.ok("FETCH 1:3 (FLAGS)"))
    assert [b"$x" in got[i][b"FLAGS"] for i in (1, 2, 3)] == [True, False, True]
    assert all(b"MODSEQ" in got[i] for i in got)
    assert any(b"(MODSEQ " in line for line in c.ok(f"SEARCH MODSEQ {seen + 1}"))
    highest = status(c, name, "HIGHESTMODSEQ")["HIGHESTMODSEQ"]
    c.ok("STORE 1:* +FLAGS.SILENT (\\Deleted)")
    c.ok("EXPUNGE")
    assert status(c, name, "HIGHESTMODSEQ")["HIGHESTMODSEQ"] > highest


def req_44_search(t):
    """Numbers and UIDs are not mixed up, text is decoded and compared without case, days know no zone"""
    c = t.client()
    qp = (b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
          b"Content-Transfer-Encoding: quoted-printable\r\n\r\nein langes W=\r\nort\r\n")
    name = t.folder(c, [SMALL, SMALL])
    c.append(name, qp, '"01-Feb-2020 23:30:00 -0800" ')
    c.ok(f"SELECT {name}")
    c.ok("STORE 1 +FLAGS.SILENT (\\Deleted)")
    c.ok("EXPUNGE")
    for command, want in (("SEARCH 2", b"* SEARCH 2"), ("UID SEARCH 2", b"* SEARCH 3"), ("SEARCH UID 2", b"* SEARCH 1"),
                          ("SEARCH BODY \"langes wort\"", b"* SEARCH 2"), ("SEARCH TEXT WORT", b"* SEARCH 2"),
                          ("SEARCH BODY ngE", b"* SEARCH 2"), ("SEARCH ON 1-Feb-2020", b"* SEARCH 2"),
                          ("SEARCH BODY nirgends", b"* SEARCH"), ("SEARCH NOT 1:*", b"* SEARCH")):
        lines = c.ok(command)
        assert want + b"\r\n" in lines, (command, lines)
    lines = c.ok("SEARCH CHARSET iso-8859-1 SUBJECT {4+}\r\n".encode() + "GR\u00dc\u00df".encode("latin-1"))
    assert b"* SEARCH 2\r\n" in lines
    c.says("SEARCH CHARSET x-klingon ALL", "NO [BADCHARSET")
    c.says("SEARCH " + "NOT " * 60 + "ALL", "BAD")
    lines = c.ok("UID SEARCH RETURN (COUNT MIN) ALL")
    assert re.match(rb'\* ESEARCH \(TAG "c\d+"\) UID MIN 2 COUNT 2\r\n', lines[0]), lines


def req_44_everywhere(t):
    """TEXT and BODY find what is in any text part, in embedded messages, in the midst of megabytes, across lines"""
    c = t.client()
    nested = (MIXED + b"--b\r\nContent-Type: text/calendar\r\n\r\nSUMMARY:Lunch\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
              b"Subject: =?utf-8?q?=C3=9Cberraschung?=\r\n\r\ninner words\r\n--b\r\nContent-Type: image/png; name=cat.png\r\n"
              b"Content-Transfer-Encoding: base64\r\n\r\nAAAA\r\n--b\r\nContent-Type: text/html\r\n\r\n"
              b"<p>bold <b>st</b>atement</p><script>hidden</script>\r\n--b--\r\n")
    large = HEAD + b"\r\n" + b"".join(b"line %06d of many\r\n" % i for i in range(300000)) + b"the end\r\n"
    name = t.folder(c, [nested, large])
    c.ok(f"SELECT {name}")
    for key, want in (("BODY lunch", b" 1"), ("TEXT \"inner words\"", b" 1"), ("BODY {13+}\r\n\u00fcberraschung", b" 1"),
                      ("TEXT cat.png", b" 1"), ("BODY cat.png", b""), ("BODY \"bold statement\"", b" 1"), ("BODY hidden", b""),
                      ("BODY \"many line 299999 of\"", b" 2"), ("BODY \"many the end\"", b" 2"), ("BODY \"many theend\"", b""),
                      ("BODY \"line 004095\"", b" 2"), ("TEXT \"\"", b" 1 2")):
        lines = c.ok(b"SEARCH CHARSET UTF-8 " + key.encode())
        assert b"* SEARCH" + want + b"\r\n" in lines, (key, lines)


def req_45_list(t):
    """Patterns, children that are exact, parents that do not exist, STATUS behind its LIST, one folder a role"""
    c = t.client()
    base = t.folder(c)
    c.ok(f"CREATE {base}/a/b")
    c.ok(f"CREATE {base}/c (USE (\\All))")
    assert b"[ALREADYEXISTS]" in c.command(f"CREATE {base}/d (USE (\\All))")[1]
    c.ok(f"DELETE {base}/a")
    lines = c.ok(f'LIST "" {base}/% RETURN (CHILDREN STATUS (MESSAGES))')
    assert lines[0].startswith(b"* LIST (\\Noselect \\NonExistent \\HasChildren)"), lines
    assert lines[1].startswith(b"* LIST (\\HasNoChildren)") and lines[2].startswith(b"* STATUS"), lines
    assert c.ok('LIST "" ""') == [b'* LIST (\\Noselect) "/" ""\r\n']
    assert len(c.ok(f'LIST "" {base}/*')) == 3
    for name in ("a/b", "c"):
        c.ok(f"DELETE {base}/{name}")
    assert b"* CAPABILITY" not in c.greeting and b"[CAPABILITY " in c.greeting
    assert b"LOGIN" in c.greeting and b"AUTH=" not in c.ok("CAPABILITY")[0]


def req_46_close(t):
    """CLOSE expunges without a word, UNSELECT and an examined folder do not; UID EXPUNGE takes its set only"""
    c = t.client()
    name = t.folder(c, [SMALL] * 4)
    c.ok(f"SELECT {name}")
    c.ok("STORE 1:3 +FLAGS.SILENT (\\Deleted)")
    c.ok("UNSELECT")
    c.ok(f"EXAMINE {name}")
    c.says("EXPUNGE", "NO")
    c.says("UID EXPUNGE 1", "NO")
    c.ok("CLOSE")
    assert status(c, name, "MESSAGES")["MESSAGES"] == 4
    c.ok(f"SELECT {name}")
    assert c.ok("UID EXPUNGE 1,4") == [b"* 1 EXPUNGE\r\n"]
    assert c.ok("CLOSE") == []
    assert status(c, name, "MESSAGES")["MESSAGES"] == 1


def req_47_sessions(t):
    """Fifty sessions of one mailbox are no trouble"""
    clients = [t.client() for _ in range(50)]
    for client in clients:
        client.ok("NOOP")
    for client in clients:
        client.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", required=True)
    parser.add_argument("numbers", nargs="*")
    args = parser.parse_args()
    with open(args.json, encoding="utf-8") as file:
        t = Test(json.load(file), pathlib.Path(args.json).resolve().parent)
    tests = [fn for name, fn in globals().items() if name.startswith("req_")
             and (not args.numbers or name.split("_")[1] in args.numbers)]
    print(f"1..{len(tests)}")
    for number, test in enumerate(tests, 1):
        name = f"requirement {test.__name__.split('_')[1]}: {test.__doc__}"
        try:
            test(t)
            print(f"ok {number} - {name}")
        except (AssertionError, EOFError, OSError, ValueError, KeyError, IndexError) as error:
            print(f"not ok {number} - {name}\n# {type(error).__name__} {error!r:.1500}")
        t.clean()


if __name__ == "__main__":
    main()
