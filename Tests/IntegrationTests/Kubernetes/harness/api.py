"""A client of the API server for the harness's own controllers, and their cache of objects."""

import asyncio
import json
import sys
from urllib.parse import quote, urlsplit

import http1

JSON = "application/json"
MERGE = "application/merge-patch+json"
YAML = "application/yaml"


class APIError(Exception):
    def __init__(self, status, body):
        super().__init__(f"{status}: {body.get('message') if isinstance(body, dict) else body}")
        self.status, self.body = status, body

    @property
    def is_gone(self):
        """True where what was to be written was changed or deleted meanwhile, or is about to be with its namespace."""
        details = self.body.get("details") or {} if isinstance(self.body, dict) else {}
        ends = any(cause.get("reason") == "NamespaceTerminating" for cause in details.get("causes") or [])
        return self.status in (404, 409) or ends


class API:
    """Requests in the name of one token, over connections that are kept."""

    def __init__(self, server, token, tls):
        parts = urlsplit(server)
        self.host, self.port, self.token, self.tls = parts.hostname, parts.port, token, tls
        self.idle = []

    async def _connect(self):
        return await asyncio.open_connection(self.host, self.port, ssl=self.tls, limit=1 << 20)

    def _send(self, writer, method, target, body, kind):
        headers = http1.Headers([
            ("host", f"{self.host}:{self.port}"), ("accept", JSON), ("user-agent", "harness"),
            ("authorization", f"Bearer {self.token}"), ("content-length", str(len(body)))])
        if body:
            headers.append(("content-type", kind))
        writer.write(http1.head_bytes(f"{method} {target} HTTP/1.1", headers) + body)

    async def _exchange(self, connection, method, target, body, kind):
        reader, writer = connection
        self._send(writer, method, target, body, kind)
        await writer.drain()
        head = await http1.read_head(reader)
        if head is None:
            raise ConnectionResetError("no answer")
        answer = await http1.whole(http1.chunks(reader, head[1]), 64 << 20)
        if (head[1].get("connection") or "").lower() == "close":
            writer.close()
        else:
            self.idle.append(connection)
        return int(head[0].split(" ")[1]), answer

    async def raw(self, method, target, body=b"", kind=JSON, timeout=30):
        """The status and bytes of the answer; OSError and EOFError where there is none."""
        while self.idle:
            connection = self.idle.pop()
            if connection[1].is_closing() or connection[0].at_eof():
                connection[1].close()
                continue
            try:
                return await asyncio.wait_for(self._exchange(connection, method, target, body, kind), timeout)
            except (ConnectionError, EOFError):
                connection[1].close()
                if method != "GET":
                    raise
        connection = await asyncio.wait_for(self._connect(), timeout)
        try:
            return await asyncio.wait_for(self._exchange(connection, method, target, body, kind), timeout)
        except BaseException:
            connection[1].transport.abort()
            raise

    async def request(self, method, target, document=None, kind=JSON, timeout=30):
        """The answer as an object; APIError where the server refuses."""
        body = b"" if document is None else document if isinstance(document, bytes) else json.dumps(document).encode()
        status, answer = await self.raw(method, target, body, kind, timeout)
        try:
            answer = json.loads(answer) if answer else {}
        except ValueError:
            answer = {"message": answer.decode("utf-8", "replace")}
        if status >= 300:
            raise APIError(status, answer)
        return answer

    async def insist(self, method, target, document=None, kind=JSON):
        """As `request`, but goes on trying while the server is away or refuses for now."""
        while True:
            try:
                return await self.request(method, target, document, kind)
            except (OSError, EOFError, asyncio.TimeoutError):
                await asyncio.sleep(0.1)
            except APIError as error:
                if error.status not in (429, 500, 503, 504):
                    raise
                await asyncio.sleep(0.1)

    async def watch(self, target):
        """The events of a watch, until the server ends it."""
        reader, writer = await self._connect()
        try:
            self._send(writer, "GET", target, b"", JSON)
            await writer.drain()
            head = await http1.read_head(reader)
            if head is None:
                raise ConnectionResetError("no answer")
            pieces = http1.chunks(reader, head[1])
            if " 200 " not in head[0] + " ":
                raise APIError(int(head[0].split(" ")[1]), {"message": (await http1.whole(pieces)).decode()})
            buffer = bytearray()
            async for piece in pieces:
                buffer += piece
                while (end := buffer.find(b"\n")) >= 0:
                    line = bytes(buffer[:end])
                    del buffer[:end + 1]
                    yield json.loads(line)
        finally:
            writer.transport.abort()


def key(item):
    return item["metadata"].get("namespace", ""), item["metadata"]["name"]


class Informer:
    """The objects of one collection, kept by list and watch; `changed(object, gone)` is called for each change."""

    def __init__(self, api, collection, changed=lambda item, gone: None):
        self.api, self.collection, self.changed = api, collection, changed
        self.items = {}
        self.synced = asyncio.Event()
        self.trouble = None

    def _set(self, item):
        self.items[key(item)] = item
        self.changed(item, False)

    def _drop(self, name, item):
        self.items.pop(name, None)
        self.changed(item, True)

    async def _list(self):
        answer = await self.api.request("GET", self.collection)
        kind = answer["kind"].removesuffix("List")
        present = {}
        for item in answer["items"]:
            item.setdefault("kind", kind)
            present[key(item)] = item
        for name in [name for name in self.items if name not in present]:
            self._drop(name, self.items[name])
        for name, item in present.items():
            if self.items.get(name, {}).get("metadata", {}).get("resourceVersion") != item["metadata"]["resourceVersion"]:
                self._set(item)
        self.synced.set()
        return answer["metadata"]["resourceVersion"]

    async def run(self):
        while True:
            try:
                version = await self._list()
                self.trouble = None
                while True:
                    target = f"{self.collection}?watch=true&allowWatchBookmarks=true&resourceVersion={version}"
                    async for event in self.api.watch(target):
                        item = event["object"]
                        if event["type"] == "ERROR":
                            raise APIError(item.get("code", 500), item)
                        version = item["metadata"]["resourceVersion"]
                        if event["type"] == "DELETED":
                            self._drop(key(item), item)
                        elif event["type"] != "BOOKMARK":
                            self._set(item)
            except (OSError, EOFError, APIError, asyncio.TimeoutError, asyncio.LimitOverrunError) as error:
                # Servers that are away are no news each tenth of a second.
                if self.trouble != type(error):
                    print(f"{self.collection}: {error!r}", file=sys.stderr)
                self.trouble = type(error)
                await asyncio.sleep(0.1)


def segment(text):
    return quote(text, safe="")
