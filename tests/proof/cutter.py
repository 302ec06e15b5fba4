#!/usr/bin/env python3
"""A way to the broker that can be cut: cutter.py PORT BROKER-PORT. SIGUSR1 resets every connection; SIGUSR2 lets nothing
through for two seconds, without a word, and then goes on.
"""
import asyncio
import signal
import socket
import struct
import sys

writers = set()
open_again = asyncio.Event()


async def carry(reader, writer):
    try:
        while data := await reader.read(65536):
            await open_again.wait()
            writer.write(data)
            await writer.drain()
    except (OSError, asyncio.CancelledError):
        pass
    finally:
        writer.close()


async def serve(reader, writer, broker):
    try:
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", broker)
    except OSError:
        writer.close()
        return
    both = {writer, to_writer}
    writers.update(both)
    await asyncio.gather(carry(reader, to_writer), carry(to_reader, writer))
    writers.difference_update(both)


def cut():
    for writer in list(writers):
        link = writer.get_extra_info("socket")
        if link is not None and link.fileno() >= 0:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()


async def main():
    port, broker = int(sys.argv[1]), int(sys.argv[2])
    loop = asyncio.get_running_loop()

    def hush():
        open_again.clear()
        loop.call_later(2, open_again.set)

    open_again.set()
    loop.add_signal_handler(signal.SIGUSR1, cut)
    loop.add_signal_handler(signal.SIGUSR2, hush)
    server = await asyncio.start_server(lambda r, w: serve(r, w, broker), "127.0.0.1", port)
    await server.serve_forever()


asyncio.run(main())
