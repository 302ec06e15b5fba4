#!/usr/bin/env python3
"""Whatever is sent, the answer is one that docs/openapi.yaml documents, never a 5xx, and a refusal changes nothing.

The cases are made from the document: each operation gets every kind of wrong body, member, parameter, path and key.
"""
import copy
import json
import sys

import yaml

from frontrow import (API, SRC, Client, Tap, become_active, buy, differences, fan, fresh_key, hold, new_concert, operator,
                      settled)

HUGE = 10**400
METACHARACTERS = [
    "' OR '1'='1", "'; DROP TABLE account; --", "\\' OR 1=1 -- ", "\" OR \"\"=\"", "1; SELECT SLEEP(5)", "%' OR 1=1#",
    "\r\nFLUSHALL\r\n", "*3\r\n$3\r\nSET\r\n", "{c1}", "hold:{c1}:1", "*", "?", "[a-z]*", "$(id)", "`id`", "../../../etc/passwd",
    "%00", "%n%s%x", "${jndi:ldap://x}", "<script>alert(1)</script>", "\u202e", "\ufffe", "\u0000", "a" * 300, "🎫" * 100,
]
VALUES = [
    None, True, False, 0, -1, 1.5, -0.0, 1e308, 2**31, 2**32, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, HUGE, "", " ", "0", "-1",
    [], [None], [[]], [1], ["x"], {}, {"a": 1}, [1] * 1000, ["x"] * 1000, *METACHARACTERS,
]
# Bodies that are no JSON object, or one that no two readers would agree upon.
BODIES = [
    b"", b" ", b"null", b"true", b"1", b'"a"', b"[]", b"[{}]", b"{", b"}", b"{}{}", b"{} x", b"{'a':1}", b'{"a":1,}', b"{a:1}",
    b'{"a":NaN}', b'{"a":Infinity}', b'{"a":01}', b'{"a":+1}', b'{"a":0x10}', b'{"a":"\n"}', b'{"a":"\\x"}', b'{"a":"\\ud800"}',
    b"\xef\xbb\xbf{}", b"\xff\xfe{\x00}\x00", b'{"a":"\xff"}', b'{"a":"\xc0\x80"}', b'{"\xed\xa0\x80":1}', b"\x00", b"{}\x00",
    b'{"a":"\x00"}', b"[" * 10000, b'{"a":' * 3000, b'{"a":' * 3000 + b"1" + b"}" * 3000, b"<xml/>", b"a=1&b=2",
    b"--x\r\nContent-Disposition: form-data\r\n", b" " * 16384, b'{"a":"' + b"x" * 16370 + b'"}',
]
TOO_LARGE = [b" " * 16385, b"x" * 20000, b'{"a":"' + b"x" * 100000 + b'"}']
IDS = [
    "0", "-1", "+1", "01", "1.0", "1e3", "0x1", "abc", "9223372036854775807", "9223372036854775808", "18446744073709551617",
    "9" * 400, "1%20", "%201", "1%00", "1%27%20OR%201=1", "%7Bc1%7D", "*", "%2A", "1;2", "1,2", "%F0%9F%8E%AB", "%FF", "%ZZ", "%",
    "..%2F..", "1%0d%0aX:%20y", "null", "true", "NaN",
]
KEYS = ["\u00e9".encode("latin-1"), b"a" * 256, b"a\tb", b"\x7f", b" "]


class Document:
    def __init__(self):
        self.text = yaml.safe_load((SRC / "docs/openapi.yaml").read_text())

    def resolved(self, thing):
        while isinstance(thing, dict) and "$ref" in thing:
            pointer = thing["$ref"]
            thing = self.text
            for step in pointer.removeprefix("#/").split("/"):
                thing = thing[step]
        return thing

    def operations(self):
        for path, item in self.text["paths"].items():
            if not path.startswith(API):
                continue
            for method in ("get", "post", "patch", "delete"):
                if method in item:
                    yield Operation(self, method.upper(), path, item[method], item.get("parameters", []))


