#!/usr/bin/env python3
"""The other side of a webhook over TLS, in all its moods: webhook_server.py CERTIFICATE-AND-KEY

Prints its port. The path says what becomes of a POST: /take, /refuse, /move (to /take), /hang (no answer at all), /drip
(an answer that never ends).
"""
import http.server
import ssl
import sys
import time

ANSWERS = {"/take": 204, "/refuse": 503, "/move": 307}


class Receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/hang":
            time.sleep(60)
        self.send_response(ANSWERS.get(self.path, 200))
        self.send_header("Content-Length", "1000000" if self.path == "/drip" else "0")
        if self.path == "/move":
            self.send_header("Location", "/take")
        self.end_headers()
        while self.path == "/drip":
            self.wfile.write(b"x")
            time.sleep(0.05)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """Who does not trust us, or tires of waiting, hangs up."""


tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
tls.load_cert_chain(sys.argv[1])
server = Server(("127.0.0.1", 0), Receiver)
server.socket = tls.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_address[1], flush=True)
server.serve_forever()
