"""A proxy in front of the API server that fails as it is told to, and keeps what went through it.

A rule is {"verb": … or [… , …], "path": regular expression, "agent": …, "after": N, "every": N, "times": N, "action": …}.
The first one that fits a request is used: not for the first `after` that fit, then for each `every`-th, and used up after
`times` (without it: never). Verbs are get, watch, create, update, patch and delete. Actions:

  status         answers `status` (429, 500, 503, 401 …) without asking the server; `retry_after` seconds
  cut            ends the connection before the server has heard of the request
  drop_response  ends the connection after the server has done what it was asked
  delay          goes on after `seconds`
  hold_response  answers `seconds` after the server has done what it was asked
  expire_watch   lets a watch begin and ends it by a 410 inside the stream
  truncate       ends a watch's or another answer's stream in the middle, after `bytes`
"""

import asyncio
import json
import re
import time
from urllib.parse import parse_qs, urlsplit

import http1

HOP = ("connection", "transfer-encoding", "content-length", "keep-alive")
READING = {"GET": "get", "HEAD": "get"}
WRITING = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


class Rule:
    def __init__(self, told):
        self.told = told
        self.action = told["action"]
        self.left, self.skip, self.every, self.seen = told.get("times"), told.get("after", 0), told.get("every", 1), 0
        verbs = told.get("verb")
        self.verbs = [verbs] if isinstance(verbs, str) else verbs
        self.path = re.compile(told.get("path", ""))

    def takes(self, verb, target, agent):
        if self.left == 0 or self.verbs and verb not in self.verbs or not self.path.search(target):
            return False
        if self.told.get("agent", "") not in agent:
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.seen += 1
        if self.seen % self.every:
            return False
        if self.left is not None:
            self.left -= 1
        return True


def verb_of(request):
    if request.method not in READING:
        return WRITING.get(request.method, request.method.lower())
    return "watch" if parse_qs(urlsplit(request.target).query).get("watch", ["0"])[0] in ("1", "true") else "get"


class FaultProxy:
    def __init__(self, host, port, server_tls, client_tls, proxy_tls):
        self.host, self.upstream_port = host, port
        self.server_tls, self.client_tls, self.proxy_tls = server_tls, client_tls, proxy_tls
        self.rules, self.requests = [], []
        self.watches = set()
        self.port = None

    async def start(self, port=0):
        _, self.port = await http1.start_server(self._answer, port=port, tls=self.server_tls)

    def cut_watches(self):
        """Ends every watch that is open, in the middle; returns how many."""
        count = len(self.watches)
        for writer in list(self.watches):
            writer.transport.abort()
        return count

    async def _answer(self, request):
        verb, agent = verb_of(request), request.headers.get("user-agent", "")
        entry = {"time": time.time(), "verb": verb, "path": request.target, "agent": agent, "status": None}
        self.requests.append(entry)
        rule = next((rule for rule in self.rules if rule.takes(verb, request.target, agent)), None)
        action = rule.action if rule else None
        if rule:
            entry["fault"] = action
        if action == "delay":
            await asyncio.sleep(rule.told["seconds"])
        elif action == "cut":
            raise http1.Reset
        elif action == "status":
            entry["status"] = rule.told["status"]
            return _refusal(rule.told["status"], rule.told.get("retry_after"))
        try:
            response = await self._forward(request, entry, verb)
        except (OSError, EOFError) as error:
            # As a server that is away: whoever asked gets no answer.
            entry["error"] = str(error)
            raise http1.Reset from error
        if action == "hold_response":
            await asyncio.sleep(rule.told["seconds"])
        if action == "drop_response":
            if not isinstance(response.body, bytes):
                await response.body.aclose()
            raise http1.Reset
        if action == "expire_watch":
            if not isinstance(response.body, bytes):
                await response.body.aclose()
            return http1.Response(200, response.headers, json.dumps({
                "type": "ERROR", "object": status_object(410, "Expired", "too old resource version")}).encode() + b"\n")
        if action == "truncate":
            response.body = self._truncated(response.body, rule.told.get("bytes", 0))
        return response

    async def _truncated(self, body, size):
        if isinstance(body, bytes):
            yield body[:size]
        else:
            async for piece in body:
                yield piece[:size]
                size -= len(piece)
                if size <= 0:
                    break
        raise http1.Reset

    async def _forward(self, request, entry, verb):
        headers = request.headers.without(*HOP, "x-remote-user", "x-remote-group")
        tls = self.client_tls
        if request.peer:
            # The client's certificate ends here: who it is, is told as a front proxy does.
            tls = self.proxy_tls
            for part in request.peer["subject"]:
                for name, value in part:
                    if name in ("commonName", "organizationName"):
                        headers.append(("X-Remote-User" if name == "commonName" else "X-Remote-Group", value))
        headers += [("content-length", str(len(request.body))), ("connection", "close")]
        reader, writer = await asyncio.open_connection(self.host, self.upstream_port, ssl=tls, limit=1 << 20)
        try:
            writer.write(http1.head_bytes(f"{request.method} {request.target} HTTP/1.1", headers) + request.body)
            await writer.drain()
            head = await http1.read_head(reader)
            if head is None:
                raise ConnectionResetError("no answer")
            status = entry["status"] = int(head[0].split(" ")[1])
            kept = head[1].without(*HOP)
            pieces = http1.chunks(reader, head[1], until_close=True)
            if verb == "watch" or "follow=true" in request.target:
                return http1.Response(status, kept, self._stream(pieces, writer, verb), close=True)
            body = await http1.whole(pieces, 64 << 20)
            writer.close()
            return http1.Response(status, kept, body)
        except BaseException:
            writer.transport.abort()
            raise

    async def _stream(self, pieces, writer, verb):
        if verb == "watch":
            self.watches.add(writer)
        try:
            async for piece in pieces:
                yield piece
        except EOFError as error:
            raise http1.Reset from error
        finally:
            self.watches.discard(writer)
            writer.transport.abort()


def status_object(code, reason, message):
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": message,
            "reason": reason, "code": code}


def _refusal(code, retry_after):
    reason = {401: "Unauthorized", 403: "Forbidden", 409: "Conflict", 410: "Expired", 429: "TooManyRequests",
              500: "InternalError", 503: "ServiceUnavailable", 504: "Timeout"}.get(code, "")
    body = json.dumps(status_object(code, reason, f"the fault proxy answers {code}")).encode()
    response = http1.Response(code, http1.Headers([("content-type", "application/json")]), body)
    if retry_after is not None:
        response.headers.append(("retry-after", str(retry_after)))
    return response
