#!/usr/bin/env python3
"""A Kubernetes cluster on this machine, for tests: a real control plane, and played nodes and gateway.

  export KUBEBUILDER_ASSETS=…   (a folder with etcd, kube-apiserver, kube-controller-manager and kubectl)
  python3 cluster.py up --state /tmp/cluster

It stays in the foreground, prints one line of JSON when it is ready, and ends everything that it started on SIGTERM or
SIGINT, when its standard input is a pipe that ends, when its parent dies, and after --limit seconds.

What Pods do is said by their image's last name: crash, missing, never-ready, hang, slow, failing (see pod_runner.py);
everything else is disturbed by the HTTP API at `control` (see control.py).
"""

import argparse
import asyncio
import json
import os
import shutil
import signal
import stat
import sys
import tempfile
import time

import programs
from api import API
from control import Control
from control_plane import ControlPlane
from credentials import Credentials
from envoy import Envoy
from fault_proxy import FaultProxy
from gateway import Gateway
from kubelet import Kubelet
from namespaces import Namespaces
from pod_addresses import EgressProxy, PodAddresses
from processes import stop_all
from webhooks import Webhooks

HERE = os.path.dirname(os.path.abspath(__file__))
ROLE = os.path.normpath(os.path.join(HERE, "../../../../Playbooks/samples/kubernetes/role.yml"))


class Cluster:
    def __init__(self, options):
        self.options, self.tasks, self.children, self.state = options, [], [], {}
        self.folder = os.path.abspath(options.state or tempfile.mkdtemp(prefix="turnout-cluster-"))

    async def start(self):
        options = self.options
        folder = self.folder
        os.makedirs(folder, mode=0o700, exist_ok=True)
        program = await asyncio.to_thread(programs.envoy)
        credentials = await asyncio.to_thread(Credentials, os.path.join(folder, "credentials"))
        addresses = PodAddresses()
        # A Unix socket's path may have 107 bytes.
        egress = EgressProxy(addresses, os.path.join(options.sockets or folder, f"egress-{os.getpid()}.sock"))
        await egress.start()
        plane = self.control_plane = ControlPlane(options.assets, folder, credentials, egress.path)
        self.children += plane.children
        envoy = Envoy(program, folder)
        self.children.append(envoy.child)
        api = self.api = API(plane.server, credentials.tokens["harness"], credentials.client_tls())
        await asyncio.gather(plane.start(api), envoy.start())
        self.namespaces = Namespaces(api, credentials, options.role)
        self.kubelet = Kubelet(
            api, addresses, credentials.server_tls(), options.ready_after, options.longest_pre_stop, options.real_probes)
        self.gateway = Gateway(api, addresses, envoy)
        self.webhooks = Webhooks(api, credentials)
        self.proxy = FaultProxy(
            "127.0.0.1", plane.port, credentials.server_tls(optional_clients=True), credentials.client_tls(),
            credentials.client_tls("front-proxy"))
        await self.proxy.start()
        await self._install_definitions()
        await self.kubelet.start(self.tasks)
        await self.gateway.start(self.tasks)
        proxied = f"https://127.0.0.1:{self.proxy.port}"
        self.namespaces.servers = {"kubeconfig": plane.server, "proxied_kubeconfig": proxied}
        first = await self.namespaces.create(options.namespace)
        control = Control(self)
        await control.start(options.control_port)
        self.state = {
            "kubeconfig": credentials.kubeconfig(
                "admin", plane.server, first["namespace"], token=credentials.tokens["admin"]),
            "certificate_kubeconfig": credentials.kubeconfig(
                "admin-certificate", plane.server, first["namespace"], certificate="admin"),
            "restricted_kubeconfig": first["kubeconfig"], "proxied_kubeconfig": first["proxied_kubeconfig"],
            "server": plane.server, "proxy": proxied, "certificate_authority": credentials.path("ca.crt"),
            "namespace": first["namespace"], "gateway_name": first["gateway_name"], "gateway": first["gateway"],
            "control": f"http://127.0.0.1:{control.port}", "envoy": envoy.admin, "process": os.getpid(), "state": folder,
        }

    async def _install_definitions(self):
        plane, manifests = self.control_plane, os.path.join(HERE, "manifests")
        try:
            await self.namespaces.install(manifests)
        except (ConnectionError, EOFError):
            await asyncio.sleep(0.2)
            own = os.path.join(self.options.assets, "kube-apiserver")
            if plane.apiserver.running or plane.apiserver.words[0] != own:
                raise
            programs.remember_that_it_dies(own)
            plane.apiserver.words[0] = await asyncio.to_thread(programs.repaired_apiserver)
            await plane.start_apiserver(self.api)
            await self.namespaces.install(manifests)


def watch_owner(loop, end):
    """Ends when standard input does, or the parent: whoever started this has died then."""
    kind = os.fstat(0).st_mode
    if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind):
        def read():
            if not os.read(0, 1024):
                loop.remove_reader(0)
                end(None)
        loop.add_reader(0, read)
    parent = os.getppid()

    async def look():
        while os.getppid() == parent:
            await asyncio.sleep(0.5)
        end("the parent has died")
    return asyncio.create_task(look())


async def up(options):
    loop, ending = asyncio.get_running_loop(), asyncio.Event()
    why = []

    def end(reason):
        """An end without a reason is the usual one, and says nothing behind what its owner said last."""
        why.append(reason)
        ending.set()

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, end, number.name)
    loop.call_later(options.limit, end, f"{options.limit} s are over")
    owner = watch_owner(loop, end)
    cluster, started = Cluster(options), time.monotonic()
    starting = asyncio.create_task(cluster.start())
    waiting = asyncio.create_task(ending.wait())
    try:
        await asyncio.wait({starting, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not ending.is_set():
            starting.result()
            print(json.dumps({**cluster.state, "seconds": round(time.monotonic() - started, 1)}), flush=True)
            await watch_parts(cluster, waiting)
    finally:
        if why != [None]:
            print(f"ending: {', '.join(filter(None, why)) or 'failed'}", file=sys.stderr)
        owner.cancel()
        starting.cancel()
        for task in cluster.tasks:
            task.cancel()
        stop_all(cluster.children)
        if not options.state:
            shutil.rmtree(cluster.folder)


async def watch_parts(cluster, waiting):
    """Waits for the end; one of its own parts that fails ends it too, rather than a test that waits in vain."""
    done, _ = await asyncio.wait({waiting, *cluster.tasks}, return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()
    if waiting not in done:
        raise RuntimeError("a part of the harness has ended")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("up", help="start a cluster and stay")
    command.add_argument("--state", help="folder for keys, logs and data, which is kept; else one that is removed at the end")
    command.add_argument("--assets", default=os.environ.get("KUBEBUILDER_ASSETS"))
    command.add_argument("--namespace", default="models")
    command.add_argument("--role", default=ROLE, help="the Role that the account turnout gets in each namespace")
    command.add_argument("--sockets", help="folder for a Unix socket, where the state's path is too long for one")
    command.add_argument("--control-port", type=int, default=0)
    command.add_argument("--ready-after", type=float, default=0.3, help="seconds until a started Pod is ready")
    command.add_argument("--real-probes", action="store_true", help="heed the probes' delays and periods instead")
    command.add_argument("--longest-pre-stop", type=float, default=1.5, help="what a preStop sleep takes at most")
    command.add_argument("--limit", type=float, default=3600, help="seconds after which it ends by itself")
    options = parser.parse_args()
    if not options.assets:
        parser.error("KUBEBUILDER_ASSETS is not set")
    asyncio.run(up(options))


if __name__ == "__main__":
    main()
