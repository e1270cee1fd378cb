#!/usr/bin/env python3
"""What large messages cost the mx role: 20 of 10 MiB at once, all of them there before the first one ends.

Above mail.spool_threshold (256 KiB) a message lies in a file, and is compressed, checked and described in pieces: the
role may grow by the thresholds and a constant, far below the 200 MiB that came in. The constant holds what the
sanitizers add; their quarantine of freed memory is made small.

    test_memory.py BUILD_DIR [MESSAGES MIB]     prints TAP; a bound of 256 KiB a message and the constant
"""
import os
import pathlib
import secrets
import socket
import sys
import threading

import server

MESSAGES, SIZE = 20, 10 << 20
THRESHOLD_MIB = 0.25
CONSTANT_MIB = 95
LINES = b"".join(secrets.token_hex(38).encode() + b"\r\n" for _ in range(1000))


def resident_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0


def reply(file):
    while True:
        line = file.readline()
        if line[3:4] != b"-":
            return line


def send(env, all_in, replies):
    rcpt = env["mailboxes"][1]["address"]
    with socket.create_connection((env["host"], env["ports"]["smtp"]), 300) as sock, sock.makefile("rb") as file:
        reply(file)
        for line in ("EHLO client.test", "MAIL FROM:<a@sender.test>", f"RCPT TO:<{rcpt}>", "DATA"):
            sock.sendall(line.encode() + b"\r\n")
            reply(file)
        sock.sendall(b"Subject: large\r\n\r\n")
        for _ in range(SIZE // len(LINES)):
            sock.sendall(LINES)
        all_in.wait()
        sock.sendall(b".\r\n")
        replies.append(reply(file))


def large_messages(t, build):
    os.environ["ASAN_OPTIONS"] = "quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
    with server.directory() as directory:
        mail = server.Server(build, directory / "data", server.free_port_base(41000))
        status, output = mail.quickstart("--set", "limits.exempt_networks=127.0.0.0/8")
        if not t.check(status == 0, "a server", output):
            return
        try:
            env, pid, replies = mail.env, mail.pid_of("mx"), []
            before = most = resident_mib(pid)
            all_in = threading.Barrier(MESSAGES)
            threads = [threading.Thread(target=send, args=(env, all_in, replies), daemon=True) for _ in range(MESSAGES)]
            for thread in threads:
                thread.start()
            while threads:
                most = max(most, resident_mib(pid))
                threads[-1].join(0.01)
                threads = [thread for thread in threads if thread.is_alive()]
            t.check(len(replies) == MESSAGES and all(r.startswith(b"250 2.0.0 ") for r in replies), "all are accepted", replies)
            t.check(pid == mail.pid_of("mx"), "by one and the same role")
            bound = MESSAGES * THRESHOLD_MIB + CONSTANT_MIB
            t.check(most - before < bound, f"the role grew by {most - before:.0f} MiB, less than {bound:.0f}", (before, most))
        finally:
            mail.stop()
            mail.remove_cluster()
        t.check(not mail.findings(), "no sanitizer finding", mail.findings())


if __name__ == "__main__":
    if len(sys.argv) == 4:
        MESSAGES, SIZE = int(sys.argv[2]), int(sys.argv[3]) << 20
        del sys.argv[2:4]
    sys.exit(server.main([large_messages], __doc__))
