#!/usr/bin/python3
"""Signatures of ours before other verifiers, and theirs before ours.

usage: interop.py SIGN_MESSAGES MAILSTEAD NODE_MODULES

About two hundred odd messages are made, always the same ones, and signed by SIGN_MESSAGES (the server's own signing code).
libopendkim, python3-dkim and npm's mailauth must find both signatures of every one right. Then python3-dkim and mailauth
sign and seal, and `mailstead check lines` must agree; a changed message must fail. A program that is absent is skipped.
"""

import base64
import ctypes
import ctypes.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile

HEADERS = {
    "plain": b"From: Ann <ann@a.test>\r\nTo: bob@b.test\r\nSubject: Hello\r\nDate: Sun, 22 Nov 2026 12:00:00 +0000\r\n",
    "folded": b"From: Ann\r\n <ann@a.test>\r\nSubject: one\r\n two\r\n\tthree\r\n   four  five\r\nTo: a@b.test,\r\n\tc@d.test\r\n",
    "duplicates": b"To: one@b.test\r\nFrom: ann@a.test\r\nTo: two@b.test\r\nCc: x@b.test\r\nCc: y@b.test\r\nSubject: a\r\nSubject: b\r\n",
    "empty": b"From: ann@a.test\r\nSubject:\r\nTo: \r\nCc:  \r\n",
    "case": b"FROM: ann@a.test\r\nsUbJeCt: Mixed\r\nTO: bob@b.test\r\nmime-version: 1.0\r\n",
    "spaces": b"From:    ann@a.test   \r\nSubject:\tx  y\tz \t\r\nTo:bob@b.test\r\n",
    "latin1": b"From: J\xf6rg <ann@a.test>\r\nSubject: \xe4\xf6\xfc\xdf\xa0\r\nTo: bob@b.test\r\n",
    "utf8": "From: Jörg <jörg@a.test>\r\nTo: 用户@例え.test\r\nSubject: größer 🐦\r\n".encode(),
    "long": b"From: ann@a.test\r\nSubject: " + b"x" * 980 + b"\r\nReferences:" + b" <0123456789@a.test>\r\n" * 90,
    "list": b"From: ann@a.test\r\nList-Id: <l.a.test>\r\nList-Unsubscribe: <https://a.test/u?x=1&b=2>\r\n"
            b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nSender: s@a.test\r\n",
    "mime": b"From: ann@a.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n\tboundary=\"=_b; v=1; b=x\"\r\n"
            b"Content-Transfer-Encoding: 8bit\r\nIn-Reply-To: <x@a.test>\r\n",
    "signed before": b"DKIM-Signature: v=1; a=rsa-sha256; c=simple; d=z.test; s=x; h=from; bh=YWJj; b=YWJj\r\n"
                     b"Received: from a by b; Sun, 22 Nov 2026 12:00:00 +0000\r\nFrom: ann@a.test\r\nSubject: x\r\n",
    "resent": b"Resent-From: ann@a.test\r\nResent-To: c@b.test\r\nResent-Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n"
              b"From: ann@a.test\r\nTo: bob@b.test\r\nReply-To: r@a.test, q@a.test\r\n",
    "other": b"X-One: 1\r\nX-One: 2\r\nFrom: \"a;b=c\" <ann@a.test>\r\nSubject: =?utf-8?q?=C3=A4?=\r\n =?utf-8?b?w6Q=?=\r\n",
}
BODIES = {
    "text": b"Hello Bob,\r\n\r\nhow are you?\r\n",
    "empty": b"",
    "one empty line": b"\r\n",
    "empty lines": b"\r\n\r\n\r\n",
    "white lines": b" \r\n\t\r\n  \t \r\n",
    "blanks at the ends": b"one \r\ntwo\t\r\nthree \t \r\n",
    "empty lines behind": b"text\r\n\r\n\r\n \r\n\t\r\n",
    "no line end": b"text without a line end",
    "white space": b"\ta  b\t\tc   d\r\n   indented\r\n",
    "long lines": (b"y" * 5000 + b" ") * 3 + b"\r\n" + b"z" * 998 + b"\r\n",
    "latin1": bytes(range(0xa0, 0x100)) + b"\r\n",
    "8-bit": bytes(range(0x80, 0x100)) * 3 + b"\r\n\xff\xfe\r\n",
    "utf8": "Größe 🐦 日本語\r\n".encode() * 20,
    "dots": b".\r\n..\r\n.x\r\nFrom here\r\n>From there\r\n",
    "large": b"The quick brown fox jumps over the lazy dog.  \r\n" * 6000,
}
COUNT = [0, 0]


