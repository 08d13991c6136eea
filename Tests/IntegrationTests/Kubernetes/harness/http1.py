"""HTTP/1.1 over asyncio streams: what the harness's servers, client and proxies share."""

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import AsyncIterator, Awaitable, Callable

HEAD_LIMIT = 64 * 1024
BODY_LIMIT = 8 * 1024 * 1024


class Headers(list):
    """Pairs of name and value, in order; names compare without case."""

    def get(self, name, default=None):
        name = name.lower()
        return next((value for key, value in self if key.lower() == name), default)

    def without(self, *names):
        return Headers((key, value) for key, value in self if key.lower() not in names)


@dataclass
class Request:
    method: str
    target: str
    headers: Headers
    body: bytes = b""
    # Names that the client's certificate states, where it showed one.
    peer: dict | None = None

    @property
    def path(self):
        return self.target.split("?", 1)[0]


@dataclass
class Response:
    status: int
    headers: Headers = field(default_factory=Headers)
    body: bytes | AsyncIterator[bytes] = b""
    # Ends the connection after this response.
    close: bool = False

    @staticmethod
    def text(status, text, kind="text/plain", **more):
        return Response(status, Headers([("content-type", kind)]), text.encode(), **more)


class Reset(Exception):
    """Raised by a handler to cut the connection without an answer."""


async def read_head(reader):
    """Returns the first line and the headers, or None where the peer has gone."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError, asyncio.LimitOverrunError):
        return None
    first, *lines = raw[:-4].decode("latin-1").split("\r\n")
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return first, Headers((name, value.strip()) for name, value in pairs)


async def chunks(reader, headers, until_close=False) -> AsyncIterator[bytes]:
    """The body of a message, piece by piece, without its framing."""
    if "chunked" in (headers.get("transfer-encoding") or "").lower():
        while True:
            size = int((await reader.readuntil(b"\r\n")).split(b";")[0], 16)
            if size == 0:
                while await reader.readuntil(b"\r\n") != b"\r\n":
                    pass
                return
            yield await reader.readexactly(size)
            await reader.readexactly(2)
    length = headers.get("content-length")
    if length is not None:
        left = int(length)
        while left > 0:
            piece = await reader.read(min(left, 1 << 16))
            if not piece:
                raise ConnectionResetError("the body ended early")
            left -= len(piece)
            yield piece
    elif until_close and "transfer-encoding" not in {key.lower() for key, _ in headers}:
        while piece := await reader.read(1 << 16):
            yield piece


async def whole(pieces, limit=BODY_LIMIT):
    body = bytearray()
    async for piece in pieces:
        body += piece
        if len(body) > limit:
            raise ValueError(f"a body of more than {limit} bytes")
    return bytes(body)


def head_bytes(first, headers):
    return "".join([first, "\r\n", *(f"{name}: {value}\r\n" for name, value in headers), "\r\n"]).encode("latin-1")


def reason(status):
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


async def write_response(writer, response, keep):
    headers = response.headers.without("content-length", "transfer-encoding", "connection")
    headers.append(("connection", "keep-alive" if keep else "close"))
    first = f"HTTP/1.1 {response.status} {reason(response.status)}"
    if isinstance(response.body, bytes):
        headers.append(("content-length", str(len(response.body))))
        writer.write(head_bytes(first, headers) + response.body)
        await writer.drain()
        return
    headers.append(("transfer-encoding", "chunked"))
    writer.write(head_bytes(first, headers))
    await writer.drain()
    async for piece in response.body:
        if piece:
            writer.write(b"%x\r\n%b\r\n" % (len(piece), piece))
            await writer.drain()
    writer.write(b"0\r\n\r\n")
    await writer.drain()


Handler = Callable[[Request], Awaitable[Response]]


async def serve_connection(handler: Handler, reader, writer, idle: Callable[[bool], None] = lambda _: None):
    """Answers the requests of one connection; `idle` is told when it waits for the next and when it doesn't."""
    peer = writer.get_extra_info("peercert")
    try:
        while True:
            idle(True)
            head = await read_head(reader)
            idle(False)
            if head is None:
                return
            first, headers = head
            method, target, _ = first.split(" ", 2)
            request = Request(method, target, headers, await whole(chunks(reader, headers)), peer)
            response = await handler(request)
            keep = not response.close and (headers.get("connection") or "").lower() != "close"
            await write_response(writer, response, keep)
            if not keep:
                return
    except (Reset, ConnectionError, asyncio.IncompleteReadError, ValueError):
        # The peer has gone, or is to believe that this end has.
        writer.transport.abort()
    except asyncio.CancelledError:
        # Everything ends. Nobody awaits this task, and asyncio's own callback would print a traceback.
        writer.transport.abort()
    finally:
        writer.close()


async def start_server(handler: Handler, host="127.0.0.1", port=0, tls=None):
    """A listening server; returns it and its port."""
    server = await asyncio.start_server(
        lambda reader, writer: serve_connection(handler, reader, writer), host, port, ssl=tls, limit=HEAD_LIMIT,
        backlog=512)
    return server, server.sockets[0].getsockname()[1]
