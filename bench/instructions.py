"""
How many instructions a request takes in the worker, its libraries included, counted by callgrind: the same on a busy
machine and on a quiet one, so it shows a regression that the noise of times hides. What the kernel, nginx and Redis
do is not in it.
"""
import os
import subprocess
import tempfile
import time

import cases
from fastcgi import Connection

FEW, MANY = 100, 600
START_S = 60
KINDS = ("status", "join", "hold")


class Counted:
    """A worker of one process and one thread under callgrind."""

    def __init__(self, command, path):
        self.path = path
        self.folder = tempfile.TemporaryDirectory(prefix="frontrow-callgrind-")
        if os.path.exists(path):
            os.unlink(path)
        words = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={self.folder.name}/%p", *command]
        self.program = subprocess.Popen(words, start_new_session=True, stderr=subprocess.DEVNULL)

    def connect(self):
        until = time.monotonic() + START_S
        while True:
            try:
                return Connection(self.path, START_S)
            except OSError:
                if time.monotonic() > until or self.program.poll() is not None:
                    raise
                time.sleep(0.05)

    def end(self):
        """Instructions of the process that answered: the one with the most."""
        self.program.terminate()
        self.program.wait(START_S)
        counts = []
        for name in os.listdir(self.folder.name):
            with open(f"{self.folder.name}/{name}", encoding="utf-8", errors="replace") as file:
                counts += [int(line.split()[1]) for line in file if line.startswith(("summary:", "totals:"))]
        self.folder.cleanup()
        return max(counts)


def parameters_of(settings, kind, number, tokens):
    method = "GET" if kind == "status" else "POST"
    place = "holds" if kind == "hold" else "queue"
    fan = number // cases.SEATS_A_FAN if kind == "hold" else number
    body = b'{"seats":[%d]}' % (number + 1) if kind == "hold" else b""
    more = [("CONTENT_LENGTH", str(len(body))), ("CONTENT_TYPE", "application/json")] if body else []
    return [("REQUEST_METHOD", method), ("REQUEST_URI", f"{cases.API}/concerts/{settings['hall']}/{place}"),
            ("REMOTE_ADDR", "127.0.0.1"), ("REQUEST_ID", f"{number:032x}"), *more, ("HTTP_HOST", "localhost"),
            ("HTTP_AUTHORIZATION", f"Bearer {tokens[fan]}"), ("HTTP_ACCEPT_LANGUAGE", "en")], body


def reset(bench, kind):
    settings = bench.settings
    if kind == "hold":
        bench.redis(cases.HALL, settings["hall"], settings["seats"], MANY)
    else:
        bench.redis(cases.QUEUE, settings["hall"], MANY if kind == "status" else 0, cases.NUMBERS_END, cases.INSIDE)


def count(bench, command, path, kind, requests, tokens):
    reset(bench, kind)
    counted = Counted(command, path)
    try:
        with counted.connect() as connection:
            for number in range(requests):
                answer = connection.ask(*parameters_of(bench.settings, kind, number, tokens))
                if b"Status: 4" in answer or b"Status: 5" in answer:
                    raise RuntimeError(f"{kind}: {answer.decode()}")
    finally:
        total = counted.end()
    return total


def measure(bench, _):
    settings, rows = bench.settings, []
    with open(settings["tokens"], encoding="ascii") as file:
        tokens = [next(file).strip() for _ in range(MANY)]
    web = ["frontrow-web", "-c", settings["one_conf"], "--pool", "fast"], f"{settings['start_run']}/web-fast.sock"
    path = f"{settings['start_run']}/bare.sock"
    bare = [f"{settings['programs']}/bare_worker", settings["one_conf"], path, "1", "1", str(settings["hall"]),
            str(settings["bare_hall"]), str(settings["fans"]), str(settings["seats"])], path
    for kind in KINDS:
        row = {"kind": kind}
        for name, (command, socket_path) in (("web", web), ("bare", bare)):
            few, many = (count(bench, command, socket_path, kind, requests, tokens) for requests in (FEW, MANY))
            row[name] = (many - few) / (MANY - FEW)
        rows.append(row)
    return {"name": "instructions", "what": "instructions of the worker for a request", "rows": rows}
