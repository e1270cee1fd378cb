#!/usr/bin/env python3
"""A scratch PostgreSQL cluster for tests: unix socket only, in a temporary directory.

  pg.py run [--fsync] -- COMMAND...   starts one, runs COMMAND, stops it, removes it
  pg.py start DIR | crash DIR         for tests that kill the server in the middle

COMMAND finds in its environment:
  MAILSTEAD_TEST_DB      conninfo of the owner (a superuser); append " user=mailstead_mx" for a role
  MAILSTEAD_TEST_PGDIR   DIR for `pg.py start` and `pg.py crash`
  MAILSTEAD_TEST_PG      this script

A data directory is initialised once and copied afterwards. initdb and postgres refuse to run as
root: then they run as the user postgres. Without --fsync nothing survives a power cut, but a
killed server recovers.
"""
import fcntl
import glob
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time

BIN = pathlib.Path(sorted(glob.glob("/usr/lib/postgresql/*/bin"))[-1])
TEMPLATE = pathlib.Path(os.environ.get("MAILSTEAD_TEST_TEMPLATE", "/tmp")) / (
    f"mailstead-test-pg-{BIN.parent.name}-{os.getuid()}")
CONF = """
listen_addresses = ''
unix_socket_directories = '{dir}'
fsync = {fsync}
shared_buffers = 128MB
max_connections = 150
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
autovacuum_naptime = 10s
log_min_messages = warning
log_min_error_statement = panic
"""


def unprivileged(command):
    if os.getuid() != 0:
        return command
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] + command


def quiet(command, **kw):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/", **kw)
    if done.returncode != 0:
        raise SystemExit(f"{command[0]} failed:\n{done.stdout.decode()}")


def give_to_postgres(path):
    if os.getuid() == 0:
        user = pwd.getpwnam("postgres")
        os.chown(path, user.pw_uid, user.pw_gid)


def template():
    """The initialised, never started data directory."""
    with open(f"{TEMPLATE}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (TEMPLATE / "ready").exists():
            shutil.rmtree(TEMPLATE, ignore_errors=True)
            TEMPLATE.mkdir(mode=0o700)
            give_to_postgres(TEMPLATE)
            quiet(unprivileged([str(BIN / "initdb"), "-D", str(TEMPLATE / "data"), "-U", "owner",
                                "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8", "-N"]))
            (TEMPLATE / "ready").touch()
    return TEMPLATE / "data"


def make(fsync):
    base = pathlib.Path(tempfile.mkdtemp(prefix="mailstead-pg-"))
    base.chmod(0o755)
    give_to_postgres(base)
    quiet(unprivileged(["cp", "-a", str(template()), str(base / "data")]))
    with open(base / "data/postgresql.conf", "a", encoding="utf-8") as conf:
        conf.write(CONF.format(dir=base, fsync="on" if fsync else "off"))
    return base


def pid_of(base):
    return int((base / "data/postmaster.pid").read_text(encoding="utf-8").split()[0])


def start(base):
    subprocess.Popen(unprivileged([str(BIN / "postgres"), "-D", str(base / "data")]), cwd="/",
                     stdin=subprocess.DEVNULL, stdout=open(base / "log", "ab"),
                     stderr=subprocess.STDOUT, start_new_session=True)
    for _ in range(600):
        ready = subprocess.run([str(BIN / "pg_isready"), "-q", "-h", str(base)], check=False)
        if ready.returncode == 0:
            return
        time.sleep(0.05)
    raise SystemExit("PostgreSQL did not start:\n" + (base / "log").read_text(encoding="utf-8"))


def is_running(pid):
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def gone(pid):
    for _ in range(600):
        if not is_running(pid):
            return
        time.sleep(0.02)


def crash(base):
    """As `pg_ctl stop -m immediate`: no checkpoint, all sessions cut."""
    pid = pid_of(base)
    os.kill(pid, signal.SIGQUIT)
    gone(pid)


def stop(base):
    try:
        pid = pid_of(base)
        os.kill(pid, signal.SIGINT)
        gone(pid)
    except (FileNotFoundError, ProcessLookupError):
        pass
    shutil.rmtree(base, ignore_errors=True)


def run(fsync, command):
    base = make(fsync)
    try:
        start(base)
        quiet([str(BIN / "createdb"), "-h", str(base), "-U", "owner", "mailstead"])
        env = dict(os.environ, MAILSTEAD_TEST_DB=f"host={base} dbname=mailstead user=owner",
                   MAILSTEAD_TEST_PGDIR=str(base), MAILSTEAD_TEST_PG=os.path.abspath(__file__))
        return subprocess.run(command, env=env, check=False).returncode
    finally:
        stop(base)


def main(argv):
    if len(argv) >= 4 and argv[1] == "run":
        split = argv.index("--")
        return run("--fsync" in argv[2:split], argv[split + 1:])
    if len(argv) == 3 and argv[1] in ("start", "crash"):
        {"start": start, "crash": crash}[argv[1]](pathlib.Path(argv[2]))
        return 0
    raise SystemExit(__doc__)


if __name__ == "__main__":
    code = main(sys.argv)
    # a killed command counts as a failure
    sys.exit(code if code >= 0 else 128 - code)