def check(passed, name, seen=""):
    COUNT[0] += 1
    COUNT[1] += not passed
    print(f"{'ok' if passed else 'not ok'} {COUNT[0]} - {name}", flush=True)
    if not passed:
        for line in str(seen).splitlines()[:20]:
            print(f"# {line}")


def skip(name, reason):
    COUNT[0] += 1
    print(f"ok {COUNT[0]} - {name} # SKIP {reason}", flush=True)


def messages():
    return {f"{h}, {b}": HEADERS[h] + b"\r\n" + BODIES[b] for h in HEADERS for b in BODIES}


def only(message, algorithm):
    """The message with only this one of our two signatures."""
    first, rest = message.split(b"\r\nDKIM-Signature:", 1)
    end = 0
    while rest[end + 2:end + 3] in (b" ", b"\t") or end == 0:
        end = rest.index(b"\r\n", end + (2 if end else 0))
    second, below = b"DKIM-Signature:" + rest[:end + 2], rest[end + 2:]
    chosen = first + b"\r\n" if algorithm.encode() in first else second
    return chosen + below


# --- other verifiers -------------------------------------------------------------------------------


class Opendkim:
    """libopendkim by its C interface, with keys from a file."""

    OPTION_SET, QUERY_METHOD, QUERY_INFO, QUERY_FILE = 1, 6, 7, 1

    def __init__(self, records, scratch):
        name = ctypes.util.find_library("opendkim")
        if not name:
            raise FileNotFoundError("libopendkim is not installed")
        self.lib = lib = ctypes.CDLL(name)
        lib.dkim_init.restype = lib.dkim_verify.restype = ctypes.c_void_p
        for function in (lib.dkim_options, lib.dkim_verify, lib.dkim_chunk, lib.dkim_eom, lib.dkim_free, lib.dkim_close):
            function.argtypes = None
        self.handle = ctypes.c_void_p(lib.dkim_init(None, None))
        keys = pathlib.Path(scratch, "opendkim.keys")
        keys.write_text("".join(f"{s}._domainkey.a.test v=DKIM1; {r}\n" for s, r in records.items()))
        method, path = ctypes.c_int(self.QUERY_FILE), ctypes.create_string_buffer(os.fsencode(keys))
        lib.dkim_options(self.handle, self.OPTION_SET, self.QUERY_METHOD, ctypes.byref(method), ctypes.c_size_t(4))
        lib.dkim_options(self.handle, self.OPTION_SET, self.QUERY_INFO, path, ctypes.c_size_t(len(path)))

    def verify(self, message):
        """Every status is 0 when all is well."""
        status = ctypes.c_int(0)
        dkim = ctypes.c_void_p(self.lib.dkim_verify(self.handle, b"id", None, ctypes.byref(status)))
        said = [status.value, self.lib.dkim_chunk(dkim, message, ctypes.c_size_t(len(message))),
                self.lib.dkim_chunk(dkim, None, ctypes.c_size_t(0)), self.lib.dkim_eom(dkim, None)]
        self.lib.dkim_free(dkim)
        return said


