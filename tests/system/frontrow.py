"""What the system tests in Python share: TAP, HTTP with a kept connection, and a look at what is stored.

The environment says where Frontrow is, as tests/system/stack.sh sets it.
"""
import concurrent.futures
import http.client
import json
import os
import subprocess
import time
import urllib.parse
import uuid
from pathlib import Path

SRC = Path(os.environ["FRONTROW_SRC"])
BUILD = Path(os.environ["FRONTROW_BUILD"])
DIR = Path(os.environ["FRONTROW_DIR"])
RUN = Path(os.environ["FRONTROW_RUN"])
URL = urllib.parse.urlsplit(os.environ["FRONTROW_URL"])
API = "/api/v1"
PASSWORD = "demo-password"
IDLE_S = 20


class Tap:
    """One line a case; end() gives the exit status."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, what, good, why=""):
        self.count += 1
        self.failed += not good
        print(f"{'ok' if good else 'not ok'} {self.count} - {what.replace('#', '')}", flush=True)
        if not good:
            for line in str(why).splitlines()[:40]:
                print(f"#   {line}")
        return good

    def same(self, what, expected, got):
        return self.check(what, expected == got, f"expected: {expected}\n     got: {got}")

    def note(self, text):
        print(f"# {text}", flush=True)

    def end(self):
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed else 0


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    @property
    def code(self):
        return self.json.get("code") if isinstance(self.json, dict) else None

    def __repr__(self):
        return f"{self.status} {self.body[:300]!r}"


class Client:
    """Somebody with one kept connection."""

    def __init__(self, token=None, timeout=20):
        self.token = token
        self.timeout = timeout
        self.connection = None
        self.used = 0

    def ask(self, method, path, body=None, key=None, headers=None):
        """path is below /api/v1 unless it begins with //; body is sent as it is, or as JSON when it is no bytes."""
        path = path[1:] if path.startswith("//") else API + path
        headers = dict(headers or {})
        if self.token is not None:
            headers.setdefault("Authorization", "Bearer " + self.token)
        if key is not None:
            headers["Idempotency-Key"] = key
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
            if not isinstance(body, bytes):
                body = json.dumps(body).encode()
        return self.send(method, path, body, headers)

    def send(self, method, path, body, headers):
        # nginx closes what is idle for half a minute; a request may not meet that moment.
        if time.monotonic() - self.used > IDLE_S:
            self.close()
        self.used = time.monotonic()
        if self.connection is None:
            self.connection = http.client.HTTPConnection(URL.hostname, URL.port, timeout=self.timeout)
        try:
            self.connection.request(method, path, body, headers)
            response = self.connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return Answer(0, {}, f"{type(error).__name__}: {error}".encode())

    def close(self):
        if self.connection is not None:
            self.connection.close()
        self.connection = None


def sign_in(email, password=PASSWORD):
    client = Client()
    answer = client.ask("POST", "/sessions", {"email": email, "password": password})
    if answer.status != 201:
        raise RuntimeError(f"{email} could not sign in: {answer}")
    client.token = answer.json["token"]
    return client


def fan(number):
    return sign_in(f"fan{number}@demo.test")


def operator():
    return sign_in("operator@demo.test")


def fresh_key():
    return str(uuid.uuid4())


def new_concert(office, **changes):
    """A concert's number. It is in Redis already: being asked for is what brings it there."""
    concert = {
        "title": "TestConcert",
        "starts_at": "2031-03-01T10:00:00.000Z",
        "grades": [{"grade": "R", "price": 1000}],
        "sections": [{"section": "A", "grade": "R", "rows": 5, "seats_per_row": 10}],
    }
    answer = office.ask("POST", "/operator/concerts", concert | changes)
    if answer.status != 201:
        raise RuntimeError(f"no concert: {answer}")
    number = answer.json["concert_id"]
    poll(10, lambda: office.ask("GET", f"/concerts/{number}/board").status == 200)
    return number


def poll(seconds, true):
    """So long it may take on a machine with nothing else to do; here there may be."""
    deadline = time.monotonic() + 4 * seconds
    while not true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def become_active(client, concert, seconds=20):
    def active():
        state = client.ask("POST", f"/concerts/{concert}/queue").json.get("state")
        return state == "active"

    return poll(seconds, active)


def hold(client, concert, seats):
    return client.ask("POST", f"/concerts/{concert}/holds", {"seats": seats})


