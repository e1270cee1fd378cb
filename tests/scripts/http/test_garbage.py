#!/usr/bin/env python3
"""Garbage on the HTTP and HTTPS ports: a 4xx answer or a closed connection, never a 5xx.

    test_garbage.py --json quickstart.json
"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "harness"))
import garbage  # noqa: E402

REFUSED = rb"\A(HTTP/1\.[01] 4\d\d |\Z)"  # said so, or closed without a word
HONEST = rb"\A(HTTP/1\.[01] [234]\d\d |\Z)"


def refuse(t, target, host):
    get = b"GET /login HTTP/1.1\r\nHost: " + host + b"\r\n"
    post = b"POST /login HTTP/1.1\r\nHost: " + host + b"\r\n"
    garbage.each(t, target, [
        ("random bytes", garbage.noise() + b"\r\n\r\n", REFUSED),
        ("NULs", b"\0" * 5000 + b"\r\n\r\n", REFUSED),
        ("a NUL in the path", b"GET /a\0b HTTP/1.1\r\nHost: " + host + b"\r\n\r\n", HONEST),
        ("a NUL in a header", get + b"X: a\0b\r\nConnection: close\r\n\r\n", HONEST),
        ("an endless request line", b"GET /" + b"a" * garbage.LONG, REFUSED),
        ("an endless header", get + b"X: " + b"a" * garbage.LONG, REFUSED),
        ("a hundred thousand headers", get + b"X: a\r\n" * 100_000 + b"\r\n", REFUSED),
        ("a request without a host", b"GET / HTTP/1.1\r\n\r\n", REFUSED),
        ("two lengths", post + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", REFUSED),
        ("length and chunks", post + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", HONEST),
        ("a negative length", post + b"Content-Length: -1\r\n\r\n", REFUSED),
        ("an immense length", post + b"Content-Length: 99999999999999999999\r\n\r\n", REFUSED),
        ("a broken chunk", post + b"Transfer-Encoding: chunked\r\n\r\nZZ\r\n", REFUSED),
        ("an unknown method", b"NONSENSE / HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n", HONEST),
        ("an escape that is none", b"GET /%zz%00%ff HTTP/1.1\r\nHost: " + host + b"\r\nConnection: close\r\n\r\n", HONEST),
        ("steps out of the tree", b"GET /static/../../../etc/passwd HTTP/1.1\r\nHost: " + host
         + b"\r\nConnection: close\r\n\r\n", HONEST),
        ("another protocol", b"EHLO client.test\r\nMAIL FROM:<>\r\n\r\n", REFUSED),
    ])


def test(t, env, data, watch):
    for port in ("http", "https"):
        target = garbage.Target(env, data, port, "web")
        host = f"{env['host']}:{env['ports'][port]}".encode()
        refuse(t, target, host)
        garbage.endless(t, target)
        garbage.slow_drip(t, target, b"GET /login HTTP/1.1\r\nHost: x")
        body = b"login=admin&password=wrong"
        request = (b"POST /login HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n"
                   b"Content-Length: %d\r\n\r\n%s" % (host, len(body), body))
        wrong = garbage.every_cut(target, [(request, rb"\AHTTP/1\.1 \d+ ")])
        t.check(not wrong, f"{port}: left at each of {len(request)} bytes of a request", wrong)
        watch.unchanged(port)


if __name__ == "__main__":
    garbage.main(test, __doc__)
