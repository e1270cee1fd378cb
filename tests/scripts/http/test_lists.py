#!/usr/bin/python3
"""Lists: every order, read through in small pages, is the whole list once; filters; a cursor belongs to its order."""
import web


def through(w, path, token="reseller"):
    """All items, three at a time."""
    items, cursor = [], ""
    while True:
        answer = w.api("GET", f"{path}&limit=3{cursor}", token=token)
        if answer.status != 200:
            raise AssertionError(answer)
        items += answer.json["items"]
        if answer.json["next_cursor"] is None:
            return items
        cursor = f"&cursor={answer.json['next_cursor']}"


def fill(w):
    login, _ = w.customer("reseller")
    names = [f"{x}-{w.mark}.example" for x in ("b", "a", "c")]
    for name in names:
        w.api("POST", "/domains", {"name": name, "account": login}, token="reseller")
    for i, (local, name) in enumerate(((local, name) for name in names[:2] for local in ("zed", "ann", "bob", "cat", "ida"))):
        made = w.api("POST", "/mailboxes", {"address": f"{local}@{name}", "password": "a long password", "name": f"Person {i % 3}",
                                            "quota_bytes": 1000000 * (7 - i % 4)}, token="reseller")
        if made.status != 201:
            raise AssertionError(made)
        w.api("POST", "/aliases", {"address": f"x{local}@{name}", "targets": [f"t{k}@far.example" for k in range(1 + i % 3)]},
              token="reseller")
    w.api("PATCH", f"/mailboxes/bob@{names[0]}", {"no_send": True}, token="reseller")
    w.api("PATCH", f"/domains/{names[2]}", {"suspended": True}, token="reseller")
    return login, names


def address_key(item):
    local, domain = item["address"].split("@")
    return domain, local


def orders(w):
    login, names = fill(w)
    mine = f"account={login}"
    kinds = (("/mailboxes", 10, address_key, {"created": "created_at", "quota": "quota_bytes", "size": "used_bytes", "messages": "messages"}),
             ("/aliases", 10, address_key, {"created": "created_at", "targets": lambda item: len(item["targets"])}),
             ("/domains", 3, lambda item: item["name"], {"created": "created_at", "mailboxes": "mailboxes"}),
             ("/accounts", 1, lambda item: item["login"], {"created": "created_at"}))
    for path, n, key, sorts in kinds:
        up = through(w, f"{path}?{mine}")
        w.check(len(up) == n and [key(i) for i in up] == sorted(key(i) for i in up), f"{path}: by name, each once", up)
        down = through(w, f"{path}?{mine}&sort=-name")
        w.check([key(i) for i in down] == [key(i) for i in up][::-1], f"{path}: and back", down)
        for sort, field in sorts.items():
            value = field if callable(field) else lambda item, field=field: item[field]
            for sign in ("", "-"):
                seen = through(w, f"{path}?{mine}&sort={sign}{sort}")
                values = [value(i) for i in seen]
                w.check(values == sorted(values, reverse=sign == "-") and sorted(map(key, seen)) == [key(i) for i in up],
                        f"{path}: by {sign}{sort}, each once", seen)
    filters(w, mine, names)


def filters(w, mine, names):
    def addresses(query, path="/mailboxes"):
        return [i.get("address", i.get("name")) for i in through(w, f"{path}?{mine}&{query}")]

    for order in ("name", "-name", "quota"):
        w.check(sorted(addresses(f"q=BOB@&sort={order}")) == sorted(f"bob@{n}" for n in names[:2]), f"search of addresses, {order}")
        w.check(len(addresses(f"q=person 2&sort={order}".replace(" ", "%20"))) == 3, f"search of names, {order}")
        w.check(addresses(f"state=suspended&sort={order}") == [f"bob@{names[0]}"], f"suspended ones, {order}")
        w.check(len(addresses(f"state=active&sort={order}")) == 9, f"active ones, {order}")
        w.check(len(addresses(f"domain={names[1]}&sort={order}")) == 5, f"of one domain, {order}")
    for order in ("name", "-name", "created"):
        w.check(addresses(f"state=suspended&sort={order}", "/domains") == [names[2]], f"suspended domains, {order}")
        w.check(len(addresses(f"q=t2@far&sort={order}", "/aliases")) == 3, f"aliases by target, {order}")
    cursor = w.api("GET", f"/mailboxes?{mine}&sort=quota&limit=2", token="reseller").json["next_cursor"]
    w.is_problem(w.api("GET", f"/mailboxes?{mine}&sort=created&limit=2&cursor={cursor}", token="reseller"), 422, "invalid",
                 "a cursor of another order")
    w.is_problem(w.api("GET", "/mailboxes?sort=colour"), 422, "invalid", "an order that there is not")
    w.is_problem(w.api("GET", "/mailboxes?sort=size"), 422, "invalid", "all mailboxes of the server by size")
    w.is_problem(w.api("GET", f"/mailboxes?{mine}", token="customer"), 404, "not_found", "another tenant's account")
    w.check(w.api("GET", "/mailboxes?account=admin", token="reseller").status == 404, "an account above")


if __name__ == "__main__":
    web.main(orders)