def buy(client, concert, seat):
    """A paid reservation's number."""
    become_active(client, concert)
    answer = hold(client, concert, [seat])
    number = answer.json["holds"][0]["reservation_number"]
    answer = client.ask("POST", "/payments", {"reservation_numbers": [number]}, key=fresh_key())
    if answer.status != 201:
        raise RuntimeError(f"not paid: {answer}")
    return number


def in_parallel(jobs, at_once=None):
    """Run the functions, at most `at_once` at a time; their results in their order."""
    with concurrent.futures.ThreadPoolExecutor(at_once or len(jobs)) as threads:
        return [future.result() for future in [threads.submit(job) for job in jobs]]


# ---- what is stored ---------------------------------------------------------------------------------------------------


def sql(statement):
    """Rows as lists of strings."""
    words = ["mariadb", "--no-defaults", f"--socket={RUN}/mariadb.sock", "-N", "--batch", "frontrow", "-e", statement]
    user = subprocess.run(["id", "-un"], check=True, capture_output=True, text=True).stdout.strip()
    said = subprocess.run([*words, f"--user={user}"], check=True, capture_output=True, text=True).stdout
    return [line.split("\t") for line in said.splitlines()]


def redis(*words):
    said = subprocess.run(["redis-cli", "-s", f"{RUN}/redis.sock", *words], check=True, capture_output=True, text=True)
    return said.stdout.splitlines()


def facts():
    """A line for each table and key with a digest of it, but for what changes by itself (see facts.lua)."""
    unsteady = "'event_retry', 'inbox', 'concert_count'"
    tables = sql("SELECT table_name FROM information_schema.tables WHERE table_schema = 'frontrow' "
                 f"AND table_name NOT IN ({unsteady}) ORDER BY table_name")
    rows = sql(f"CHECKSUM TABLE {', '.join(row[0] for row in tables)} EXTENDED")
    lua = (SRC / "tests/system/facts.lua").read_text()
    return [" ".join(row) for row in rows] + redis("EVAL", lua, "0")


def settled():
    """The facts, once no event is on its way any more."""
    found = facts()
    for _ in range(100):
        time.sleep(0.2)
        now = facts()
        if now == found and sql("SELECT COUNT(*) FROM outbox") == [["0"]]:
            break
        found = now
    return found


def differences(before, after):
    return [f"- {line}" for line in before if line not in after] + [f"+ {line}" for line in after if line not in before]


def ctl(*words):
    command = [str(BUILD / "frontrowctl"), "-c", str(DIR / "etc/frontrow.conf"), *words]
    return subprocess.run(command, capture_output=True, text=True)


def routes():
    """(method, path, pool, access, needs a key) of every route."""
    said = subprocess.run([str(BUILD / "frontrow-web"), "--routes"], check=True, capture_output=True, text=True).stdout
    return [(m, p, pool, access.lower(), key != "-") for m, p, pool, access, key in (l.split() for l in said.splitlines())]


# ---- a worker, asked directly -----------------------------------------------------------------------------------------


def fastcgi(pool, parameters, body=b""):
    """Ask a pool's socket, past nginx: what nginx would never send can be said here. The answer's text."""
    import socket
    import struct

    def record(kind, content):
        return struct.pack("!BBHHBB", 1, kind, 1, len(content), 0, 0) + content

    def pair(name, value):
        name, value = name.encode(), value.encode()
        sizes = b"".join(struct.pack("!I", len(x) | 1 << 31) if len(x) > 127 else bytes([len(x)]) for x in (name, value))
        return sizes + name + value

    with socket.socket(socket.AF_UNIX) as link:
        link.settimeout(10)
        link.connect(str(RUN / f"web-{pool}.sock"))
        encoded = b"".join(pair(*item) for item in parameters.items())
        link.sendall(record(1, struct.pack("!HB5x", 1, 0)) + record(4, encoded) + record(4, b"") +
                     (record(5, body) if body else b"") + record(5, b""))
        answer = b""
        data = b""
        while chunk := link.recv(65536):
            data += chunk
            while len(data) >= 8:
                _version, kind, _id, length, padding = struct.unpack("!BBHHBx", data[:8])
                if len(data) < 8 + length + padding:
                    break
                if kind == 6:
                    answer += data[8:8 + length]
                if kind == 3:
                    return answer.decode()
                data = data[8 + length + padding:]
    return answer.decode()
