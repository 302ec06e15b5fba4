#!/usr/bin/env python3
"""The edges of HTTP: kept connections, large and slow bodies, HEAD, Allow, validators, metrics, full pools."""
import re
import socket
import statistics
import sys
import threading
import time

from frontrow import (API, RUN, URL, Client, Tap, become_active, fan, fastcgi, fresh_key, hold, in_parallel, new_concert,
                      operator, poll)

KEPT = 64
PROMPT_S = 3.0  # what hangs does so for five seconds at least


def timed(client, method, path, **more):
    began = time.monotonic()
    answer = client.ask(method, path, **more)
    return answer, time.monotonic() - began


# ---- connections ------------------------------------------------------------------------------------------------------


def kept_connections(tap):
    """Sixty-four kept connections, sixteen threads: nobody waits for somebody else's connection."""
    clients = [Client() for _ in range(KEPT)]

    def twenty(client):
        return [timed(client, "GET", "//healthz") for _ in range(20)]

    answers = [pair for pairs in in_parallel([lambda c=c: twenty(c) for c in clients]) for pair in pairs]
    times = sorted(seconds for _answer, seconds in answers)
    tap.same("64 kept connections: every request is answered", {200}, {answer.status for answer, _ in answers})
    tap.check("64 kept connections: nobody waits long", times[-1] < PROMPT_S,
              f"median {statistics.median(times) * 1000:.1f} ms, longest {times[-1] * 1000:.0f} ms")
    tap.note(f"64 kept connections: median {statistics.median(times) * 1000:.1f} ms, longest {times[-1] * 1000:.0f} ms")


def idle_connections(tap):
    """Connections that nginx keeps and does not use cost no thread: a hundred to a pool of sixteen."""
    idle = []
    for _ in range(100):
        link = socket.socket(socket.AF_UNIX)
        link.connect(str(RUN / "web-fast.sock"))
        idle.append(link)
    try:
        slowest = max(timed(Client(), "GET", "//healthz")[1] for _ in range(20))
        tap.check("a hundred idle connections hang nobody", slowest < PROMPT_S, f"{slowest:.2f} s")
    finally:
        for link in idle:
            link.close()


