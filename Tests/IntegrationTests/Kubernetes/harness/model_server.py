"""The server in a Pod: answers as Azure's inference server does, or fails as it is told to."""

import asyncio
import json

import http1


class ModelServer:
    """Listens for one Pod, on a real port for each of its container ports."""

    def __init__(self, addresses, ip, ports, deployment, log, probe_paths=("/",)):
        self.addresses, self.ip, self.ports, self.deployment, self.log = addresses, ip, ports, deployment, log
        self.probe_paths = set(probe_paths) | {"/", "/healthz", "/livez", "/readyz"}
        self.fault = None
        self.delay = 0.0
        self.draining = False
        self.served = 0
        self.anonymous = 0
        self.in_flight = 0
        self.servers, self.writers = [], {}

    async def start(self):
        for port in self.ports:
            server = await asyncio.start_server(self._connection, "127.0.0.1", 0, limit=http1.HEAD_LIMIT, backlog=512)
            self.servers.append(server)
            self.addresses.real[self.ip, port] = server.sockets[0].getsockname()[:2]

    async def _connection(self, reader, writer):
        def idle(flag):
            self.writers[writer] = flag
            if flag and self.draining:
                writer.close()

        self.writers[writer] = True
        try:
            await http1.serve_connection(self._answer, reader, writer, idle)
        finally:
            self.writers.pop(writer, None)

    async def _answer(self, request):
        if request.method in ("GET", "HEAD") and request.path in self.probe_paths:
            return http1.Response.text(503 if self.fault == "never-ready" else 200, "Healthy", close=self.draining)
        if request.method == "GET" and request.path == "/swagger.json":
            return http1.Response.text(200, '{"swagger": "2.0"}', "application/json")
        self.in_flight += 1
        try:
            return await self._score(request)
        finally:
            self.in_flight -= 1

    async def _score(self, request):
        if self.fault == "hang":
            await asyncio.sleep(3600)
        if self.delay:
            await asyncio.sleep(self.delay)
        headers = http1.Headers([("content-type", "application/json"), ("azureml-model-deployment", self.deployment)])
        if client := request.headers.get("x-ms-client-request-id"):
            headers.append(("x-ms-client-request-id", client))
        self.served += 1
        if self._fails(request):
            self.log("ERROR the model failed")
            return http1.Response(500, headers, b'{"message": "the model failed"}', close=self.draining)
        if request.method != "POST":
            return http1.Response(405, headers, b'{"message": "POST is expected"}', close=self.draining)
        try:
            json.loads(request.body)
        except ValueError:
            return http1.Response(400, headers, b'{"message": "JSON is expected"}', close=self.draining)
        body = json.dumps({"deployment": self.deployment, "predictions": [11055.98, 4503.08]}).encode()
        return http1.Response(200, headers, body, close=self.draining)

    def _fails(self, request):
        """`failing-20` fails every fifth of the requests that name no deployment: of clients, not of tests."""
        kind, _, percent = (self.fault or "").partition("-")
        if kind != "failing":
            return False
        if not percent:
            return True
        if request.headers.get("azureml-model-deployment"):
            return False
        self.anonymous += 1
        return self.anonymous * int(percent) // 100 > (self.anonymous - 1) * int(percent) // 100

    def stop_accepting(self):
        """As a server does that was told to end: no new connections, and idle ones are closed."""
        self.draining = True
        for port in self.ports:
            self.addresses.real.pop((self.ip, port), None)
        for server in self.servers:
            server.close()
        for writer, idle in list(self.writers.items()):
            if idle:
                writer.close()

    def kill(self):
        self.stop_accepting()
        for writer in list(self.writers):
            writer.transport.abort()
