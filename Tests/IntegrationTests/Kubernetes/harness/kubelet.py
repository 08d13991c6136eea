"""The nodes: their kubelets run every Pod that is bound to them, and tell the API server their logs."""

import asyncio
from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import http1
from api import MERGE, Informer, key
from events import Events
from pod_runner import PodRunner
from scheduler import Scheduler

NODES = ("node-1", "node-2")
ROOM = {"cpu": "256", "memory": "1Ti", "pods": "4000", "ephemeral-storage": "1Ti"}


class Kubelet:
    def __init__(self, api, addresses, tls, ready_after=0.3, longest_pre_stop=1.5, real_probes=False):
        self.api, self.addresses, self.tls = api, addresses, tls
        self.ready_after, self.longest_pre_stop, self.real_probes = ready_after, longest_pre_stop, real_probes
        self.running = asyncio.Event()
        self.running.set()
        self.events = Events(api)
        self.runners, self.faults = {}, []
        self.pods = Informer(api, "/api/v1/pods", self._changed)
        self.scheduler = Scheduler(api, self.events, self.pods, self.running)

    async def start(self, tasks):
        self.log_server, port = await http1.start_server(self._serve_log, tls=self.tls)
        for name in NODES:
            await self._register(name, port)
        for work in (self.scheduler.nodes.run(), self.pods.run(), self.scheduler.run()):
            tasks.append(asyncio.create_task(work))

    async def _register(self, name, port):
        labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
        await self.api.request("POST", "/api/v1/nodes", {
            "apiVersion": "v1", "kind": "Node", "metadata": {"name": name, "labels": labels}})
        stamp = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        await self.api.request("PATCH", f"/api/v1/nodes/{name}/status", {"status": {
            "capacity": ROOM, "allocatable": ROOM,
            "addresses": [{"type": "InternalIP", "address": "127.0.0.1"}, {"type": "Hostname", "address": name}],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": port}},
            "nodeInfo": {"kubeletVersion": "v1.20.2", "kubeProxyVersion": "v1.20.2", "operatingSystem": "linux",
                         "architecture": "amd64", "osImage": "harness", "kernelVersion": "", "machineID": name,
                         "systemUUID": name, "bootID": name, "containerRuntimeVersion": "containerd://1.4.0"},
            "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady", "message": "it is ready",
                            "lastHeartbeatTime": stamp, "lastTransitionTime": stamp}]}}, MERGE)

    def _changed(self, pod, gone):
        meta = pod["metadata"]
        runner = self.runners.get(key(pod))
        if runner and (gone or runner.uid != meta["uid"]):
            runner.forget()
            self.runners.pop(key(pod))
            runner = None
        if gone:
            # There may be room now for one that waits.
            self.scheduler.wake.set()
            return
        if not pod["spec"].get("nodeName"):
            self.scheduler.wake.set()
            if meta.get("deletionTimestamp") and not runner:
                return
        elif runner is None:
            runner = self.runners[key(pod)] = PodRunner(self, pod)
        if runner and meta.get("deletionTimestamp"):
            runner.terminate(pod)

    # Faults that are told while Pods run

    def matches(self, rule, runner):
        return rule.get("namespace") in (None, runner.namespace) and rule.get("pod") in (None, runner.name) and all(
            runner.labels.get(name) == value for name, value in rule.get("labels", {}).items())

    def fault_of(self, runner):
        for rule in reversed(self.faults):
            if self.matches(rule, runner):
                return rule.get("fault"), float(rule.get("delay", 0))
        return None

    def add_fault(self, rule):
        self.faults.append(rule)
        matching = [runner for runner in self.runners.values() if self.matches(rule, runner)]
        for runner in matching:
            runner.set_fault(rule.get("fault"), float(rule.get("delay", 0)))
        return len(matching)

    def served(self):
        return [{
            "namespace": runner.namespace, "pod": runner.name, "labels": runner.labels, "ip": runner.ip,
            "ready": runner.ready, "restarts": runner.restarts,
            "served": runner.server.served if runner.server else 0,
            "in_flight": runner.server.in_flight if runner.server else 0,
        } for runner in self.runners.values()]

    # Logs

    async def _serve_log(self, request):
        parts = urlsplit(request.target)
        options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        words = parts.path.strip("/").split("/")
        if len(words) != 4 or words[0] != "containerLogs":
            return http1.Response.text(404, f"this kubelet serves logs alone, not {parts.path}")
        _, namespace, name, container = words
        runner = self.runners.get((namespace, name))
        if runner is None:
            return http1.Response.text(404, f'pod "{name}" not found')
        lines = runner.log
        if options.get("previous") == "true":
            if runner.previous_log is None and "running" in runner.state:
                return http1.Response.text(
                    400, f'previous terminated container "{container}" in pod "{name}" not found')
            lines = runner.previous_log if runner.previous_log is not None else runner.log
        elif not lines and "waiting" in runner.state:
            return http1.Response.text(
                400, f'container "{container}" in pod "{name}" is waiting to start: {runner.state["waiting"]["reason"]}')
        shown = list(lines)
        if since := options.get("sinceSeconds"):
            start = datetime.now(timezone.utc) - timedelta(seconds=int(since))
            shown = [line for line in shown if line[0] >= start]
        if (tail := options.get("tailLines")) is not None:
            shown = shown[len(shown) - min(len(shown), int(tail)):]
        stamps = options.get("timestamps") == "true"
        text = b"".join(_line(line, stamps) for line in shown)
        if limit := options.get("limitBytes"):
            text = text[:int(limit)]
        kind = http1.Headers([("content-type", "text/plain")])
        if options.get("follow") == "true":
            return http1.Response(200, kind, self._follow(runner, text, len(lines), stamps), close=True)
        return http1.Response(200, kind, text)

    async def _follow(self, runner, text, seen, stamps):
        yield text
        log = runner.log
        while runner.log is log and self.runners.get((runner.namespace, runner.name)) is runner:
            lines = list(log)
            for line in lines[seen:]:
                yield _line(line, stamps)
            seen = len(lines)
            await asyncio.sleep(0.1)


def _line(line, stamps):
    when, text = line
    return (f"{when.isoformat().replace('+00:00', 'Z')} {text}\n" if stamps else f"{text}\n").encode()
