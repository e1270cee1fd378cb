#!/usr/bin/env python3
"""packaging/quickstart and `mailstead serve | stop | status | doctor` on fresh, old, shared and broken directories.

    test_quickstart.py BUILD_DIR
"""
import contextlib
import json
import os
import pathlib
import secrets
import shutil
import signal
import smtplib
import socket
import ssl
import stat
import subprocess
import sys
import time

import server
from server import ROOT, Server, directory, free_port_base, greeting, greets

FIRST_PORT = 33000 + os.getpid() % 40 * 90
RESTART_S = 1.0
# The sanitizers' start-up (shadow memory, symbols) in five processes at once; the release build keeps to RESTART_S.
RESTART_SANITIZED_S = 6.0


@contextlib.contextmanager
def instance(build, *options, mode=0o755):
    """A fresh server in a directory of its own."""
    with directory(mode) as place:
        s = Server(build, place / "data", free_port_base(FIRST_PORT))
        status, output = s.quickstart(*options)
        if status != 0:
            raise RuntimeError(f"quickstart: {output}")
        try:
            yield s
        finally:
            s.stop()
            s.remove_cluster()


def is_sentence(output):
    """What a person reads: a reason on a line of its own, no trace of a crash."""
    return ("mailstead: " in output or "quickstart: " in output) and "Traceback" not in output and \
        "AddressSanitizer" not in output and "Segmentation" not in output and "unbound variable" not in output


def all_greet(t, env, label):
    wrong = {port: greeting(env, port) for port in server.OFFSETS}
    wrong = {port: seen for port, seen in wrong.items() if not seen.startswith(server.GREETINGS[port])}
    t.check(not wrong, f"{label}: every port answers with its protocol's greeting", wrong)


def check_document(t, s):
    env = s.env
    t.check(set(env) >= {"https", "http", "host", "ca", "hostname", "ports", "logins", "mailboxes"},
            "quickstart.json has its keys", sorted(env))
    t.check(env["ports"] == {name: s.base + offset for name, offset in server.OFFSETS.items()},
            "ports are the base and the offsets", env["ports"])
    t.check(env["https"] == f"https://127.0.0.1:{s.base + 8443}" and env["http"] == f"http://127.0.0.1:{s.base + 8080}"
            and env["host"] == "127.0.0.1" and env["hostname"] == "mail.example.test"
            and env["ca"] == f"{s.data}/tls/ca.pem", "addresses are those of the directory and the base", env)
    t.check([(e["role"], e["login"]) for e in env["logins"]] ==
            [("admin", "admin"), ("reseller", "reseller@example.test"), ("customer", "customer@example.test")]
            and all(e["password"] and e["token"] for e in env["logins"]), "three log-ins, with passwords and tokens")
    t.check([m["address"] for m in env["mailboxes"]] == ["alice@example.test", "bob@example.test"], "two mailboxes")
    t.check(stat.S_IMODE((s.data / "quickstart.json").stat().st_mode) == 0o600, "quickstart.json has mode 0600")


def fresh_and_again(t, build):
    with instance(build) as s:
        check_document(t, s)
        env = s.env
        all_greet(t, env, "fresh")
        answers = {e["role"]: server.api(env, "/domains", e["token"])[0] for e in env["logins"]}
        t.check(set(answers.values()) == {200}, "each token opens the API", answers)
        counts = [server.count_messages(env, m) for m in env["mailboxes"]]
        t.check(all(n > 0 for n in counts), "sample mail is there", counts)
        check_status(t, s)
        check_doctor(t, s)

        pid = s.status()["pid"]
        status, output = s.quickstart()
        t.check(status == 0 and s.status()["pid"] == pid, "a second run keeps the server that runs", output)
        t.check(s.env == env, "a second run keeps the log-ins")

        status, output = s.stop()
        t.check(status == 0 and not any(greeting(env, p) for p in server.OFFSETS), "stop ends every port", output)
        status, output = s.stop()
        t.check(status == 1 and is_sentence(output), "stop without a server is refused with a sentence", output)
        status, output = s.command("status", "--json")
        t.check(status == 1 and is_sentence(output), "status without a server is refused with a sentence", output)
        status, output = s.command("doctor")
        t.check(status == 0 and "FAIL" not in output, "doctor finds nothing broken in a stopped server", output)

        status, output = s.quickstart(base=False)
        t.check(status == 0 and s.env == env, "a run on the stopped directory starts what is there, on its ports", output)
        t.check([server.count_messages(env, m) for m in env["mailboxes"]] == counts, "the mail is the same")
        status, output = s.run(s.build / "mailstead", "serve", "--data", s.data)
        t.check(status == 1 and is_sentence(output), "a second server on the directory is refused", output)
        all_greet(t, env, "afterwards")
        check_neighbour(t, build, s)
        t.check(not s.findings(), "no sanitizer finding in the log", s.findings())


