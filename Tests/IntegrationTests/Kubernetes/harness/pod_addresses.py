"""Where Pods really listen.

The API server refuses loopback addresses in Endpoints, and other ones would need privileges. So Pods have addresses that
nobody owns, and everything that calls them (Envoy's configuration, the API server by its egress proxy) looks here.
"""

import asyncio
import os

import http1

# Nobody listens there: what a Pod's address means that has no server behind it.
NOWHERE = ("127.0.0.1", 1)


class PodAddresses:
    def __init__(self):
        self.count = 0
        self.real = {}

    def new(self):
        self.count += 1
        return f"10.{128 + self.count // 62500 % 100}.{self.count // 250 % 250}.{self.count % 250 + 1}"

    def resolve(self, address, port):
        if address.startswith("127.") or address == "localhost":
            return address, port
        return self.real.get((address, port), NOWHERE)


class EgressProxy:
    """Takes the API server's CONNECT requests on a Unix socket, and leads them to where Pods really listen."""

    def __init__(self, addresses, path):
        self.addresses, self.path = addresses, path
        self.server = None

    async def start(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.server = await asyncio.start_unix_server(self._serve, self.path)

    async def _serve(self, reader, writer):
        try:
            head = await http1.read_head(reader)
            if head is None:
                return
            host, port = head[0].split(" ")[1].rsplit(":", 1)
            try:
                upstream = await asyncio.open_connection(*self.addresses.resolve(host, int(port)))
            except OSError as error:
                writer.write(f"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nx-error: {error}\r\n\r\n".encode())
                return
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
            await asyncio.gather(pump(reader, upstream[1]), pump(upstream[0], writer))
        except (ConnectionError, ValueError):
            pass  # Either end has gone, which the other is told by the closing below.
        finally:
            writer.close()


async def pump(reader, writer):
    """Copies bytes until the reader ends, and then ends the writer."""
    try:
        while piece := await reader.read(1 << 16):
            writer.write(piece)
            await writer.drain()
    finally:
        writer.close()