class Operation:
    def __init__(self, document, method, path, row, shared):
        self.method = method
        self.path = path
        self.parameters = [document.resolved(one) for one in shared + row.get("parameters", [])]
        self.statuses = {int(status) for status in row["responses"]}
        self.needs_key = any(one["name"] == "Idempotency-Key" for one in self.parameters)
        self.public = row.get("security") == []
        self.for_operators = "operator" in json.dumps(row.get("security", ""))
        content = document.resolved(row.get("requestBody", {})).get("content", {}).get("application/json", {})
        examples = [one["value"] for one in content.get("examples", {}).values()]
        self.example = examples[0] if examples else None
        self.body_required = document.resolved(row.get("requestBody", {})).get("required", False)
        schema = document.resolved(content.get("schema", {}))
        self.required = schema.get("required", [])

    @property
    def name(self):
        return f"{self.method} {self.path}"

    @property
    def signs_in(self):
        return self.path in (API + "/sessions", API + "/accounts")


class Tester:
    def __init__(self, tap):
        self.tap = tap
        self.office = operator()
        self.somebody = fan(31)
        self.concert = new_concert(self.office, seats_per_fan=8)
        self.reservation = buy(self.somebody, self.concert, 1)
        become_active(self.somebody, self.concert)
        self.hold = hold(self.somebody, self.concert, [2]).json["holds"][0]["reservation_number"]
        self.asked = 0

    def client(self, operation):
        if operation.public:
            return Client()
        return Client((self.office if operation.for_operators else self.somebody).token)

    def path(self, operation, instead=None):
        """With good arguments, or with `instead` in place of each of them."""
        path = operation.path.removeprefix(API)
        good = {"{c}": self.concert, "{n}": self.reservation, "{reservation_number}": self.hold, "{verb}": "resume",
                "{id}": 1}
        for name, value in good.items():
            path = path.replace(name, str(value) if instead is None else instead)
        return path

    def refused(self, operation, what, wrong, bad, client=None, allowed=()):
        """One request that must be refused with a documented 4xx; what is not as it should be goes to wrong."""
        client = client or self.client(operation)
        self.asked += 1
        headers = dict(bad.get("headers") or {})
        if operation.needs_key and "Idempotency-Key" not in headers:
            headers["Idempotency-Key"] = fresh_key()
        answer = client.ask(operation.method, bad.get("path") or self.path(operation), bad.get("body"), headers=headers)
        client.close()
        problem = answer.headers.get("Content-Type") == "application/problem+json" and answer.code
        good = answer.status in operation.statuses and 400 <= answer.status < 500 and problem
        if not good and answer.status not in allowed:
            wrong.append(f"{what}: {answer}")
        return answer


def bodies(operation):
    """(what, body) for everything that is wrong as a whole."""
    for body in BODIES:
        # A join needs no body at all.
        if not operation.body_required and body == b"":
            continue
        yield f"body {body[:40]!r}", body


def members(operation):
    """(what, body, whether it may pass) with one member of the example at a time gone wrong."""
    example = operation.example
    for name in operation.required:
        yield f"{name} missing", {key: value for key, value in example.items() if key != name}, False
    yield "an unknown member", example | {"surprise": 1}, False
    yield "a member with a NUL in its name", example | {"a\u0000b": 1}, False
    for name in example:
        text = json.dumps(example)
        value = json.dumps(example[name])
        yield f"{name} twice", ('{"%s": %s, ' % (name, value) + text[1:]).encode(), False
        yield f"{name} nested deeply", example | {name: nested(50)}, False
        for wrong in VALUES:
            # The same text again and again is no kind of sign-in: each costs a hash, and ten wrong ones close the door.
            if not (operation.signs_in and isinstance(wrong, str)):
                yield said(name, wrong), example | {name: wrong}, may_pass(example[name], wrong)


def inner_members(operation):
    """The same one level further down: members of lists of objects and of objects."""
    for name, value in operation.example.items():
        inner = value[0] if isinstance(value, list) and value and isinstance(value[0], dict) else value
        if not isinstance(inner, dict):
            continue
        for key in inner:
            for wrong in VALUES:
                changed = copy.deepcopy(operation.example)
                (changed[name][0] if isinstance(value, list) else changed[name])[key] = wrong
                yield said(f"{name}.{key}", wrong), changed, may_pass(inner[key], wrong)


def said(name, value):
    return f"{name} = {json.dumps(value)[:40]}"


def nested(depth):
    return [nested(depth - 1)] if depth else 1


def may_pass(good, value):
    """Whether a value may be a good one: it is of the kind that the example has, or the example does not tell."""
    if isinstance(value, (bool, list, dict, float)):
        return False
    return value is None or good is None or type(value) is type(good)