def with_opendkim(signed, records, scratch):
    try:
        library = Opendkim(records, scratch)
    except (FileNotFoundError, OSError) as missing:
        return skip("libopendkim verifies", missing)
    # A message without a line end at its end cannot come by SMTP; the library does not add one (RFC 6376 section 3.4.4).
    whole = {name: message for name, message in signed.items() if message.endswith(b"\r\n")}
    bad = [(name, algorithm, said) for name, message in whole.items() for algorithm in ("rsa-sha256", "ed25519-sha256")
           if any(said := library.verify(only(message, algorithm)))]
    check(len(whole) > 190 and not bad, f"libopendkim verifies {2 * len(whole)} signatures", bad)
    broken = library.verify(only(next(iter(signed.values())), "rsa-sha256") + b"more\r\n")
    return check(any(broken), "libopendkim sees a change", broken)


def with_python(signed, records):
    try:
        import dkim
    except ImportError as missing:
        return skip("python3-dkim verifies", missing)

    def ask(name, timeout=5):
        return records.get(name.decode().split(".", 1)[0], "").encode()

    bad = []
    for name, message in signed.items():
        for index in range(2):
            try:
                fine = dkim.DKIM(message).verify(idx=index, dnsfunc=ask)
            except Exception as problem:
                fine, index = False, f"{index}: {problem!r}"
            if not fine:
                bad.append((name, index))
    return check(not bad, f"python3-dkim verifies {2 * len(signed)} signatures", bad)


MAILAUTH = """
const fs = require("node:fs"), { dkimVerify } = require("mailauth/lib/dkim/verify");
const [dir, text] = process.argv.slice(2), records = JSON.parse(text);
const resolver = async (name) => {
	const record = records[name.split(".")[0]];
	if (!record) throw Object.assign(new Error("none"), { code: "ENOTFOUND" });
	return [[record]];
};
(async () => {
	for (const file of fs.readdirSync(dir).filter((f) => f !== "records").sort()) {
		const { results } = await dkimVerify(fs.readFileSync(`${dir}/${file}`), { resolver });
		const ours = results.filter((r) => r.signingDomain === "a.test").map((r) => r.status.result);
		console.log(JSON.stringify([file, ours]));
	}
})();
"""


def with_mailauth(directory, signed, records, modules):
    # It reads header fields as UTF-8, which these are not.
    passed_over = {f"{number:03}" for number, name in enumerate(signed) if name.startswith("latin1")}
    count = len(signed) - len(passed_over)
    if not pathlib.Path(modules, "mailauth").is_dir():
        return skip("mailauth verifies", "mailauth is not installed")
    done = subprocess.run(["node", "-", str(directory), json.dumps(records)], input=MAILAUTH, capture_output=True, text=True,
                          timeout=120, check=False, env={**os.environ, "NODE_PATH": str(modules)})
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    bad = [answer for answer in answers if answer[0] not in passed_over and answer[1] != ["pass", "pass"]]
    return check(len(answers) == len(signed) and not bad, f"mailauth verifies {2 * count} signatures", bad or done.stderr)


# --- ours --------------------------------------------------------------------------------------------


def ours(mailstead, requests):
    done = subprocess.run([mailstead, "check", "lines"], input="".join(json.dumps(r) + "\n" for r in requests),
                          capture_output=True, text=True, timeout=120, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()]


def request(operation, message, records):
    zone = {f"{selector}._domainkey.a.test": [["TXT", record]] for selector, record in records.items()}
    return {"op": operation, "message_b64": base64.b64encode(message).decode(), "dns": zone}


def own_verifier(mailstead, signed, records):
    answers = ours(mailstead, [request("dkim", message, records) for message in signed.values()])
    bad = [(name, a) for (name, m), a in zip(signed.items(), answers) if a["results"][:2] != ["pass", "pass"]]
    check(len(answers) == len(signed) and not bad, f"we verify {2 * len(signed)} signatures", bad)
    spoilt = [m.replace(b"@a.test", b"@x.test", 3) for m in signed.values()]
    answers = ours(mailstead, [request("dkim", message, records) for message in spoilt])
    bad = [a for a in answers if "pass" in a["results"]]
    check(len(answers) == len(signed) and not bad, "we see a changed author in each", bad)


