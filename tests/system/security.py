#!/usr/bin/env python3
"""What an attacker would try that the other tests do not: OWASP's API list, tokens made with the real key, what can be
told from outside, and what the server's own user of the database may do. Secrets and their rotation: secrets.py.
"""
import base64
import hashlib
import re
import socket
import statistics
import struct
import subprocess
import sys
import time

import yaml

from frontrow import (API, DIR, RUN, SRC, URL, Client, Tap, become_active, differences, fan, fastcgi, fresh_key,
                      new_concert, operator, routes, settled)

DAY_MS = 24 * 3600 * 1000
NOT_MINE = {"role": "operator", "points": 1000000, "balance": 1000000, "account_id": 1, "concert_id": 1, "price": 0,
            "state": "open", "paid_at": "2020-01-01T00:00:00.000Z", "reservation_number": "20200101.1.1",
            "is_admin": True, "__proto__": {"role": "operator"}}


# ---- mass assignment ------------------------------------------------------------------------------------------------


def examples():
    """(method, path pattern, example body, its members) of each operation that takes a body."""
    document = yaml.safe_load((SRC / "docs/openapi.yaml").read_text())
    for path, item in document["paths"].items():
        for method, operation in item.items():
            content = operation.get("requestBody", {}).get("content", {}) if isinstance(operation, dict) else {}
            if "application/json" in content:
                example = next(iter(content["application/json"]["examples"].values()))
                yield method.upper(), path, example["value"]


def mass_assignment(tap, owner, office, concert):
    before = settled()
    for method, path, example in examples():
        client = office if "/operator/" in path else owner
        for name, value in NOT_MINE.items():
            if name in example:
                continue
            where = re.sub(r"\{\w+\}", str(concert), path.removeprefix(API))
            answer = client.ask(method, where, example | {name: value}, key=fresh_key())
            tap.same(f"{method} {path} takes no {name}", (400, "bad_json", name),
                     (answer.status, answer.code, answer.json.get("field")))
    tap.same("none of these changed anything", [], differences(before, settled()))


# ---- cross-site requests --------------------------------------------------------------------------------------------