def try_bodies(tester, operation, wrong):
    for what, body in bodies(operation):
        tester.refused(operation, what, wrong, {"body": body})
    for body in TOO_LARGE:
        answer = tester.refused(operation, f"{len(body)} bytes", wrong, {"body": body})
        if answer.status != 413:
            wrong.append(f"{len(body)} bytes: {answer.status}, not 413")


def try_members(tester, operation, wrong, cases):
    passed = []
    for what, body, good in cases:
        answer = tester.refused(operation, what, wrong, {"body": body}, allowed=range(200, 300) if good else ())
        if 200 <= answer.status < 300:
            passed.append(what)
    return passed


def try_paths(tester, operation, wrong):
    if "{" not in operation.path:
        return
    for value in IDS:
        answer = tester.refused(operation, f"{value!r} in the path", wrong,
                                {"path": tester.path(operation, value), "body": operation.example})
        if answer.status not in (400, 404, 405, 414, 422):
            wrong.append(f"{value!r} in the path: {answer}")


def try_parameters(tester, operation, wrong):
    for parameter in operation.parameters:
        if parameter["in"] != "query":
            continue
        good = {"cursor": ("0", "101", "1&" * 300), "limit": ("1&" * 300,)}.get(parameter["name"], ())
        for value in ["", "-1", "0", "x", "1e3", "101", "9" * 30, "1%00", "%zz", "%FF", "1%27--", "a" * 500, "1&" * 300]:
            path = f"{tester.path(operation)}?{parameter['name']}={value}"
            answer = tester.refused(operation, f"?{parameter['name']}={value[:20]}", wrong, {"path": path},
                                    allowed=(200, 304))
            if answer.status in (200, 304) and value not in good:
                wrong.append(f"?{parameter['name']}={value[:20]}: passed")


def try_keys(tester, operation, wrong):
    if not operation.needs_key:
        return
    for key in [b"", *KEYS]:
        answer = tester.refused(operation, f"key {key[:20]!r}", wrong,
                                {"body": operation.example, "headers": {"Idempotency-Key": key.decode("latin-1")}})
        if answer.code not in ("key_missing", "bad_value", "bad_request"):
            wrong.append(f"key {key[:20]!r}: {answer}")


def try_callers(tester, operation, wrong):
    """Tokens that are no tokens."""
    if operation.public:
        return
    for token in ["", "x", "null", "." * 100, "A" * 5000, "\xff\xfe", "a b", *[m for m in METACHARACTERS if m.isascii()][:6]]:
        if "\r" in token:
            continue
        answer = tester.refused(operation, f"token {token[:20]!r}", wrong, {"body": operation.example}, Client(token))
        if answer.status != 401:
            wrong.append(f"token {token[:20]!r}: {answer.status}, not 401")


def test_operation(tester, operation):
    wrong = []
    before = settled()
    if operation.example is not None:
        try_bodies(tester, operation, wrong)
    try_paths(tester, operation, wrong)
    try_parameters(tester, operation, wrong)
    try_keys(tester, operation, wrong)
    try_callers(tester, operation, wrong)
    tester.tap.check(f"{operation.name}: every refusal is documented", not wrong, "\n".join(wrong))
    tester.tap.same(f"{operation.name}: no refusal changed anything", [], differences(before, settled()))


def test_members(tester, operation):
    """Here some values may be good ones: what is refused is documented, and what passes is of the right kind."""
    wrong = []
    passed = try_members(tester, operation, wrong, members(operation))
    passed += try_members(tester, operation, wrong, inner_members(operation))
    tester.tap.check(f"{operation.name}: every wrong member is refused as documented", not wrong, "\n".join(wrong))
    tester.tap.note(f"{operation.name}: passed as good: {'; '.join(passed)[:300] or 'none'}")


def test_metacharacters_are_text(tester):
    """A name with everything in it comes back as it went in."""
    for name in METACHARACTERS:
        if any(ord(c) < 0x20 or c == "\x7f" for c in name) or len(name) > 100:
            continue
        email = f"{fresh_key()}@demo.test"
        answer = Client().ask("POST", "/accounts", {"email": email, "password": "long-enough", "name": name})
        tester.tap.same(f"the name {name!r} is kept as it is", (201, name), (answer.status, answer.json.get("name")))


def main():
    tap = Tap()
    tester = Tester(tap)
    operations = list(Document().operations())
    for operation in operations:
        test_operation(tester, operation)
    for operation in operations:
        if operation.example is not None:
            test_members(tester, operation)
    test_metacharacters_are_text(tester)
    tap.note(f"{tester.asked} requests")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
