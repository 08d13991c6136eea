"""A real Envoy whose configuration is a folder of files, each replaced at once."""

import asyncio
import hashlib
import json
import os
import re
import time

import http1
from processes import Child

TYPE = "type.googleapis.com/"
LISTENER = TYPE + "envoy.config.listener.v3.Listener"
CLUSTER = TYPE + "envoy.config.cluster.v3.Cluster"
ROUTES = TYPE + "envoy.config.route.v3.RouteConfiguration"
ENDPOINTS = TYPE + "envoy.config.endpoint.v3.ClusterLoadAssignment"
MANAGER = TYPE + "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = TYPE + "envoy.extensions.filters.http.router.v3.Router"


class Envoy:
    def __init__(self, program, folder):
        self.folder = os.path.join(folder, "envoy")
        os.makedirs(self.folder, exist_ok=True)
        self.written, self.confirmed, self.clusters = {}, {}, {}
        self.admin = None
        self._write("lds", [])
        self._write("cds", [])
        bootstrap = {
            "node": {"id": "harness", "cluster": "harness"},
            "admin": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}}},
            "dynamic_resources": {"lds_config": self._source("lds"), "cds_config": self._source("cds")},
        }
        path = os.path.join(self.folder, "bootstrap.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(bootstrap, file)
        self.admin_file = os.path.join(self.folder, "admin")
        self.child = Child("envoy", [
            program, "-c", path, "--concurrency", "1", "--disable-hot-restart", "--log-level", "warning",
            "--admin-address-path", self.admin_file, "--drain-time-s", "1"], self.folder)

    # Files

    def _path(self, name):
        return os.path.join(self.folder, re.sub(r"[^A-Za-z0-9.-]", "_", name) + ".json")

    def _source(self, name):
        return {"path_config_source": {"path": self._path(name)}, "resource_api_version": "V3"}

    def _write(self, name, resources):
        """Writes one file where it differs; returns the version that Envoy will name."""
        text = json.dumps(resources, sort_keys=True)
        version = hashlib.sha1(text.encode()).hexdigest()[:12]
        if self.written.get(name) != version:
            path = self._path(name)
            with open(path + ".new", "w", encoding="utf-8") as file:
                json.dump({"version_info": version, "resources": resources}, file)
            os.replace(path + ".new", path)
            self.written[name] = version
        return version

    # What is where

    def _listener(self, gateway, port):
        return {
            "@type": LISTENER, "name": gateway,
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
            "filter_chains": [{"filters": [{"name": "envoy.filters.network.http_connection_manager", "typed_config": {
                "@type": MANAGER, "stat_prefix": gateway, "strip_any_host_port": True, "drain_timeout": "1s",
                "rds": {"route_config_name": gateway, "config_source": self._source(f"rds/{gateway}")},
                "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {"@type": ROUTER}}],
            }}]}],
        }

    def _cluster(self, name):
        return {
            "@type": CLUSTER, "name": name, "type": "EDS", "connect_timeout": "1s",
            "eds_cluster_config": {"eds_config": self._source(f"eds/{name}")},
            # Else an update of the endpoints waits for connections that nobody closes.
            "ignore_health_on_host_removal": True,
            "circuit_breakers": {"thresholds": [
                {"max_connections": 4096, "max_pending_requests": 4096, "max_requests": 4096, "max_retries": 64}]},
        }

    @staticmethod
    def _endpoints(name, addresses):
        return {"@type": ENDPOINTS, "cluster_name": name, "endpoints": [{"lb_endpoints": [
            {"endpoint": {"address": {"socket_address": {"address": host, "port_value": port}}}}
            for host, port in addresses]}]}

    async def apply(self, listeners, routes, clusters):
        """Takes effect as a whole: `listeners` by gateway give ports, `routes` by gateway virtual hosts, `clusters` by
        name addresses. Returns when Envoy uses all of it."""
        expected = {}
        for name, addresses in clusters.items():
            expected[f"cluster.{name}"] = self._write(f"eds/{name}", [self._endpoints(name, addresses)])
        # What the old routes lead to stays until the new ones hold.
        both = {**self.clusters, **clusters}
        expected["cluster_manager.cds"] = self._write("cds", [self._cluster(name) for name in sorted(both)])
        await self._holds(expected)
        for gateway, hosts in routes.items():
            expected[f"http.{gateway}.rds.{gateway}"] = self._write(f"rds/{gateway}", [
                {"@type": ROUTES, "name": gateway, "virtual_hosts": hosts}])
        expected["listener_manager.lds"] = self._write("lds", [self._listener(*item) for item in sorted(listeners.items())])
        await self._holds(expected)
        self.clusters = clusters
        if len(both) > len(clusters):
            self._write("cds", [self._cluster(name) for name in sorted(clusters)])
        for name in both.keys() - clusters.keys():
            self.written.pop(f"eds/{name}", None)
            self.confirmed.pop(f"cluster.{name}", None)

    async def _versions(self):
        """The versions that Envoy has taken, by what they are of."""
        found = {}
        for line in (await self.ask("/stats?type=TextReadouts")).decode().splitlines():
            name, version = line.rsplit(": ", 1)
            found[name.removesuffix(".version_text")] = version.strip('"')
        return found

    async def _holds(self, expected, seconds=10):
        deadline = time.monotonic() + seconds
        if all(self.confirmed.get(name) == version for name, version in expected.items()):
            return
        while True:
            found = await self._versions()
            missing = {name: version for name, version in expected.items() if found.get(name) != version}
            if not missing:
                self.confirmed.update(expected)
                # Its workers hear of it a moment after its main thread.
                await asyncio.sleep(0.01)
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"Envoy does not take {missing}, it has {found}:\n{self.child.tail()}")
            await asyncio.sleep(0.02)

    # Process

    async def ask(self, target):
        host, port = self.admin.rsplit(":", 1)
        reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 20)
        try:
            writer.write(f"GET {target} HTTP/1.1\r\nhost: envoy\r\nconnection: close\r\n\r\n".encode())
            head = await http1.read_head(reader)
            if head is None:
                raise ConnectionResetError("Envoy's admin page gives no answer")
            return await http1.whole(http1.chunks(reader, head[1], until_close=True), 256 << 20)
        finally:
            writer.close()

    async def start(self, seconds=20):
        if os.path.exists(self.admin_file):
            os.unlink(self.admin_file)
        self.child.start()
        deadline = time.monotonic() + seconds
        while not (os.path.exists(self.admin_file) and os.path.getsize(self.admin_file)):
            if not self.child.running or time.monotonic() > deadline:
                raise RuntimeError(f"Envoy does not start:\n{self.child.tail()}")
            await asyncio.sleep(0.05)
        with open(self.admin_file, encoding="utf-8") as file:
            self.admin = file.read().strip()
