#!/usr/bin/env python3
"""The other system that payment-message tells: it fails now and then, and writes down all it was sent.

receiver.py PORT LOG [SEED]   One JSON line a request: what came, and what was answered (0: the connection was cut
                              without a word, before or after it counted). What it answers 200 to, it has done.

On SIGUSR1 it answers nothing for two seconds, less a little, and has done nothing of what it was sent meanwhile.
"""
import http.server
import json
import random
import signal
import socket
import struct
import sys
import threading
import time

KEPT = ("idempotency-key", "webhook-id", "webhook-timestamp", "webhook-signature")
HOLD_S = 1.9  # less than a sender waits


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    lock = threading.Lock()
    log = None
    held_until = 0.0

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8", "replace")
        held_s = Receiver.held_until - time.monotonic()
        luck = random.random()
        status = 503 if luck < 0.02 else 0 if luck < 0.04 else 200
        done = status == 200 or 0.02 <= luck < 0.03
        if held_s > 0:
            status, done = 503, False
        time.sleep(max(held_s, random.choice((0, 0, 0, 0.002, 0.05))))
        line = {"at": time.time(), "status": status, "done": done, "body": body}
        line |= {name: self.headers.get(name) for name in KEPT}
        with self.lock:
            self.log.write(json.dumps(line) + "\n")
            self.log.flush()
        if status == 0:
            self.cut()
            return
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def cut(self):
        """With a reset, as a machine that vanishes does it."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass


def hold(*_):
    Receiver.held_until = time.monotonic() + HOLD_S


def main():
    if len(sys.argv) > 3:
        random.seed(int(sys.argv[3]))
    signal.signal(signal.SIGUSR1, hold)
    with open(sys.argv[2], "a", encoding="utf-8") as log:
        Receiver.log = log
        Server(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()


if __name__ == "__main__":
    main()
