#!/usr/bin/python3
"""Lists of the panel as a browser without JavaScript sees them: sorted by links, chosen by boxes, changed, undone."""
import html
import re
import urllib.parse

import web


class Panel:
    def __init__(self, w):
        self.w = w
        self.login, self.cookie = w.customer("reseller")

    def get(self, path):
        return self.w.call("GET", path, token=None, headers={"Cookie": self.cookie})

    def post(self, path, fields):
        page = self.get("/mailboxes")
        csrf = re.search(rb'name="csrf"[^>]*value="([^"]+)"', page.raw).group(1).decode()
        return self.w.call("POST", path, raw=urllib.parse.urlencode([("csrf", csrf), *fields]), token=None,
                           headers={"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded",
                                    "Origin": self.w.start["https"]})


def names(page):
    return re.findall(r'name="names" value="([^"]+)"', html.unescape(page.raw.decode()))


def mailboxes(w):
    panel = Panel(w)
    domain = f"p{w.mark}.example"
    w.api("POST", "/domains", {"name": domain, "account": panel.login}, token="reseller")
    for local in ("ann", "bob", "cat"):
        w.api("POST", "/mailboxes", {"address": f"{local}@{domain}", "password": "a long password"}, token="reseller")
    addresses = [f"{local}@{domain}" for local in ("ann", "bob", "cat")]
    page = panel.get("/mailboxes")
    w.check(page.status == 200 and names(page) == addresses, "a list with a box for each", page)
    w.check(b'aria-sort="ascending"' in page.raw and b"?sort=-name" in page.raw, "and a link that turns it round", page)
    w.check(names(panel.get("/mailboxes?sort=-name")) == addresses[::-1], "which does")
    chosen = [("kind", "mailboxes"), ("names", addresses[0]), ("names", addresses[2])]
    asked = panel.post("/bulk", [*chosen, ("do", "suspend")])
    w.check(asked.status == 200 and b'name="suspend_reason"' in asked.raw and names(asked) == [addresses[0], addresses[2]],
            "a suspension asks for its reason", asked)
    done = panel.post("/bulk", [*chosen, ("do", "suspend"), ("run", "1"), ("suspend_reason", "Bills.")])
    undo = re.search(rb'action="(/bulk/\d+/undo)"', done.raw)
    w.check(done.status == 200 and undo, "and is done, with a button that undoes it", done)
    w.check(names(panel.get("/mailboxes?state=suspended")) == [addresses[0], addresses[2]], "two are suspended")
    back = panel.post(undo.group(1).decode(), [])
    w.check(back.status == 200 and names(panel.get("/mailboxes?state=suspended")) == [], "and none after that", back)
    again = panel.post(undo.group(1).decode(), [])
    w.check(again.status == 409, "only once", again)
    every = panel.post("/bulk", [("kind", "mailboxes"), ("all", "1"), ("q", "b@"), ("do", "delete")])
    w.check(every.status == 200 and b'name="run"' in every.raw and b'name="all"' in every.raw, "all that match are counted first", every)
    gone = panel.post("/bulk", [("kind", "mailboxes"), ("all", "1"), ("q", "bob@"), ("do", "delete"), ("run", "1")])
    w.check(gone.status == 200 and names(panel.get("/mailboxes")) == [addresses[0], addresses[2]], "then deleted", gone)
    w.check(panel.post("/bulk", [("kind", "mailboxes"), ("do", "delete")]).status == 422, "nothing chosen")
    listed = panel.get("/bulk")
    w.check(listed.status == 200 and listed.raw.count(b"/undo") == 1, "what was done lately", listed)


def imports(w):
    panel = Panel(w)
    rows = "address,password\r\n" + "".join(f"i{k}@q{w.mark}.example,a long password\r\n" for k in range(3))
    made = panel.post("/import", [("kind", "mailboxes"), ("csv", rows), ("add_domains", "1"), ("run", "make")])
    undo = re.search(rb'action="(/bulk/\d+/undo)"', made.raw)
    w.check(made.status == 200 and undo, "an import with its domain", made)
    w.check(len(names(panel.get("/mailboxes"))) == 3, "is there")
    panel.post(undo.group(1).decode(), [])
    w.check(b"/domains/new" in panel.get("/domains").raw and names(panel.get("/domains")) == [], "and gone by one click")


if __name__ == "__main__":
    web.main(mailboxes, imports)
