"""A TCP proxy that holds back every byte for half a round trip in each direction; bandwidth is not limited.

    with DelayingProxy(port, 0.040) as proxy:
        connect to proxy.port

It runs in a process of its own, so that its work is not done by the one that measures.
"""
import asyncio
import multiprocessing
import socket

CHUNK = 1 << 20


async def carry(reader, writer, delay):
    """What is read at t is written at t + delay, in order; reading goes on meanwhile."""
    loop = asyncio.get_running_loop()
    queue = asyncio.Queue(64)

    async def deliver():
        while True:
            due, data = await queue.get()
            await asyncio.sleep(max(0, due - loop.time()))
            if not data:
                break
            writer.write(data)
            await writer.drain()
        writer.close()

    delivery = asyncio.ensure_future(deliver())
    try:
        data = b"start"
        while data:
            data = await reader.read(CHUNK)
            await queue.put((loop.time() + delay, data))
        await delivery
    except OSError:
        delivery.cancel()
        writer.close()


async def serve(listening, port, delay):
    async def accept(reader, writer):
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", port, limit=CHUNK)
        await asyncio.gather(carry(reader, up_writer, delay), carry(up_reader, writer, delay))

    server = await asyncio.start_server(accept, sock=listening, limit=CHUNK)
    await server.serve_forever()


class DelayingProxy:
    def __init__(self, port, round_trip):
        listening = socket.create_server(("127.0.0.1", 0))
        self.port = listening.getsockname()[1]
        context = multiprocessing.get_context("fork")
        self.process = context.Process(target=lambda: asyncio.run(serve(listening, port, round_trip / 2)), daemon=True)
        self.process.start()
        listening.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.join()
