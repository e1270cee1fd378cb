#!/usr/bin/python3
"""HTTP on the wire: hostile heads, names that are not ours, slow clients, headers of every answer."""
import gzip
import threading
import time

import web


def head(w, extra="", method="GET", path="/api/v1/health", host=None):
    return f"{method} {path} HTTP/1.1\r\nHost: {host or '127.0.0.1'}\r\n{extra}Connection: close\r\n\r\n".encode()


def status(answer):
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def smuggling(w):
    cases = {
        "two lengths": b"Content-Length: 3\r\nContent-Length: 4\r\n",
        "length and chunks": b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
        "two hosts": b"Host: evil.example\r\n",
        "space before the colon": b"X-A : b\r\n",
        "folded line": b"X-A: b\r\n c\r\n",
        "bare LF": b"X-A: b\nX-B: c\r\n",
        "bare CR": b"X-A: b\rX-B: c\r\n",
        "NUL": b"X-A: b\0c\r\n",
        "signed length": b"Content-Length: +3\r\n",
        "huge length": b"Content-Length: 99999999999999999999\r\n",
        "another coding": b"Transfer-Encoding: gzip, chunked\r\n",
        "name with a space": b"X A: b\r\n",
    }
    for name, line in cases.items():
        seen = w.talk(b"POST /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n" + line +
                      b"\r\nabcGET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        w.check(seen.count(b"HTTP/1.1 ") <= 1 and status(seen) in (0, 400), f"{name}: refused, nothing behind it runs", seen[:300])
    seen = w.talk(b"GET /api/v1/health HTTP/1.1\r\n\r\n")
    w.check(status(seen) in (0, 400), "no Host", seen[:200])
    seen = w.talk(b"GET /api/v1/health HTTP/0.9\r\nHost: 127.0.0.1\r\n\r\n")
    w.check(status(seen) in (0, 400, 505), "HTTP/0.9", seen[:200])
    seen = w.talk(head(w, "X-A: " + "a" * 40000 + "\r\n"))
    w.check(status(seen) == 431, "a head above 32 KiB", seen[:200])
    seen = w.talk(head(w, "X-A: b\r\n" * 3000))
    w.check(status(seen) in (0, 400, 431), "thousands of fields", seen[:200])
    w.check(w.api("GET", "/health", token=None).status == 200, "the server is well")
    seen = w.talk(head(w, path="/health"))
    w.check(status(seen) == 200 and b'"status":"ok"' in seen, "/health at the root too", seen[-300:])


def names(w):
    for name in ("evil.example", "127.0.0.1.evil.example", "", "a b", "[::1", "127.0.0.1:99999"):
        seen = w.talk(head(w, host=name or " "))
        w.check(status(seen) in (400, 421), f"Host {name!r} is not ours", seen[:200])
        w.check(b"evil" not in seen, "and is not repeated", seen)
    for name in (w.start["hostname"], w.start["hostname"].upper(), "localhost", f"127.0.0.1:{w.ports['https']}", "[::1]"):
        seen = w.talk(head(w, host=name))
        w.check(status(seen) == 200, f"Host {name} is", seen[:200])


def clear_text(w):
    answer = w.call("GET", "/domains?x=1", token=None, port="http", headers={"Host": "localhost"})
    w.check(answer.status == 301 and answer.headers["Location"] == f"https://localhost:{w.ports['https']}/domains?x=1",
            "the clear-text port redirects", answer)
    w.check(w.api("POST", "/domains", {"name": "clear.example"}, port="http").status == 308, "whatever the method")
    w.check(w.api("GET", "/health", token=None, port="http").status == 200, "but for health")
    w.check("Strict-Transport-Security" not in answer.headers, "HSTS means nothing there", answer)


def headers_of_every_answer(w):
    for path in ("/login", "/nothing", "/api/v1/health", "/api/v1/nothing", "/api/v1/domains"):
        answer = w.call("GET", path, token=None)
        csp = answer.headers["Content-Security-Policy"] or ""
        good = ("unsafe" not in csp and "default-src 'none'" in csp and "frame-ancestors 'none'" in csp and
                answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Referrer-Policy"] and
                answer.headers["Cross-Origin-Opener-Policy"] == "same-origin" and answer.headers["X-Request-Id"] and
                "max-age" in (answer.headers["Strict-Transport-Security"] or ""))
        w.check(good, f"{path}: {answer.status} has the headers", answer)
        again = w.call("HEAD", path, token=None)
        w.check(again.status == answer.status and again.raw == b"" and
                again.headers["Content-Length"] == answer.headers["Content-Length"] or path == "/login",
                f"{path}: HEAD says the same without a body", again)
    packed = w.api("GET", "/openapi.json", token=None, headers={"Accept-Encoding": "br, gzip;q=0.5"})
    plain = w.api("GET", "/openapi.json", token=None)
    w.check(packed.headers["Content-Encoding"] == "gzip" and gzip.decompress(packed.raw) == plain.raw and
            len(packed.raw) * 3 < len(plain.raw), "text is compressed for who takes it", packed.headers)
    refused = w.api("GET", "/openapi.json", token=None, headers={"Accept-Encoding": "gzip;q=0"})
    w.check(refused.headers["Content-Encoding"] is None, "and not for who refuses it", refused.headers)


def bodies(w):
    raw = (b"POST /api/v1/domains HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + w.tokens["admin"].encode() +
           b"\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
    body = b'{"name":"bad"}'
    seen = w.talk(raw + b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n")
    w.check(status(seen) == 422, "a body in chunks of one byte", seen[:300])
    seen = w.talk(raw + b"".join(b"10000\r\n" + b"a" * 65536 + b"\r\n" for _ in range(6)) + b"0\r\n\r\n")
    w.check(status(seen) in (0, 413), "chunks above the limit", seen[:300])
    with w.socket() as conn:
        conn.sendall(b"POST /api/v1/domains HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n"
                     b"Connection: close\r\n\r\n")
        seen = conn.recv(1000)
        w.check(seen.startswith(b"HTTP/1.1 100 "), "100-continue", seen)
    with w.socket() as conn:
        conn.sendall(head(w).replace(b"Connection: close\r\n", b"") * 3 + head(w))
        seen = b""
        while chunk := conn.recv(65536):
            seen += chunk
        w.check(seen.count(b"HTTP/1.1 200 ") == 4, "pipelined requests are answered in order", seen[:300])


def slow_clients(w):
    """Heads that drip hold up nobody."""
    stop = threading.Event()
    conns = []

    def drip():
        while not stop.wait(0.5):
            for conn in conns:
                try:
                    conn.sendall(b"a")
                except OSError:
                    pass
    for _ in range(40):
        conn = w.socket()
        conn.sendall(b"GET / HTTP/1.1\r\nX-A: ")
        conns.append(conn)
    thread = threading.Thread(target=drip)
    thread.start()
    try:
        times = []
        for _ in range(20):
            start = time.monotonic()
            good = w.api("GET", "/health", token=None).status == 200
            times.append(time.monotonic() - start if good else 99)
        w.check(max(times) < 10, "with 40 dripping heads others are served at once", times)
    finally:
        stop.set()
        thread.join()
        for conn in conns:
            conn.close()
    with w.socket() as conn:
        conn.sendall(head(w, method="POST", path="/api/v1/domains").replace(b"Connection: close", b"Content-Length: 100"))
    w.check(w.api("GET", "/health", token=None).status == 200, "a client that leaves within its body does no harm")


def nothing_is_echoed(w):
    for path in ("/%3Cscript%3Ealert(1)%3C/script%3E", "/api/v1/%3Cscript%3E", "/api/v1/domains/%3Cscript%3E",
                 "/login?next=%3Cscript%3Ealert(1)%3C/script%3E"):
        answer = w.call("GET", path)
        w.check(b"<script>alert" not in answer.raw and b"<script>" not in answer.raw, f"{path}: no script comes back", answer)


if __name__ == "__main__":
    web.main(smuggling, names, clear_text, headers_of_every_answer, bodies, slow_clients, nothing_is_echoed)
