"""Connections of this machine's loopback led to a lab's front door, one for one: load goes to loopback only.

python -m tests.lab.forwarding ADDRESS PORT…
"""

import asyncio
import sys
from contextlib import suppress
from functools import partial

LOOPBACK, CHUNK = "127.0.0.1", 65536


async def main(address: str, ports: list[int]) -> None:
    servers = [await asyncio.start_server(partial(_lead, address, port), LOOPBACK, port, backlog=256) for port in ports]
    print("ready", flush=True)  # noqa: T201 - whoever started us waits for it
    await asyncio.gather(*(server.serve_forever() for server in servers))


async def _lead(address: str, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What the front door does to its connection happens to this one: refused and broken ones are reset, ended ones end."""
    try:
        theirs, ours = await asyncio.open_connection(address, port)
    except OSError:
        writer.transport.abort()
        return
    await asyncio.gather(_pass(reader, ours), _pass(theirs, writer))
    for one in (ours, writer):
        one.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(CHUNK):
            writer.write(chunk)
            await writer.drain()
    except OSError:
        writer.transport.abort()
        return
    with suppress(OSError):
        writer.write_eof()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], [int(port) for port in sys.argv[2:]]))
