"""Asking a worker directly, on a kept connection, as nginx does."""
import socket
import struct

BEGIN, END, PARAMS, STDIN, STDOUT = 1, 3, 4, 5, 6


def record(kind, content=b""):
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def request(parameters, body=b""):
    text = b""
    for name, value in parameters:
        text += struct.pack("!BI", len(name), len(value) | 0x80000000) + name.encode() + value.encode()
    content = record(STDIN, body) if body else b""
    return record(BEGIN, struct.pack("!HB5x", 1, 1)) + record(PARAMS, text) + record(PARAMS) + content + record(STDIN)


class Connection:
    def __init__(self, path, timeout_s):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout_s)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.socket.close()

    def read(self, count):
        got = self.file.read(count)
        if len(got) < count:
            raise OSError("the worker closed the connection")
        return got

    def ask(self, parameters, body=b""):
        """The answer's head and body."""
        self.socket.sendall(request(parameters, body))
        answer = b""
        while True:
            _, kind, _, length, padding = struct.unpack("!BBHHBx", self.read(8))
            content = self.read(length + padding)[:length]
            if kind == STDOUT:
                answer += content
            if kind == END:
                return answer