def half_a_request(tap):
    """Clients that never finish what they send hold nginx, not a worker."""
    links = []
    for _ in range(50):
        link = socket.create_connection((URL.hostname, URL.port))
        link.sendall(b"POST /api/v1/accounts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     b"Content-Length: 100\r\n\r\n{")
        links.append(link)
    try:
        answer, seconds = timed(Client(), "POST", "/accounts", body={})
        tap.check("fifty clients that send half a body hold up nobody", answer.status == 400 and seconds < PROMPT_S,
                  f"{answer} after {seconds:.2f} s")
    finally:
        for link in links:
            link.close()


def a_slow_body(tap):
    body = b'{"email":"slow@demo.test","password":"x","name":"S"}'
    with socket.create_connection((URL.hostname, URL.port), timeout=10) as link:
        link.sendall(b"POST /api/v1/accounts HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
                     b"Content-Length: %d\r\n\r\n" % len(body))
        for byte in body:
            link.sendall(bytes([byte]))
            time.sleep(0.02)
        answer = b"".join(iter(lambda: link.recv(4096), b""))
    tap.check("a body that comes byte by byte is read whole", answer.startswith(b"HTTP/1.1 422"), answer[:300])


def bodies(tap, client):
    """16 KiB is the most; behind it the connection is still good."""
    space = 16384 - len(b'{"amount":1}')
    answer = client.ask("POST", "/points/charges", b'{"amount":1}' + b" " * space, key=fresh_key())
    tap.same("a body of 16 KiB is read", 201, answer.status)
    answer = client.ask("POST", "/points/charges", b'{"amount":1}' + b" " * (space + 1), key=fresh_key())
    tap.same("a byte more is too much", (413, "body_too_large"), (answer.status, answer.code))
    tap.same("afterwards the client goes on", 200, client.ask("GET", "/points").status)
    parameters = {"REQUEST_METHOD": "POST", "REQUEST_URI": API + "/accounts", "REMOTE_ADDR": "127.0.0.1",
                  "CONTENT_TYPE": "application/json"}
    answer = fastcgi("sign_in", parameters, b" " * 60000)
    tap.check("the worker itself refuses a large body", answer.startswith("Status: 413"), answer[:200])
    answer = client.ask("POST", "/points/charges", b'{"amount":2}', key=fresh_key(), headers={"Transfer-Encoding": "chunked"})
    client.close()
    tap.check("two ways to say the length are refused", answer.status in (400, 0), answer)


# ---- methods and validators -------------------------------------------------------------------------------------------


def methods(tap, client, concert):
    for path in ("/concerts", f"/concerts/{concert}", f"/concerts/{concert}/board", "/account", "//healthz", "//metrics"):
        get = client.ask("GET", path)
        head = client.ask("HEAD", path)
        tap.same(f"HEAD {path} is GET without the body", (get.status, get.headers.get("Content-Type"), b""),
                 (head.status, head.headers.get("Content-Type"), head.body))
    allowed = {
        "/concerts": {"GET"}, f"/concerts/{concert}/queue": {"GET", "POST", "DELETE"}, "/payments": {"POST"},
        "/sessions/current": {"DELETE"}, f"/operator/concerts/{concert}": {"PATCH"}, "/reservations/1": {"GET", "DELETE"},
    }
    for path, some in allowed.items():
        for method in ("PUT", "OPTIONS", "TRACE", "PROPFIND"):
            answer = client.ask(method, path)
            told = set(re.split(r",\s*", answer.headers.get("Allow", "")))
            if method == "TRACE":  # nginx knows no TRACE at all
                tap.same(f"TRACE {path} is refused", 405, answer.status)
            else:
                tap.check(f"{method} {path} is 405 and says what is allowed",
                          answer.status == 405 and some <= told and method not in told, f"{answer} Allow: {told}")


def validators(tap, client, concert):
    path = f"/concerts/{concert}/seats"
    first = client.ask("GET", path)
    tag = first.headers.get("ETag")
    tap.check("the seats have an ETag", bool(tag), dict(first.headers))
    for sent, status in ((tag, 304), (f'"x", {tag}', 304), ("*", 304), ('"x"', 200), ("W/" + tag.removeprefix("W/"), 304)):
        answer = client.ask("GET", path, headers={"If-None-Match": sent})
        tap.same(f"If-None-Match: {sent} gives {status}", (status, status == 304), (answer.status, answer.body == b""))
    other = client.ask("GET", path + "?format=list").headers.get("ETag")
    tap.check("another form has another ETag", other and other != tag, other)
    become_active(client, concert)
    hold(client, concert, [3])
    changed = poll(5, lambda: client.ask("GET", path, headers={"If-None-Match": tag}).status == 200)
    tap.check("when a seat is held it is 200 again", changed)
    answer = client.ask("GET", f"/concerts/{concert}/layout")
    tap.check("the layout may be kept for ever", "immutable" in answer.headers.get("Cache-Control", ""),
              answer.headers.get("Cache-Control"))


def headers(tap, client):
    for path in ("/concerts", "/account", "/nothing", "//", "//docs", "//healthz"):
        answer = client.ask("GET", path)
        missing = [name for name in ("X-Content-Type-Options", "Content-Security-Policy", "Referrer-Policy", "X-Request-Id")
                   if len(answer.headers.get_all(name) or []) != 1]
        tap.same(f"{path} has every security header once", [], missing)
        tap.check(f"{path} does not tell what serves it", not re.search(r"\d", answer.headers.get("Server", "")),
                  answer.headers.get("Server"))
    one, other = (client.ask("GET", "/account").headers["X-Request-Id"] for _ in range(2))
    tap.check("every request has a name of its own", one != other)


# ---- metrics ----------------------------------------------------------------------------------------------------------


LANGUAGES = {
    "": "en", "ko": "ko", "ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7": "ko", "en-GB,en;q=0.9,ko;q=0.8": "en", "KO": "ko",
    "en;q=0.5, ko": "ko", "en;q=0.8,ko;q=0.85": "ko", "en;q=0.80,ko;q=0.8": "en", "ko;q=0.8,en;q=0.80": "ko",
    "en;q=0.001,ko;q=0.002": "ko", "ko;q=0": "en", "ko;q=0,en;q=0": "en", "ko;q=0.0, *": "en", "fr, ko;q=0.1": "ko",
    "fr;q=0.9, de, kok": "en", "*": "en", "*, ko;q=0.5": "en", "en;q=0.3, *;q=0.5": "ko", "ko, *": "ko",
    "fr, en ; q=0.4 , ko ; q=0.6": "ko", "ko;q=1.000,en;q=1": "ko", "en;q=1,ko;q=1.0": "en", "ko;q=x, en;q=0.1": "en",
    ";;,,ko;q=,=": "en", "enko": "en", "a" * 3000 + ",ko": "ko",
}


def languages(tap, client):
    """By weight, and nginx, the workers and what nginx keeps of the workers agree about it."""
    titles = {"en": "There is no such thing.", "ko": "찾을 수 없습니다."}
    for accepted, language in LANGUAGES.items():
        for path in ("//nothing", "/nothing", "/concerts/999999999"):
            answer = client.ask("GET", path, headers={"Accept-Language": accepted})
            tap.same(f"{path} in the language of {accepted[:40]!r}", titles[language], answer.json.get("title"))


def refused_pages(tap, client):
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": "ko"}
    for method, path, status, words in (("GET", "//nothing", 404, "페이지를 찾을 수 없습니다"), ("PUT", "//", 405, "요청을 처리할 수 없습니다"),
                                        ("GET", "//refused.html", 404, "페이지를 찾을 수 없습니다"), ("GET", "//js/none.js", 404, "페이지를 찾을 수 없습니다"),
                                        ("GET", "//css/", 403, "요청을 처리할 수 없습니다")):
        answer = client.ask(method, path, headers=browser)
        text = answer.body.decode()
        tap.same(f"{method} {path} by a browser is a page", (status, "text/html; charset=utf-8", "no-store"),
                 (answer.status, answer.headers.get("Content-Type"), answer.headers.get("Cache-Control")))
        tap.check("in its language, with nothing of SSI left",
                  '<html lang="ko">' in text and words in text and "[an error" not in text and "There is" not in text, text)
        tap.check("under the same policy", "script-src 'self'" in answer.headers.get("Content-Security-Policy", ""))
    tap.same("and says what the address takes", "GET, HEAD", client.ask("PUT", "//", headers=browser).headers.get("Allow"))
    for path in ("/nothing", "//healthz/nothing", "//metrics/nothing"):
        tap.same(f"{path} is a problem for whoever asks", "application/problem+json",
                 client.ask("GET", path, headers=browser).headers.get("Content-Type"))
    tap.same("and a page's address is one for who wants no page", "application/problem+json",
             client.ask("GET", "//nothing", headers={"Accept": "*/*"}).headers.get("Content-Type"))


def metrics(client):
    answer = client.ask("GET", "//metrics")
    samples = {}
    for line in answer.body.decode().splitlines():
        if line and not line.startswith("#"):
            name, value = line.rsplit(" ", 1)
            assert name not in samples, f"twice: {name}"
            samples[name] = float(value)
    return answer, samples


def well_formed(tap, answer, samples):
    text = answer.body.decode()
    tap.same("metrics: the content type", "text/plain; version=0.0.4; charset=utf-8", answer.headers["Content-Type"])
    wrong = [line for line in text.splitlines()
             if not re.fullmatch(r'# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{([a-z]+="[^"\\]*",?)+\})? [0-9.e+-]+', line)]
    tap.same("metrics: every line is of the format", [], wrong[:5])
    families = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    bare = {re.sub(r"_(bucket|sum|count)$", "", name.split("{")[0]) if "seconds" in name else name.split("{")[0]
            for name in samples}
    tap.same("metrics: every sample has a type", set(), bare - families)
    for needed in ("requests_total", "request_seconds", "refusals_total", "queue_waiting", "queue_active", "seats_held",
                   "admissions_total", "holds_total", "payments_total", "outbox_waiting", "outbox_lag_seconds",
                   "pool_threads", "pool_busy"):
        tap.check(f"metrics: frontrow_{needed} is there", f"frontrow_{needed}" in families, sorted(families))
    tap.same("metrics: a pool's threads are those of all its processes", 16,
             samples.get('frontrow_pool_threads{pool="fast"}'))


def adding_up(tap, client, concert):
    label = f'method="GET",route="{API}/concerts/{{}}/queue"'
    name = f'frontrow_requests_total{{{label},status="200"}}'
    _answer, before = metrics(client)
    clients = [Client(client.token) for _ in range(16)]
    in_parallel([lambda c=c: [c.ask("GET", f"/concerts/{concert}/queue") for _ in range(25)] for c in clients])
    _answer, after = metrics(client)
    tap.same("metrics: requests to all processes add up", 400, after[name] - before.get(name, 0))
    buckets = [(bound, value) for bound, value in
               ((re.search(r'le="([^"]+)"', key)[1], value) for key, value in after.items()
                if key.startswith("frontrow_request_seconds_bucket{" + label))]
    values = [value for _bound, value in buckets]
    tap.check("metrics: buckets grow", values == sorted(values) and buckets[-1][0] == "+Inf", buckets)
    tap.same("metrics: the last bucket is the count", values[-1], after[f"frontrow_request_seconds_count{{{label}}}"])
    refusals = 'frontrow_refusals_total{code="not_signed_in"}'
    Client().ask("GET", "/account")
    tap.same("metrics: refusals are counted by code", after[refusals] + 1, metrics(client)[1][refusals])


def loopback_only(tap):
    parameters = {"REQUEST_METHOD": "GET", "REQUEST_URI": "/metrics", "REQUEST_ID": "r"}
    for address, good in (("127.0.0.1", True), ("127.8.9.1", True), ("::1", True), ("203.0.113.9", False), ("10.0.0.1", False),
                          ("::ffff:203.0.113.9", False), ("2001:db8::1", False), ("1127.0.0.1", False), ("", False)):
        answer = fastcgi("fast", parameters | {"REMOTE_ADDR": address})
        tap.same(f"metrics for {address or 'no address'}", good, "frontrow_requests_total" in answer)
    answer = Client().ask("GET", "//metrics", headers={"X-Forwarded-For": "203.0.113.9", "X-Real-IP": "203.0.113.9"})
    tap.same("a header does not change who asks", 200, answer.status)


# ---- a worker, asked without nginx ------------------------------------------------------------------------------------


def strange_requests(tap):
    cases = {
        "nothing at all": ({}, ("404", "405")),
        "no method": ({"REQUEST_URI": "/healthz"}, ("405",)),
        "no path": ({"REQUEST_METHOD": "GET"}, ("404",)),
        "another pool's route": ({"REQUEST_METHOD": "GET", "REQUEST_URI": API + "/account"}, ("421",)),
        "a path of 60,000 characters": ({"REQUEST_METHOD": "GET", "REQUEST_URI": "/" + "a" * 60000}, ("404",)),
        "a query of 60,000": ({"REQUEST_METHOD": "GET", "REQUEST_URI": "/healthz?" + "a" * 60000}, ("404", "400", "414")),
        "bytes that are no text": ({"REQUEST_METHOD": "GET", "REQUEST_URI": "/\udcff"}, ("404", "400")),
        "a length that is none": ({"REQUEST_METHOD": "GET", "REQUEST_URI": "/healthz", "CONTENT_LENGTH": "x"}, ("200", "400")),
        "a token of 60,000": ({"REQUEST_METHOD": "GET", "REQUEST_URI": API + "/concerts/1/queue",
                               "HTTP_AUTHORIZATION": "Bearer " + "A" * 60000}, ("401",)),
        "a line break in the request's name": ({"REQUEST_METHOD": "GET", "REQUEST_URI": "/x",
                                                "REQUEST_ID": "a\r\nSet-Cookie: b"}, ("404",)),
    }
    for what, (parameters, statuses) in cases.items():
        answer = fastcgi("fast", {k: v.encode("utf-8", "surrogateescape").decode("latin-1") if k == "REQUEST_URI" else v
                                  for k, v in parameters.items()})
        tap.check(f"past nginx: {what}", answer[8:11] in statuses, answer[:200])
        tap.check(f"past nginx: {what}: the headers are ours alone", "Set-Cookie" not in answer.split("\r\n\r\n")[0])
    tap.same("the pool is still well", 200, Client().ask("GET", "//healthz").status)


def bulkheads(tap, client, concert):
    """A crowd that signs up fills its own pool; those who wait in the queue do not notice."""
    ended = threading.Event()
    slow = []

    def watch():
        watcher = Client(client.token)
        while not ended.is_set():
            answer, seconds = timed(watcher, "GET", f"/concerts/{concert}/queue")
            slow.append((seconds, answer.status))

    watching = threading.Thread(target=watch)
    watching.start()
    crowd = [lambda n=n: Client().ask("POST", "/accounts", {"email": f"{fresh_key()}@demo.test", "password": "long-enough",
                                                           "name": f"{n}"}) for n in range(100)]
    answers = in_parallel(crowd)
    ended.set()
    watching.join()
    told = {(answer.status, answer.code) for answer in answers}
    full = [answer for answer in answers if answer.status == 503]
    tap.check("a full pool says so at once", told <= {(201, None), (503, "busy")} and full, told)
    tap.check("and when to come back", all(answer.headers.get("Retry-After") for answer in full))
    tap.check("nobody else notices", all(status == 200 and seconds < PROMPT_S for seconds, status in slow), max(slow))
    tap.note(f"meanwhile {len(slow)} looks at the queue, the slowest {max(slow)[0] * 1000:.0f} ms; {len(full)} of 100 refused")


def main():
    tap = Tap()
    client = fan(41)
    concert = new_concert(operator())
    kept_connections(tap)
    idle_connections(tap)
    half_a_request(tap)
    a_slow_body(tap)
    bodies(tap, client)
    methods(tap, client, concert)
    validators(tap, client, concert)
    headers(tap, client)
    languages(tap, client)
    refused_pages(tap, client)
    well_formed(tap, *metrics(client))
    adding_up(tap, client, concert)
    loopback_only(tap)
    strange_requests(tap)
    bulkheads(tap, client, concert)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
