"""What the HTTP tests share: TAP lines, a client, the accounts of a running server.

A test is a script: `test_api.py --json DIR/quickstart.json`, functions that take a Web, ending with
`web.main(first, second, ...)`. Objects get names of their own each time, so that tests can run twice.
"""
import argparse
import http.client
import json
import pathlib
import re
import secrets
import socket
import ssl
import sys
import traceback
import urllib.parse


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.raw = response.read()

    @property
    def json(self):
        return json.loads(self.raw)

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.raw[:400]!r}"


class Web:
    def __init__(self, start):
        self.start = start
        self.host = start["host"]
        self.ports = start["ports"]
        self.tokens = {login["role"]: login["token"] for login in start["logins"]}
        self.logins = {login["role"]: login for login in start["logins"]}
        self.mark = secrets.token_hex(4)
        self.count = self.failed = 0
        self.tls = ssl.create_default_context(cafile=start["ca"])
        self.tls.check_hostname = False

    # --- TAP

    def check(self, passed, name, seen=""):
        self.count += 1
        self.failed += not passed
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}", flush=True)
        if not passed and seen != "":
            for line in str(seen).splitlines()[-20:]:
                print(f"# {line[:2000]}", flush=True)
        return passed

    def is_problem(self, answer, status, code, name):
        """A refusal has a stable code, a sentence and the id of the request, and is marked as such."""
        good = answer.status == status and answer.headers["Content-Type"] == "application/problem+json"
        body = answer.json if good else {}
        good = good and body["code"] == code and body["status"] == status and body["detail"].endswith(".")
        good = good and body["request_id"] == answer.headers["X-Request-Id"] and isinstance(body["errors"], list)
        return self.check(good, f"{name}: {status} {code}", answer)

    # --- HTTP

    def call(self, method, path, body=None, *, token="admin", headers=None, raw=None, port="https"):
        """token: a role's name, a token itself, or None."""
        head = dict(headers or {})
        if token:
            head["Authorization"] = "Bearer " + self.tokens.get(token, token)
        if body is not None:
            raw = json.dumps(body)
            head.setdefault("Content-Type", "application/json")
        if port == "https":
            conn = http.client.HTTPSConnection(self.host, self.ports[port], context=self.tls, timeout=30)
        else:
            conn = http.client.HTTPConnection(self.host, self.ports[port], timeout=30)
        try:
            conn.request(method, path, raw, head)
            return Answer(conn.getresponse())
        finally:
            conn.close()

    def api(self, method, path, body=None, **options):
        return self.call(method, "/api/v1" + path, body, **options)

    def form(self, path, fields, **options):
        headers = {"Content-Type": "application/x-www-form-urlencoded", **options.pop("headers", {})}
        return self.call("POST", path, raw=urllib.parse.urlencode(fields), headers=headers, token=None, **options)

    def socket(self, port="https", timeout=20):
        plain = socket.create_connection((self.host, self.ports[port]), timeout=timeout)
        return self.tls.wrap_socket(plain, server_hostname=self.host) if port == "https" else plain

    def talk(self, data, port="https", timeout=20):
        """Sends bytes and reads until the server closes."""
        seen = b""
        with self.socket(port, timeout) as conn:
            conn.sendall(data)
            try:
                while chunk := conn.recv(65536):
                    seen += chunk
            except (TimeoutError, ssl.SSLError, ConnectionResetError):
                pass
        return seen

    # --- objects

    def customer(self, parent="reseller"):
        """A new customer of its own: (login, token)."""
        login = f"c{secrets.token_hex(4)}@web.example"
        made = self.api("POST", "/accounts", {"login": login, "password": "a long password", "role": "customer"},
                        token=parent)
        if made.status != 201:
            raise AssertionError(made)
        cookie = self.log_in(login, "a long password")
        page = self.call("GET", "/tokens", token=None, headers={"Cookie": cookie})
        if page.status != 200:
            raise AssertionError(page)
        return login, cookie

    def token_of(self, login, password):
        """A token of all scopes, made by a session."""
        cookie = self.log_in(login, password)
        page = self.call("GET", "/tokens", token=None, headers={"Cookie": cookie})
        csrf = re.search(rb'name="csrf"[^>]*value="([^"]+)"', page.raw)
        made = self.api("POST", "/tokens", {"label": "all", "scopes": ["*"]}, token=None,
                        headers={"Cookie": cookie, "X-CSRF-Token": csrf.group(1).decode()})
        if made.status != 201:
            raise AssertionError(made)
        return made.json["token"]

    def log_in(self, login, password):
        answer = self.form("/login", {"login": login, "password": password})
        if answer.status != 303:
            raise AssertionError(answer)
        return answer.headers["Set-Cookie"].partition(";")[0]


def main(*functions):
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument("--json", required=True, type=pathlib.Path, help="quickstart.json of a running server")
    web = Web(json.loads(parser.parse_args().json.read_text()))
    for function in functions:
        try:
            function(web)
        except Exception:
            web.check(False, f"{function.__name__} runs to its end", traceback.format_exc())
    print(f"1..{web.count}")
    sys.exit(1 if web.failed else 0)