def check_status(t, s):
    status = s.status()
    t.check([r["name"] for r in status["roles"]] == ["mx", "user", "web", "send"] and
            all(r["state"] == "up" and r["since"] and os.path.exists(f"/proc/{r['pid']}") for r in status["roles"]),
            "status --json lists the roles with pid, state and since", status)
    t.check(os.path.exists(f"/proc/{status['pid']}") and status["database"]["state"] == "up",
            "status --json has the supervisor's pid and the database", status)
    owners = {r["name"]: os.stat(f"/proc/{r['pid']}").st_uid for r in [*status["roles"], status["database"]]}
    t.check(0 not in owners.values(), "no role and no PostgreSQL runs as root", owners)
    table = s.command("status")
    t.check(table[0] == 0 and all(name in table[1] for name in ("mx", "user", "web", "send", "postgres")),
            "status prints a table", table)
    t.check(s.command("status", "--ready")[0] == 0, "status --ready says that everything serves")


def check_doctor(t, s):
    status, output = s.command("doctor")
    t.check(status == 0 and "FAIL" not in output, "doctor is content with a running server", output)
    status, output = s.command("doctor", "--json")
    t.check(status == 0 and all({"check", "verdict", "text"} <= set(row) for row in json.loads(output)),
            "doctor --json lists checks", output)
    (s.data / "keys").chmod(0o755)
    status, output = s.command("doctor")
    (s.data / "keys").chmod(0o700)
    t.check(status == 1 and "chmod 700" in output, "doctor finds open keys, says what to do and exits with 1", output)


def check_neighbour(t, build, s):
    with instance(build, "--no-demo", "--set", "mail.max_size=1MiB") as other:
        all_greet(t, other.env, "a second instance beside it")
        all_greet(t, s.env, "the first one meanwhile")
        t.check([e["role"] for e in other.env["logins"]] == ["admin"] and other.env["mailboxes"] == [],
                "--no-demo makes only the admin", other.env)
        with smtplib.SMTP("127.0.0.1", other.env["ports"]["smtp"], timeout=30) as smtp:
            smtp.ehlo("client.test")
            t.check(smtp.esmtp_features.get("size") == "1048576", "--set reaches the roles", smtp.esmtp_features)


def restart_seconds(s, env):
    s.stop()
    start = time.monotonic()
    child = s.serve()
    server.wait_for(lambda: all(greets(env, port) for port in server.OFFSETS), 30)
    seconds = time.monotonic() - start
    child.terminate()
    return seconds, child.wait(30)


def restarts(t, build):
    builds = [(build, RESTART_SANITIZED_S)]
    if os.access(ROOT / "build/mailstead", os.X_OK):
        builds.append((ROOT / "build", RESTART_S))
    for where, allowed in builds:
        with instance(where) as s:
            env = s.env
            runs = [restart_seconds(s, env) for _ in range(3)]
            best = min(seconds for seconds, _ in runs)
            t.check(best <= allowed, f"{where.name}: serve on an existing directory greets within {allowed:.0f} s "
                    f"({best:.2f} s)", runs)
            t.check({status for _, status in runs} == {0}, f"{where.name}: SIGTERM ends it cleanly", runs)


def shut_directory(t, build):
    """Below a directory that only root may enter, the unprivileged PostgreSQL works all the same."""
    if os.getuid() != 0:
        t.skip("a directory that only root can enter", "not root")
        return
    with instance(build, mode=0o700) as s:
        env = s.env
        all_greet(t, env, "below a directory of root's with mode 0700")
        uid = os.stat(f"/proc/{s.status()['database']['pid']}").st_uid
        t.check(uid != 0, "PostgreSQL runs as an unprivileged user there")
        t.check(s.stop()[0] == 0 and s.quickstart()[0] == 0 and s.env == env, "and starts again")
        t.check(server.count_messages(env, env["mailboxes"][0]) > 0, "with its mail")
        t.check(not s.findings(), "no sanitizer finding in its log", s.findings())


