#!/usr/bin/python3
"""Python's imaplib, poplib and smtplib: small strict clients that send what they are told and no more."""

import imaplib
import poplib
import smtplib

import tap as t


def imap(tap, box, tls=True):
    if tls:
        client = imaplib.IMAP4_SSL(tap.host, tap.ports["imaps"], ssl_context=tap.tls())
    else:
        client = imaplib.IMAP4(tap.host, tap.ports["imap"])
        client.starttls(tap.tls())
    client.login(box["address"], box["password"])
    return client


def imaplib_reads(tap):
    mark = t.token()
    data = t.message(mark, tap.bob["address"], "line\r\n" * 200)
    tap.deliver(tap.bob["address"], data)
    for tls in (True, False):
        with imap(tap, tap.bob, tls) as client:
            client.select("INBOX")
            found = tap.wait(lambda: client.noop() and client.uid("SEARCH", "SUBJECT", mark)[1][0].split())
            answer = client.uid("FETCH", found[0], "(BODY.PEEK[] FLAGS RFC822.SIZE)")[1]
            got = answer[0]
            tap.check(t.below_trace(got[1], mark) == data, f"FETCH over {'IMAPS' if tls else 'STARTTLS'} byte for byte", got)
            around = got[0] + b"".join(part for part in answer[1:] if isinstance(part, bytes))
            tap.check(f"RFC822.SIZE {len(got[1])}".encode() in around, "RFC822.SIZE is the length", around)
            start = client.uid("FETCH", found[0], "(BODY.PEEK[]<10.20>)")[1][0][1]
            tap.check(start == got[1][10:30], "a partial FETCH", start)
            flags = client.uid("FETCH", found[0], "(FLAGS)")[1][0]
            tap.check(b"\\Seen" not in flags, "PEEK sets no \\Seen", flags)


def imaplib_literals(tap):
    with imap(tap, tap.alice) as client:
        said = client._simple_command("CREATE", '"clienttest with (odd) \\"name\\""')
        tap.check(said[0] in ("OK", "NO"), "a quoted name with escapes is understood", said)
        client._simple_command("DELETE", '"clienttest with (odd) \\"name\\""')
        data = t.message(t.token(), tap.alice["address"], "x\r\n" * 100000)
        said = client.append("INBOX", "(\\Seen)", None, data)
        tap.check(said[0] == "OK", "APPEND of 300 kB as a literal", said)
        client.select("INBOX")
        uid = client.uid("SEARCH", "LARGER", "290000", "SEEN")[1][0].split()
        tap.check(bool(uid), "SEARCH LARGER finds it", uid)
        client.uid("STORE", uid[-1], "+FLAGS", "(\\Deleted)")
        said = client.expunge()
        tap.check(said[0] == "OK" and said[1][0] is not None, "EXPUNGE removes it", said)
        for bad in ("FETCH 1:* (NOSUCH)", "NOSUCHCOMMAND", "SEARCH (((("):
            name, _, rest = bad.partition(" ")
            tag = client._new_tag()
            client.send(tag + b" " + bad.encode() + b"\r\n")
            line = client.readline()
            while not line.startswith(tag):
                line = client.readline()
            tap.check(line.startswith(tag + b" BAD") or line.startswith(tag + b" NO"), f"{name} {rest} is BAD and the session lives", line)


def poplib_reads(tap):
    mark = t.token()
    data = t.message(mark, tap.bob["address"], ".\r\n..\r\n.x\r\nend without surprises\r\n")
    tap.deliver(tap.bob["address"], data)
    for tls in (True, False):
        client, newest = tap.wait(lambda: newest_pop3(tap, mark, tls)) or (None, 0)
        if not tap.check(client is not None, f"POP3{'S' if tls else ' with STLS'} lists the message", mark):
            continue
        _, lines, size = client.retr(newest)
        got = b"\r\n".join(lines) + b"\r\n"
        tap.check(t.below_trace(got, mark) == data, "RETR byte for byte", got[-300:])
        tap.check(client.list(newest).split()[2] == str(len(got)).encode(), "LIST says its size", (client.list(newest), len(got), size))
        top = client.top(newest, 1)[1]
        tap.check(top[-1] == b"." and top[-2] == b"", "TOP 1 is the header and one line", top[-3:])
        ids = [line.split()[1] for line in client.uidl()[1]]
        tap.check(len(set(ids)) == len(ids) == client.stat()[0], "UIDL: one id a message", len(ids))
        client.dele(newest)
        client.rset()
        client.quit()
    client, newest = newest_pop3(tap, mark, True)
    tap.check(client is not None, "after RSET the message is still there")
    client.dele(newest)
    client.quit()
    tap.check(newest_pop3(tap, mark, True) is None, "after DELE and QUIT it has gone")


def newest_pop3(tap, mark, tls):
    """(client, number) where the newest message has this mark, else None."""
    if tls:
        client = poplib.POP3_SSL(tap.host, tap.ports["pop3s"], context=tap.tls())
    else:
        client = poplib.POP3(tap.host, tap.ports["pop3"])
        client.stls(tap.tls())
    client.user(tap.bob["address"])
    client.pass_(tap.bob["password"])
    count = client.stat()[0]
    for number in range(count, max(0, count - 5), -1):
        if any(mark.encode() in line for line in client.top(number, 0)[1]):
            return client, number
    client.quit()
    return None


def smtplib_sends(tap):
    data = t.message(t.token(), tap.bob["address"], sender=tap.alice["address"])
    with smtplib.SMTP(tap.host, tap.ports["submission"]) as client:
        client.starttls(context=tap.tls())
        client.login(tap.alice["address"], tap.alice["password"])
        refused = client.sendmail(tap.alice["address"], [tap.bob["address"], "nobody-here@example.test"], data)
        tap.check(list(refused) == ["nobody-here@example.test"], "one recipient of two is refused", refused)
        code, text = client.docmd("NOSUCH")
        tap.check(code in (500, 502), "an unknown command is 500 or 502", (code, text))
        code, text = client.docmd("RCPT", "TO:<x@example.test>")
        tap.check(code == 503, "RCPT before MAIL is 503", (code, text))
    with smtplib.SMTP(tap.host, tap.ports["smtp"]) as client:
        client.ehlo("client.example")
        offered = client.esmtp_features
        tap.check({"size", "pipelining", "8bitmime", "enhancedstatuscodes", "starttls"} <= set(offered), "EHLO offers the five basics", offered)
        code, text = client.docmd("MAIL", f"FROM:<a@client.example> SIZE={int(offered.get('size') or 10**8) + 1}")
        tap.check(code == 552, "a SIZE above the limit is 552", (code, text))


if __name__ == "__main__":
    t.main(imaplib_reads, imaplib_literals, poplib_reads, smtplib_sends)
