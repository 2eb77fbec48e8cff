"""The callers of the benchmark of load: what they send must not depend on how busy they are themselves."""

from __future__ import annotations

import asyncio

from benchmarks.load_callers import Connections


def test_each_request_has_a_connection_at_once_and_connections_are_used_again() -> None:
    asyncio.run(_asked())


async def _asked() -> None:
    opened, waiting, everybody_is_here = 0, 0, asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal opened, waiting
        opened += 1
        while await reader.readline():
            while (await reader.readline()).strip():
                pass
            waiting += 1
            if waiting == 5:
                everybody_is_here.set()
            await everybody_is_here.wait()
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, Connections(address) as connections:
        # None is answered before all five have arrived: one that waited for another's connection would wait for ever.
        first = await asyncio.gather(*(connections.send("GET", "/") for _ in range(5)))
        later = [await connections.send("GET", "/") for _ in range(3)]
    assert [one.text for one in [*first, *later]] == ["ok"] * 8
    assert opened == 5
