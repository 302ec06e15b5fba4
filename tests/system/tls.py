#!/usr/bin/env python3
"""The door of production: nginx/site.conf as it is, but for its ports and its certificate. What came in frames must be
the request that a worker reads, and nothing behind it.
"""
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time

from frontrow import API, DIR, PASSWORD, RUN, SRC, Tap, fan, fresh_key, poll

HOST = "tickets.example"
PLACE = DIR / "tls"
LOG = DIR / "log/tls"  # secrets.py looks at these logs, too
REQUESTS_MAX = 1000
HANGS = "hangs"  # neither an answer nor an end within the time limit

WRAP = """
daemon off;
%(user)s
pid %(place)s/nginx.pid;
error_log %(log)s/nginx.log warn;
events { worker_connections 512; }
http {
    include %(place)s/types.conf;
    client_body_temp_path %(place)s/body;
    fastcgi_temp_path %(place)s/fastcgi;
    proxy_temp_path %(place)s/proxy;
    scgi_temp_path %(place)s/scgi;
    uwsgi_temp_path %(place)s/uwsgi;
    include %(place)s/site.conf;
}
"""


# ---- nginx ----------------------------------------------------------------------------------------------------------


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def render(secure, plain):
    pools = [f"{pool.upper()}=unix:{RUN}/web-{pool}.sock" for pool in ("fast", "money", "sign_in", "office")]
    subprocess.run([SRC / "nginx/render", PLACE, f"CONF_DIR={PLACE}", f"RUN_DIR={PLACE}", f"CACHE_DIR={PLACE}/cache",
                    f"LOG_DIR={LOG}", *pools], check=True)
    text = (PLACE / "site.conf").read_text().replace("/etc/ssl/frontrow", str(PLACE))
    text = re.sub(r"^    listen \[::\].*\n", "", text, flags=re.M)
    for port, here in ((443, secure), (80, plain)):
        text, count = re.subn(rf"^    listen {port}\b", f"    listen 127.0.0.1:{here}", text, flags=re.M)
        assert count == 1, port
    (PLACE / "site.conf").write_text(text)
    user = "user root;" if os.geteuid() == 0 else ""
    (PLACE / "nginx.conf").write_text(WRAP % {"place": PLACE, "log": LOG, "user": user})


def start(secure, plain):
    for folder in (PLACE / "cache", LOG):
        folder.mkdir(parents=True, exist_ok=True)
    render(secure, plain)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}",
                    "-addext", f"subjectAltName=DNS:{HOST}", "-keyout", PLACE / "privkey.pem",
                    "-out", PLACE / "fullchain.pem"], check=True, capture_output=True)
    nginx = shutil.which("nginx", path=os.environ["PATH"] + ":/usr/local/sbin:/usr/sbin:/sbin")
    return subprocess.Popen(["setpriv", "--pdeathsig", "TERM", "--", nginx, "-p", PLACE, "-e", LOG / "nginx.log",
                             "-c", PLACE / "nginx.conf"])


def is_open(port):
    with socket.socket() as link:
        return link.connect_ex(("127.0.0.1", port)) == 0


# ---- HTTP/2, only as much as it takes to say what no library would say ----------------------------------------------


DATA, HEADERS, RESET, SETTINGS, PING, GO_AWAY = 0, 1, 3, 4, 6, 7
ENDS, WHOLE, ACKNOWLEDGED = 1, 4, 1
# A status that HPACK has a byte for; nginx says all others in digits.
STATUS = {0x88: 200, 0x89: 204, 0x8a: 206, 0x8b: 304, 0x8c: 400, 0x8d: 404, 0x8e: 500}


def secured(port, protocols=(), source="127.0.0.1"):
    context = ssl.create_default_context(cafile=PLACE / "fullchain.pem")
    if protocols:
        context.set_alpn_protocols(protocols)
    link = socket.create_connection(("127.0.0.1", port), timeout=10, source_address=(source, 0))
    return context.wrap_socket(link, server_hostname=HOST)


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def string(value):
    """As HPACK has it, without its code: a length of seven bits, or more bytes."""
    value = value.encode() if isinstance(value, str) else value
    length, rest = [min(len(value), 127)], len(value) - 127
    while rest >= 128:
        length.append(rest & 127 | 128)
        rest >>= 7
    return bytes(length + ([rest] if rest >= 0 else [])) + value


