#!/usr/bin/env python3
"""Takes every message at once and writes down when: receiver.py PORT LOG."""
import http.server
import json
import sys
import time


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    log = None

    def do_POST(self):
        at = time.time()
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.log.write(json.dumps({"at": at, "body": body}) + "\n")
        self.log.flush()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    Receiver.log = open(sys.argv[2], "a", encoding="utf-8")
    http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Receiver).serve_forever()