@contextlib.contextmanager
def ordinary_user(place):
    """(name, home, prefix of commands) of a user made for this test."""
    name = "mst" + secrets.token_hex(4)
    home = place / "home"
    subprocess.run(["useradd", "--system", "--home-dir", str(home), "--create-home", "--shell", "/bin/bash", name],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    home.chmod(0o755)
    try:
        yield name, home, ["setpriv", f"--reuid={name}", f"--regid={name}", "--clear-groups"]
    finally:
        subprocess.run(["userdel", name], check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def as_ordinary_user(t, build):
    if os.getuid() != 0:
        t.skip("as another user", "not root: all the other tests are an ordinary user's")
        return
    with directory() as place, ordinary_user(place) as (_, home, prefix):
        (place / "build").mkdir()
        shutil.copy(build / "mailstead", place / "build/mailstead")
        shutil.copytree(ROOT / "packaging", place / "packaging")
        s = Server(place / "build", home / "data", free_port_base(FIRST_PORT), place, prefix)
        try:
            status, output = s.quickstart()
            if not t.check(status == 0, "an ordinary user's quickstart", output):
                return
            env = s.env
            all_greet(t, env, "an ordinary user's server")
            t.check(server.count_messages(env, env["mailboxes"][0]) > 0, "it has sample mail")
            t.check(s.command("doctor")[0] == 0, "doctor is content", s.command("doctor"))
            t.check(s.stop()[0] == 0 and s.quickstart()[0] == 0 and s.env == env, "it stops and starts again")
        finally:
            s.stop()
        t.check(not s.findings(), "no sanitizer finding in its log", s.findings())
        check_unwritable(t, s, place)


def check_unwritable(t, s, place):
    for name, mode in (("closed", 0o700), ("readable", 0o755)):
        (place / name).mkdir(mode=mode)
        for data in (place / name, place / name / "data"):
            other = Server(s.build, data, s.base, s.root, s.prefix)
            status, output = other.quickstart()
            t.check(status == 1 and is_sentence(output) and str(data) in output,
                    f"a directory of root's that is only {name} is refused by name", output)
        t.check(not list((place / name).iterdir()), f"nothing is left in the {name} directory")


def wrong_usage(t, build):
    with directory() as place:
        s = Server(build, place / "data", 0)
        for options in (["--nonsense"], ["--port-base", "abc"], ["--port-base", "70000"], ["--port-base", "-1"],
                        ["--port-base", ""], ["--set"], ["extra"]):
            status, output = s.quickstart(*options, base=False)
            t.check(status == 2 and is_sentence(output), f"quickstart {' '.join(options)!r} is wrong usage", output)
        for value, named in (("no.such.key=1", "no.such.key"), ("nonsense", "--set"), ("mail.max_size=much", "mail.max_size")):
            status, output = s.quickstart("--set", value)
            t.check(status != 0 and is_sentence(output) and named in output,
                    f"--set {value} is refused by name", output)
        t.check(not list(place.iterdir()), "wrong usage leaves nothing behind", list(place.iterdir()))
        (place / "file").write_text("not a directory\n")
        for data in (place / "file", place / "file/data"):
            status, output = Server(build, data, free_port_base(FIRST_PORT)).quickstart()
            t.check(status == 1 and is_sentence(output), "a file in the place of the directory is refused", output)
        t.check((place / "file").read_text() == "not a directory\n", "and stays as it was")


def used_port(t, build):
    with directory() as place, socket.socket() as taken:
        s = Server(build, place / "data", free_port_base(FIRST_PORT))
        taken.bind(("127.0.0.1", s.base + server.OFFSETS["imaps"]))
        taken.listen()
        status, output = s.quickstart()
        t.check(status == 1 and is_sentence(output) and f"127.0.0.1:{s.base + 993}" in output,
                "a used port is named", output)
        t.check(s.command("status")[0] == 1, "nothing runs after it")
        taken.close()
        status, output = s.quickstart()
        t.check(status == 0 and greets(s.env, "imaps"), "the same command works when the port is free", output)
        s.stop()


def broken_database(t, build):
    with instance(build) as s:
        env = s.env
        s.stop()
        for url in ("postgres://nobody@127.0.0.1:1/none", "nonsense", "host="):
            status, output = s.quickstart("--set", f"database.url={url}")
            t.check(status == 1 and is_sentence(output) and "database.url" in output,
                    f"database.url={url} is refused with a sentence", output)
            t.check(s.command("status")[0] == 1, "and nothing runs after it")
        status, output = s.quickstart()
        t.check(status == 0 and s.env == env and server.count_messages(env, env["mailboxes"][0]) > 0,
                "without it the directory works as before", output)


def half_made(t, build):
    with instance(build) as s:
        env = s.env
        for name in ("tls", "run", "spool"):
            s.stop()
            shutil.rmtree(s.data / name)
            status, output = s.quickstart()
            t.check(status == 0 and greets(env, "imaps"), f"{name}/ is made again when it is missing", output)
        s.stop()
        key = s.data / "tls/key.pem"
        kept = key.read_bytes()
        key.unlink()
        status, output = s.quickstart()
        t.check(status == 1 and is_sentence(output) and "key.pem" in output, "a certificate without its key is named",
                output)
        key.write_bytes(kept)
        shutil.chown(key, (s.data / "tls").stat().st_uid, (s.data / "tls").stat().st_gid)
        document = (s.data / "quickstart.json").read_text()
        (s.data / "quickstart.json").write_text(document[:100])
        status, output = s.quickstart()
        t.check(is_sentence(output) and "quickstart.json" in output and "account set" in output,
                "a damaged quickstart.json: says how to get in again", output)
        t.check((s.data / "quickstart.json").read_text() == document[:100], "and leaves it alone")
        t.check(greets(env, "smtp") and server.count_messages(env, env["mailboxes"][0]) > 0,
                "the server runs all the same, with its mail")
        conf = (s.data / "mailstead.conf").read_text()
    for label, prepare in (("only mailstead.conf", lambda d: None),
                           ("an empty postgres/", lambda d: (d / "postgres").mkdir()),
                           ("a cluster whose making was cut off", cut_off_cluster)):
        with directory() as place:
            (place / "data").mkdir()
            (place / "data/mailstead.conf").write_text(conf)
            prepare(place / "data")
            s = Server(build, place / "data", free_port_base(FIRST_PORT))
            status, output = s.quickstart()
            t.check(status == 0 and greets(s.env, "imaps"), f"{label}: the rest is made", output)
            s.stop()


def cut_off_cluster(data):
    """What initdb leaves when it is killed."""
    (data / "postgres.new-1").mkdir()
    (data / "postgres.new-1/PG_VERSION").write_text("15\n")


def make_certificate(s, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "30", "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}",
                    "-keyout", s.data / "tls/key.pem", "-out", s.data / "tls/cert.pem"],
                   check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    owner = (s.data / "tls").stat()
    for name in ("key.pem", "cert.pem"):
        os.chown(s.data / "tls" / name, owner.st_uid, owner.st_gid)


def shown_certificate(env, port):
    return ssl.get_server_certificate((env["host"], env["ports"][port]))


def reload(t, build):
    with instance(build) as s:
        env = s.env
        old = server.imap_login(env, env["mailboxes"][0])
        pids = {r["name"]: r["pid"] for r in s.status()["roles"]}
        make_certificate(s, "reloaded.example.test")
        new = (s.data / "tls/cert.pem").read_text()
        os.kill(s.status()["pid"], signal.SIGHUP)
        for port in ("imaps", "pop3s", "submissions", "https"):
            took = server.wait_for(lambda port=port: shown_certificate(env, port).split() == new.split(), 10)
            t.check(took is not None, f"after SIGHUP new connections to {port} see the new certificate")
        t.check(old.noop()[0] == "OK" and old.select("INBOX")[0] == "OK", "a session from before lives on")
        old.logout()
        t.check({r["name"]: r["pid"] for r in s.status()["roles"]} == pids, "no role was started again")
        (s.data / "tls/cert.pem").write_text("nonsense\n")
        os.kill(s.status()["pid"], signal.SIGHUP)
        time.sleep(0.5)
        t.check(shown_certificate(env, "imaps").split() == new.split(),
                "a broken certificate is not taken: the old one serves on")
        t.check("tls.reload" in s.log(), "and the log says so")


if __name__ == "__main__":
    sys.exit(server.main([fresh_and_again, restarts, shut_directory, as_ordinary_user, wrong_usage, used_port,
                          broken_database, half_made, reload], __doc__))