def python_signs(mailstead, scratch):
    try:
        import dkim
    except ImportError as missing:
        return skip("python3-dkim signs and seals", missing)
    key, record = private_key(scratch)
    requests, wanted = [], []
    for name, message in messages().items():
        if name.startswith("utf8"):
            continue                                  # it does not sign these
        for head in (b"simple", b"relaxed"):
            for body in (b"simple", b"relaxed"):
                field = dkim.sign(message, b"s", b"a.test", key, canonicalize=(head, body))
                requests.append(request("dkim", field + message, {"s": record}))
                wanted.append(name)
    answers = ours(mailstead, requests)
    bad = [(name, a) for name, a in zip(wanted, answers) if a["results"][0] != "pass"]
    return check(len(answers) == len(wanted) and not bad, f"we verify {len(wanted)} signatures of python3-dkim", bad)


def python_seals(mailstead, scratch):
    try:
        import dkim
        import authres                                # without it nothing is sealed
    except ImportError as missing:
        return skip("python3-dkim signs and seals", missing)
    assert authres
    key, record = private_key(scratch)
    message = HEADERS["plain"] + b"\r\n" + BODIES["blanks at the ends"]
    requests, wanted = [request("arc", message, {"s": record})], ["none"]
    for sets in range(1, 5):
        host = b"mx%d.a.test" % sets
        message = b"Authentication-Results: %s; spf=pass; arc=%s\r\n" % (host, b"pass" if sets > 1 else b"none") + message
        message = b"".join(dkim.arc_sign(message, b"s", b"a.test", key, host,
                                         include_headers=[b"from", b"to", b"subject"])) + message
        for text, verdict in ((message, "pass"), (message + b"more\r\n", "fail"),
                              (message.replace(b"i=1", b"i=7", 1), "fail"), (message.replace(b"spf=pass", b"spf=fail", 1), "fail")):
            requests.append(request("arc", text, {"s": record}))
            wanted.append(verdict)
    got = [a["result"] for a in ours(mailstead, requests)]
    return check(got == wanted, "we agree about ARC chains that python3-dkim has sealed", f"{got}\n{wanted}")


def private_key(scratch):
    path = pathlib.Path(scratch, "key.pem")
    if not path.exists():
        subprocess.run(["openssl", "genrsa", "-traditional", "-out", path, "1024"], check=True, capture_output=True)
    public = subprocess.run(["openssl", "rsa", "-in", path, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
    return path.read_bytes(), "v=DKIM1; k=rsa; p=" + base64.b64encode(public).decode()


def main():
    sign_messages, mailstead = sys.argv[1:3]
    modules = pathlib.Path(sys.argv[3])
    with tempfile.TemporaryDirectory(prefix="mailstead-dkim-") as scratch:
        source, signed_dir = pathlib.Path(scratch, "source"), pathlib.Path(scratch, "signed")
        source.mkdir()
        signed_dir.mkdir()
        for number, message in enumerate(messages().values()):
            (source / f"{number:03}").write_bytes(message)
        subprocess.run([sign_messages, signed_dir, *sorted(source.iterdir())], check=True)
        signed = {name: (signed_dir / f"{number:03}").read_bytes() for number, name in enumerate(messages())}
        records = dict(line.split(" ", 1) for line in (signed_dir / "records").read_text().splitlines())
        lines = [line for m in signed.values() for line in m.split(b"\r\nDKIM-Signature: v=1; a=ed")[0].split(b"\r\n")]
        check(max(map(len, lines)) <= 78, "no line of our fields is longer than 78")
        with_opendkim(signed, records, scratch)
        with_python(signed, records)
        with_mailauth(signed_dir, signed, records, modules)
        own_verifier(mailstead, signed, records)
        python_signs(mailstead, scratch)
        python_seals(mailstead, scratch)
    print(f"1..{COUNT[0]}")
    sys.exit(1 if COUNT[1] else 0)


if __name__ == "__main__":
    main()