ELSEWHERE = {
    "another site": {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
    "a sister site": {"Sec-Fetch-Site": "same-site"},
    "an old browser elsewhere": {"Origin": "https://evil.example"},
    "a sandboxed frame": {"Origin": "null"},
    "another port": {"Origin": f"http://{URL.hostname}:1"},
    "a host that begins like ours": {"Origin": f"{URL.scheme}://{URL.netloc}.evil.example"},
}


def cross_site(tap, owner, concert):
    before = settled()
    cookie = {"Cookie": "frontrow_session=" + owner.token, "Content-Type": "text/plain"}
    for method, pattern, _pool, _access, _key in routes():
        if method == "GET":
            continue
        path = re.sub(r"\{\}", str(concert), pattern).removeprefix(API)
        for who, headers in ELSEWHERE.items():
            answer = Client().ask(method, path, None if method == "DELETE" else b"{}", key=fresh_key(),
                                  headers=cookie | headers)
            tap.same(f"{method} {pattern} with a cookie from {who}", (403, "cross_site"), (answer.status, answer.code))
    tap.same("none of these changed anything", [], differences(before, settled()))
    for who, headers in {"our own page": {"Sec-Fetch-Site": "same-origin", "Origin": f"{URL.scheme}://{URL.netloc}"},
                         "a program": {}}.items():
        answer = Client().ask("POST", "/points/charges", {"amount": 1}, key=fresh_key(), headers=cookie | headers)
        tap.same(f"{who} may", 201, answer.status)
    headers = owner.ask("GET", "/account", headers={"Origin": "https://evil.example"}).headers
    tap.check("no answer is given to scripts of other sites", "Access-Control-Allow-Origin" not in headers)


def cookie_flags(tap):
    body = b'{"email":"fan41@demo.test","password":"demo-password"}'
    answer = Client().ask("POST", "/sessions", body)
    cookie = answer.headers["Set-Cookie"]
    attributes = {part.strip().split("=")[0].lower() for part in cookie.split(";")[1:]}
    tap.same("the cookie's attributes", {"path", "max-age", "httponly", "samesite"}, attributes)
    tap.check("it is sent along by links alone", "SameSite=Lax" in cookie and "Path=/;" in cookie, cookie)
    # Past nginx, since the stack of the tests has no certificate: nginx says HTTPS=on of what came over TLS.
    said = fastcgi("sign_in", {"REQUEST_METHOD": "POST", "REQUEST_URI": API + "/sessions", "REMOTE_ADDR": "127.0.0.1",
                               "REQUEST_ID": "tls", "HTTPS": "on", "CONTENT_LENGTH": str(len(body))}, body)
    tap.check("over TLS it is Secure as well", re.search(r"Set-Cookie: .*; HttpOnly; SameSite=Lax; Secure\r", said), said)


# ---- who has an account? --------------------------------------------------------------------------------------------


def sign_in_from(address, email):
    """Seconds, and the answer without what differs each time."""
    import http.client
    connection = http.client.HTTPConnection(URL.hostname, URL.port, timeout=30, source_address=(address, 0))
    started = time.monotonic()
    connection.request("POST", API + "/sessions", f'{{"email":"{email}","password":"not-the-password"}}')
    response = connection.getresponse()
    body = re.sub(rb'"request_id":"[^"]*"', b"", response.read())
    headers = sorted(name for name, _value in response.getheaders())
    connection.close()
    return time.monotonic() - started, (response.status, headers, body)


def enumeration(tap):
    """Each from an address of its own, so that no limit is met. The median of pairs asked one after the other."""
    known, unknown, answers = [], [], set()
    sign_in_from("127.0.1.1", "fan42@demo.test")
    sign_in_from("127.0.1.2", "nobody-at-all@demo.test")
    for i in range(12):
        for times, email in ((known, f"fan{50 + i}@demo.test"), (unknown, f"nobody{i}@demo.test")):
            seconds, answer = sign_in_from(f"127.0.{2 + len(times)}.{1 if times is known else 2}", email)
            times.append(seconds)
            answers.add(repr(answer))
    tap.same("a wrong password and an unknown account are answered the same", 1, len(answers))
    ratio = statistics.median(unknown) / statistics.median(known)
    # Without the hash of nobody the ratio is below 0.1.
    tap.check("and take as long", 0.4 < ratio < 2.5, f"{ratio:.2f}: {sorted(unknown)} to {sorted(known)}")
    tap.note(f"sign-in of the unknown takes {ratio:.2f} times as long as of the known")


# ---- tokens ---------------------------------------------------------------------------------------------------------


def key_lines():
    return [line.split(":") for line in (DIR / "etc/frontrow.secret").read_text().split()]


def seal(message, purpose=b"token", key=None):
    """As base/secret.c does, which an attacker without the key cannot."""
    number, secret = key or key_lines()[0]
    body = bytes([int(number)]) + message
    tag = hashlib.blake2b(purpose + b"\0" + body, key=bytes.fromhex(secret), digest_size=16).digest()
    return base64.urlsafe_b64encode(body + tag).decode().rstrip("=")


def token(account, version=1, role=1, ends_ms=None, **how):
    ends_ms = ends_ms or int(time.time() * 1000) + DAY_MS
    return seal(struct.pack("<BB16sQq", version, role, b"security.py 1234", account, ends_ms), **how)


def tokens(tap, owner):
    account = owner.ask("GET", "/account").json["account_id"]
    number, secret = key_lines()[0]
    now_ms = int(time.time() * 1000)
    good = token(account)
    tap.same("a token made with the key is good (so the others are refused for what they are)", 200,
             Client(good).ask("GET", "/account").status)
    flipped = [chr(ord(good[i]) ^ 1) for i in range(len(good))]
    wrong = {
        "that has ended": token(account, ends_ms=now_ms - 1000),
        "of an older form": token(account, version=0),
        "of a newer form": token(account, version=2),
        "made with another key": token(account, key=(number, "00" * 32)),
        "of a key that is not there": token(account, key=(str((int(number) + 1) % 256), secret)),
        "sealed as a ticket": token(account, purpose=b"ticket"),
        "sealed for nothing": token(account, purpose=b""),
        "cut short": good[:-1],
        "with a byte more": good + "A",
        "with padding": good + "=",
        "without its seal": base64.urlsafe_b64encode(base64.urlsafe_b64decode(good)[:-16]).decode(),
        "with a seal of zeros": base64.urlsafe_b64encode(base64.urlsafe_b64decode(good)[:-16] + bytes(16)).decode(),
        "as a JSON web token without a signature": "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.",
    }
    for i in range(0, len(good), 7):
        wrong[f"with character {i} changed"] = good[:i] + flipped[i] + good[i + 1:]
    for what, text in wrong.items():
        for pool, path in (("money", "/account"), ("fast", "/concerts/1/queue")):
            answer = Client(text).ask("GET", path)
            tap.same(f"a token {what} ({pool})", (401, "not_signed_in"), (answer.status, answer.code))
    answer = Client(token(account, role=9)).ask("GET", "/operator/invariants")
    tap.same("a role that there is not is no operator's", (403, "not_allowed"), (answer.status, answer.code))


def tickets(tap, owner, other, concert):
    """Forged, replayed by another, of another concert: authorization.py has the other fan's."""
    become_active(owner, concert)
    ticket = owner.ask("GET", f"/concerts/{concert}/queue").json["ticket"]
    account = owner.ask("GET", "/account").json["account_id"]
    front = struct.pack(">QQQQB", concert, account, 1, int(time.time() * 1000), 0)
    number, secret = key_lines()[0]
    wrong = {
        "made up": "A" * len(ticket),
        "made with another key": seal(front, b"ticket", (number, "11" * 32)),
        "sealed as a token": seal(front, b"token"),
        "a token": owner.token,
        "with its number changed": ticket[:24] + chr(ord(ticket[24]) ^ 1) + ticket[25:],
    }
    for what, text in wrong.items():
        answer = owner.ask("POST", f"/concerts/{concert}/queue", {"ticket": text})
        tap.same(f"a ticket {what}", (422, "bad_value"), (answer.status, answer.code))
    answer = other.ask("POST", f"/concerts/{concert}/queue", {"ticket": ticket})
    tap.same("a ticket shown by another", (422, "bad_value"), (answer.status, answer.code))


# ---- what nginx and a worker may read differently -------------------------------------------------------------------


def raw(data, seconds=1.5):
    """All that comes back until the other side has nothing more to say."""
    with socket.create_connection((URL.hostname, URL.port), timeout=seconds) as link:
        link.sendall(data)
        said = b""
        try:
            while chunk := link.recv(65536):
                said += chunk
        except OSError:
            pass
        return said


# What nginx has nothing to wait for in.
REFUSED = ("a length and chunks", "two lengths", "a negative length", "an unknown coding", "a list of lengths")


def smuggling(tap, owner):
    """The path of the hidden request must never be asked for, whatever the first one's length was taken for."""
    hidden = b"GET /api/v1/hidden-%d HTTP/1.1\r\nHost: x\r\n\r\n"
    head = b"POST /api/v1/points/charges HTTP/1.1\r\nHost: x\r\nConnection: %s\r\n"
    shapes = {
        "a length and chunks": b"Content-Length: %(length)d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "chunks and a length": b"Transfer-Encoding: chunked\r\nContent-Length: %(length)d\r\n\r\n0\r\n\r\n",
        "two lengths": b"Content-Length: 0\r\nContent-Length: %(length)d\r\n\r\n",
        "a signed length": b"Content-Length: +%(length)d\r\n\r\n",
        "a negative length": b"Content-Length: -1\r\n\r\n",
        "a list of lengths": b"Content-Length: 0, %(length)d\r\n\r\n",
        "a length in hex": b"Content-Length: 0x%(length)x\r\n\r\n",
        "a length too large for 64 bits": b"Content-Length: 18446744073709551616\r\n\r\n",
        "an unknown coding": b"Transfer-Encoding: xchunked\r\nContent-Length: %(length)d\r\n\r\n",
        "two codings": b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "a coding behind a space": b"Transfer-Encoding : chunked\r\nContent-Length: %(length)d\r\n\r\n",
        "a coding behind a tab": b"Transfer-Encoding:\tchunked\r\nContent-Length: %(length)d\r\n\r\n0\r\n\r\n",
        "a coding in a folded line": b"Transfer-Encoding:\r\n chunked\r\nContent-Length: %(length)d\r\n\r\n",
        "a coding behind a vertical tab": b"Transfer-Encoding: \x0bchunked\r\nContent-Length: %(length)d\r\n\r\n",
        "a chunk size with an end": b"Transfer-Encoding: chunked\r\n\r\n0;\n\r\n\r\n",
        "a chunk that is too long": b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffff0\r\n",
        "bare line feeds": b"Content-Length: %(length)d\n\n",
        "a NUL in a header": b"X: a\0b\r\nContent-Length: %(length)d\r\n\r\n",
    }
    answers = {}
    for i, (what, shape) in enumerate(shapes.items()):
        rest = hidden % i
        said = raw(head % b"close" + shape % {b"length": len(rest)} + rest, 20 if what in REFUSED else 1.5)
        answers[what] = said
        tap.check(f"{what}: one answer at the most", said.count(b"HTTP/1.1 ") <= 1, said)
        tap.check(f"{what}: no server error", not re.match(rb"HTTP/1.1 5(?!01)", said), said)
    for what in REFUSED:
        tap.check(f"{what}: refused", re.match(rb"HTTP/1.1 (400|501)", answers[what]), answers[what])
    time.sleep(1.2)  # nginx writes its log once a second
    log = (DIR / "log/frontrow-access.log").read_text()
    tap.same("no hidden request was asked for", [], re.findall(r"GET /api/v1/hidden-\d+", log))

    # On a connection that a worker keeps: what is announced and what comes may differ, and the next one is not hurt.
    ask = {"REQUEST_METHOD": "POST", "REQUEST_URI": API + "/points/charges", "REMOTE_ADDR": "127.0.0.1", "REQUEST_ID": "x",
           "HTTP_AUTHORIZATION": "Bearer " + owner.token, "HTTP_IDEMPOTENCY_KEY": fresh_key()}
    for length in ("0", "1", "99999", "-1", "x", ""):
        said = fastcgi("money", ask | {"CONTENT_LENGTH": length}, b'{"amount":1} ' + hidden % 99)
        tap.check(f"a worker told CONTENT_LENGTH={length} answers by what came", "Status: 400" in said, said)


# ---- injection ------------------------------------------------------------------------------------------------------


def injection(tap, owner, concert):
    evil = {"Proxy": "http://evil.example", "X-Forwarded-For": "1.2.3.4", "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Proto": "https", "Https": "on", "Remote-Addr": "1.2.3.4", "Request-Uri": "/metrics",
            "Request-Method": "DELETE", "Script-Name": "/x", "X-Original-Url": "/metrics", "X-Rewrite-Url": "/metrics",
            "X-Http-Method-Override": "DELETE", "Content-Length-X": "5"}
    plain = owner.ask("GET", "/account")
    for name, value in evil.items():
        answer = owner.ask("GET", "/account", headers={name: value})
        tap.same(f"a header {name} changes nothing", (plain.status, plain.body), (answer.status, answer.body))
    cookie = Client().ask("POST", "/sessions", {"email": "fan43@demo.test", "password": "demo-password"},
                          headers={"Https": "on", "X-Forwarded-Proto": "https"}).headers["Set-Cookie"]
    tap.check("nobody makes us believe in TLS", "Secure" not in cookie, cookie)
    rendered = "".join(path.read_text() for path in (DIR / "nginx").glob("*.conf"))
    tap.check("no header becomes a parameter but those that are named", "fastcgi_pass_request_headers off" in rendered
              and "HTTP_PROXY" not in re.sub(r"#.*", "", rendered))

    for where in ("%0d%0aSet-Cookie:%20a=b", "%0aX-Injected:%201", "\u560d\u560aX-Injected: 1".encode().hex()):
        for path in (f"/concerts/{concert}/seats?format={where}", f"/reservations/{where}", f"/concerts?cursor={where}",
                     f"//docs/{where}", f"///evil.example/{where}"):
            answer = owner.ask("GET", path)
            names = {name.lower() for name in answer.headers}
            tap.check(f"{path[:40]} adds no header", not {"set-cookie", "x-injected"} & names, answer.headers)
            tap.check(f"{path[:40]} is no way elsewhere", "evil.example" not in (answer.headers.get("Location") or ""))
    said = raw(b"GET /docs/ HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    tap.check("a made-up host comes back nowhere", b"evil.example" not in said, said)
    tap.same("request ids are ours", False,
             owner.ask("GET", "/account", headers={"X-Request-Id": "mine"}).headers["X-Request-Id"] == "mine")
    many = b"".join(b"X-%d: %s\r\n" % (i, b"y" * 90) for i in range(2000))
    said = raw(b"GET /api/v1/concerts HTTP/1.1\r\nHost: x\r\n" + many + b"\r\n")
    tap.check("two thousand headers are too many", re.match(rb"HTTP/1.1 (400|431)", said), said)


# ---- the database's user --------------------------------------------------------------------------------------------


def as_server(statement, user="frontrow"):
    password = (DIR / f"etc/{'mysql' if user == 'frontrow' else 'mysql-owner'}.password").read_text()
    # The password goes by the environment: a command line is for all to see.
    return subprocess.run(["mariadb", "--no-defaults", f"--socket={RUN}/mariadb.sock", f"--user={user}", "-N", "--batch",
                           "frontrow", "-e", statement], capture_output=True, text=True,
                          env={"MYSQL_PWD": password, "PATH": "/usr/bin:/bin"})


def database_user(tap):
    grants = as_server("SHOW GRANTS").stdout
    tap.check("the server's user may read and write rows of its own schema, and nothing else",
              re.findall(r"^GRANT (.*) ON (\S+) TO", grants, re.M) ==
              [("USAGE", "*.*"), ("SELECT, INSERT, UPDATE, DELETE", "`frontrow`.*")], grants)
    for statement in ("CREATE TABLE stolen (a INT)", "DROP TABLE payment", "ALTER TABLE account ADD COLUMN a INT",
                      "TRUNCATE account", "CREATE USER evil", "GRANT ALL ON *.* TO frontrow@localhost",
                      "SELECT * FROM mysql.user", "SELECT LOAD_FILE('/etc/passwd') IS NOT NULL INTO OUTFILE '/tmp/x'",
                      "SET GLOBAL general_log = ON", "SHUTDOWN", "CREATE PROCEDURE p() SELECT 1",
                      "SET PASSWORD FOR frontrow_owner@localhost = PASSWORD('x')"):
        tap.check(f"it may not: {statement}", as_server(statement).returncode != 0)
    tap.same("its password is not that of the migrations' user", True,
             (DIR / "etc/mysql.password").read_text() != (DIR / "etc/mysql-owner.password").read_text())
    tap.check("which may change tables", "frontrow" in as_server("SHOW GRANTS", "frontrow_owner").stdout)
    tap.same("and the servers are the lesser one", ['"frontrow"'],
             re.findall(r"^    user = (.*)", (DIR / "etc/frontrow.conf").read_text(), re.M))
    for name in ("frontrow.conf", "frontrow-owner.conf", "frontrow.secret", "mysql.password", "mysql-owner.password"):
        tap.same(f"{name} is its owner's alone", "0o600", oct((DIR / "etc" / name).stat().st_mode & 0o777))


def main():
    tap = Tap()
    office, owner, other = operator(), fan(44), fan(45)
    concert = new_concert(office)
    mass_assignment(tap, owner, office, concert)
    cross_site(tap, owner, concert)
    cookie_flags(tap)
    enumeration(tap)
    tokens(tap, owner)
    tickets(tap, owner, other, concert)
    smuggling(tap, owner)
    injection(tap, owner, concert)
    database_user(tap)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
