#!/usr/bin/env python3
"""Ways between two of them that can be made bad: proxy.py FIFO LISTEN TARGET [FIFO LISTEN TARGET]… (a target is a port
of 127.0.0.1, or a socket's path).

A line written to a way's FIFO is what happens to its connections from now on:

  cut              every connection is reset
  hush SECONDS     nothing goes through, without a word, and then it goes on
  slow MS SECONDS  each piece comes so much later
  lose P SECONDS   with probability P the connection is reset when an answer comes: the request has arrived
  drop P SECONDS   with probability P it is reset when a request comes, which never arrives
  refuse SECONDS   nobody gets in
"""
import asyncio
import os
import random
import socket
import struct
import sys

PIECE = 65536


class Way:
    def __init__(self, target):
        self.target = target
        self.writers = set()
        self.open_again = asyncio.Event()
        self.open_again.set()
        self.until = {"slow": (0, 0), "lose": (0, 0), "drop": (0, 0), "refuse": (0, 0)}

    def now(self, what):
        """How bad it is at the moment."""
        much, end = self.until[what]
        return much if asyncio.get_running_loop().time() < end else 0

    async def carry(self, reader, writer, luck):
        """True when it was cut, False when it had come to its end."""
        try:
            while data := await reader.read(PIECE):
                if self.now(luck) > random.random():
                    return True
                if delay := self.now("slow"):
                    await asyncio.sleep(delay / 1000)
                await self.open_again.wait()
                writer.write(data)
                await writer.drain()
        except (OSError, asyncio.CancelledError):
            return True
        return False

    async def serve(self, reader, writer):
        if self.now("refuse"):
            reset(writer)
            return
        try:
            if self.target.startswith("/"):
                to_reader, to_writer = await asyncio.open_unix_connection(self.target)
            else:
                to_reader, to_writer = await asyncio.open_connection("127.0.0.1", int(self.target))
        except OSError:
            reset(writer)
            return
        both = {writer, to_writer}
        self.writers |= both
        ways = [asyncio.ensure_future(self.carry(reader, to_writer, "drop")),
                asyncio.ensure_future(self.carry(to_reader, writer, "lose"))]
        # Neither protocol half closes: when one side is gone, so is the other.
        done, left = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in left:
            way.cancel()
        self.writers -= both
        for one in both:
            if any(way.result() for way in done):
                reset(one)
            else:
                one.close()

    def happen(self, what, *much):
        loop = asyncio.get_running_loop()
        if what == "cut":
            for writer in list(self.writers):
                reset(writer)
        elif what == "hush":
            self.open_again.clear()
            loop.call_later(float(much[0]), self.open_again.set)
        elif what == "refuse":
            self.until[what] = (1, loop.time() + float(much[0]))
        else:
            self.until[what] = (float(much[0]), loop.time() + float(much[1]))


def reset(writer):
    """With a reset where there is one, as a machine that vanishes does it."""
    link = writer.get_extra_info("socket")
    if link is not None and link.fileno() >= 0 and link.family != socket.AF_UNIX:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def open_way(fifo, listen, target):
    way = Way(target)
    if not os.path.exists(fifo):
        os.mkfifo(fifo)
    words = os.open(fifo, os.O_RDWR | os.O_NONBLOCK)

    def told():
        for line in os.read(words, 4096).decode().splitlines():
            way.happen(*line.split())

    asyncio.get_running_loop().add_reader(words, told)
    return await asyncio.start_server(way.serve, "127.0.0.1", int(listen), backlog=1024)


async def main():
    words = sys.argv[1:]
    servers = [await open_way(*words[i:i + 3]) for i in range(0, len(words), 3)]
    print("open", flush=True)
    await asyncio.gather(*(server.serve_forever() for server in servers))


asyncio.run(main())