class Frames:
    """One connection, one request after the other."""

    def __init__(self, port, source="127.0.0.1"):
        self.link = secured(port, ["h2"], source)
        assert self.link.selected_alpn_protocol() == "h2"
        self.stream = -1
        self.link.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(SETTINGS, 0, 0))

    def begin(self, fields, body=None):
        self.stream += 2
        block = b"".join(b"\0" + string(name) + string(value) for name, value in fields)
        return frame(HEADERS, WHOLE | (ENDS if body is None else 0), self.stream, block) + (
            frame(DATA, ENDS, self.stream, body) if body is not None else b"")

    def exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.link.recv(count - len(data))
            if not more:
                raise OSError("closed")
            data += more
        return data

    def ask(self, fields, body=None):
        """(statuses, body); no status when the stream or the connection was ended instead."""
        statuses, said = [], b""
        try:
            self.link.sendall(self.begin(fields, body))
            while True:
                head = self.exactly(9)
                kind, flags, stream = head[3], head[4], int.from_bytes(head[5:], "big")
                payload = self.exactly(int.from_bytes(head[:3], "big"))
                if kind == SETTINGS and not flags & ACKNOWLEDGED:
                    self.link.sendall(frame(SETTINGS, ACKNOWLEDGED, 0))
                if kind == GO_AWAY or kind == RESET and stream == self.stream:
                    return statuses, said
                if stream != self.stream or kind not in (HEADERS, DATA):
                    continue
                if kind == HEADERS:
                    statuses.append(STATUS.get(payload[0]) or int(payload[2:5]))
                else:
                    said += payload
                if flags & ENDS:
                    return statuses, said
        except TimeoutError:
            return [*statuses, HANGS], said
        except OSError:
            return statuses, said


def fields(method, path, *more, authority=HOST):
    return [(":method", method), (":scheme", "https"), (":authority", authority), (":path", path), *more]


# ---- what is tried --------------------------------------------------------------------------------------------------


CHARGE = b'{"amount":1}'


def charge(token, *more, path=API + "/points/charges", method="POST", authority=HOST):
    return fields(method, path, ("authorization", "Bearer " + token), ("content-type", "application/json"),
                  ("idempotency-key", fresh_key()), *more, authority=authority)


def shapes(token, hidden):
    """Each a request, its body, and the statuses that are right; none is right for what ends without an answer."""
    right, long = str(len(CHARGE)), str(len(CHARGE + hidden))
    chunked, bad = ("transfer-encoding", "chunked"), {400, None}
    line = b"\r\n\r\n" + hidden
    return {
        "a body as long as it says": (charge(token, ("content-length", right)), CHARGE, {201}),
        "a body of no said length": (charge(token), CHARGE, {201}),
        "more than its length": (charge(token, ("content-length", right)), CHARGE + hidden, bad),
        "a length of nothing": (charge(token, ("content-length", "0")), CHARGE + hidden, bad),
        "less than its length": (charge(token, ("content-length", "999")), CHARGE, bad),
        "two lengths": (charge(token, ("content-length", right), ("content-length", long)), CHARGE + hidden, bad),
        "a signed length": (charge(token, ("content-length", "+" + right)), CHARGE, bad),
        "a negative length": (charge(token, ("content-length", "-1")), CHARGE + hidden, bad),
        "a list of lengths": (charge(token, ("content-length", f"{right}, {right}")), CHARGE, bad),
        "chunks": (charge(token, chunked), b"c\r\n" + CHARGE + b"\r\n0" + line, {400, 501, None}),
        "chunks and a length": (charge(token, chunked, ("content-length", right)), CHARGE, {400, 501, None}),
        "a line end in a header": (charge(token, ("x", b"a" + line)), CHARGE, bad),
        "a line feed in a header": (charge(token, ("x", b"a\nb: c")), CHARGE, bad),
        "a NUL in a header": (charge(token, ("x", b"a\0b")), CHARGE, bad),
        "a line end in a name": (charge(token, ("x: y\r\nz", "1")), CHARGE, bad),
        "a capital in a name": (charge(token, ("Content-Length", "0")), CHARGE, bad),
        "a line end in the path": (charge(token, path=API.encode() + b"/points/charges HTTP/1.1" + line), CHARGE, bad),
        "a space in the path": (charge(token, path=API + "/points/charges HTTP/1.1"), CHARGE, bad),
        "a line end in the method": (charge(token, method=b"POST / HTTP/1.1" + line), CHARGE, bad),
        "a line end in the host": (charge(token, authority=HOST.encode() + line), CHARGE, bad),
        "two paths": (charge(token, (":path", API + "/hidden")), CHARGE, bad),
        "no path": (charge(token)[:3] + charge(token)[4:], CHARGE, bad),
        "a header of nine thousand bytes": (charge(token, ("x", "y" * 9000)), CHARGE, {400, 431, None}),
        "a read with a body": (fields("GET", API + "/account", ("authorization", "Bearer " + token)), hidden, {200}),
    }


def smuggling(tap, port, owner):
    charged = 0
    for number, what in enumerate(shapes("", b"")):
        hidden = b"GET /api/v1/hidden-%d HTTP/1.1\r\nHost: x\r\n\r\n" % number
        request, body, right = shapes(owner.token, hidden)[what]
        link = Frames(port)
        statuses, said = link.ask(request, body)
        tap.check(f"HTTP/2: {what}: {', '.join(str(one or 'no answer') for one in right)}",
                  len(statuses) <= 1 and (statuses[0] if statuses else None) in right, (statuses, said))
        charged += statuses == [201]
        statuses, said = link.ask(fields("GET", API + "/concerts"))
        tap.check(f"HTTP/2: {what}: the next request is not hurt", statuses in ([], [200]), (statuses, said))
        tap.check(f"HTTP/2: {what}: nor is anybody else's", owner.ask("GET", "/account").status == 200)
    time.sleep(1.2)  # nginx writes its log once a second
    log = (LOG / "frontrow-access.log").read_text()
    tap.same("HTTP/2: no hidden request was asked for", [], re.findall(r"GET /api/v1/hidden-\d+", log))
    return charged


def cookies(tap, port, owner):
    """The same origin is the one that HTTP/2 names."""
    cookie = ("cookie", "frontrow_session=" + owner.token)
    for what, origin, status in (("its own page", HOST, 201), ("another site", "evil.example", 403)):
        request = charge("", cookie, ("origin", "https://" + origin))
        request = [one for one in request if one[0] != "authorization"]
        statuses, _said = Frames(port).ask(request, CHARGE)
        tap.same(f"HTTP/2: with a cookie, {what}", [status], statuses)
    return 1


def called_back(tap, port):
    """Requests that are taken back in the same breath: nginx, as Debian mends it, ends such a connection."""
    link, asked, cancelled = Frames(port, "127.0.0.9"), 0, (8).to_bytes(4, "big")
    try:
        while asked < 3 * REQUESTS_MAX:
            said = b""
            for _ in range(50):
                said += link.begin(fields("GET", API + "/account")) + frame(RESET, 0, link.stream, cancelled)
            link.link.sendall(said)
            asked += 50
        while link.link.recv(65536):
            pass
    except OSError:
        pass
    time.sleep(1.2)
    seen = (LOG / "frontrow-access.log").read_text().count('"address":"127.0.0.9"')
    tap.check("HTTP/2: who takes thousands of requests back is sent away", 0 < seen <= REQUESTS_MAX, f"{seen} of {asked}")
    statuses, _said = Frames(port).ask(fields("GET", API + "/concerts"))
    tap.same("and others are served", [200], statuses)


def over_tls(tap, port, plain):
    connection = http.client.HTTPSConnection(HOST)
    connection.sock = secured(port)
    connection.request("POST", API + "/sessions", json.dumps({"email": "fan47@demo.test", "password": PASSWORD}))
    response = connection.getresponse()
    response.read()
    cookie = response.headers["Set-Cookie"] or ""
    tap.check("over TLS the cookie is Secure", cookie.endswith("; HttpOnly; SameSite=Lax; Secure"), cookie)
    tap.same("and the browser is told to stay there", "max-age=31536000", response.headers["Strict-Transport-Security"])
    connection = http.client.HTTPConnection("127.0.0.1", plain, timeout=10)
    connection.request("GET", "/wait.html?concert=1", headers={"Host": "evil.example"})
    response = connection.getresponse()
    tap.same("without TLS one is sent to our own name, whatever the request calls us",
             (308, f"https://{HOST}/wait.html?concert=1"), (response.status, response.headers["Location"]))


def entries(owner):
    return len(owner.ask("GET", "/points/entries?limit=100").json["entries"])


def main():
    tap = Tap()
    owner, secure, plain = fan(48), free_port(), free_port()
    nginx = start(secure, plain)
    try:
        tap.check("nginx takes site.conf as it is", poll(10, lambda: is_open(secure) and is_open(plain)))
        before = entries(owner)
        charged = smuggling(tap, secure, owner) + cookies(tap, secure, owner)
        tap.same("every charge that was told was made, and no other", charged, entries(owner) - before)
        over_tls(tap, secure, plain)
        called_back(tap, secure)
    finally:
        nginx.terminate()
        nginx.wait()
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
