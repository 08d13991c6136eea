"""One Pod's life: images, containers, probes, crashes, and a termination that drains."""

import asyncio
import re
import time
from collections import deque
from datetime import datetime, timezone

from api import MERGE, APIError
from events import now
from model_server import ModelServer

# What an image's last name may begin with, to have its Pods fail.
FAULTS = ("crash", "missing", "never-ready", "hang", "slow", "failing")
PULL_ERROR = 'rpc error: code = NotFound desc = failed to pull and unpack image "{0}": failed to resolve reference "{0}": not found'


def image_fault(image):
    name = image.rsplit("/", 1)[-1].split(":")[0].split("@")[0]
    return next((fault for fault in FAULTS if name.startswith(fault)), None)


class Gone(Exception):
    """The Pod is no more."""


class PodRunner:
    """Runs one Pod until it is deleted. Only the first container serves; all have the same state."""

    def __init__(self, kubelet, pod):
        self.kubelet, self.pod = kubelet, pod
        meta = pod["metadata"]
        self.name, self.namespace, self.uid = meta["name"], meta["namespace"], meta["uid"]
        self.labels = meta.get("labels", {})
        self.path = f"/api/v1/namespaces/{self.namespace}/pods/{self.name}"
        self.container = pod["spec"]["containers"][0]
        self.ip, self.server = None, None
        self.state, self.last_state, self.restarts = {"waiting": {"reason": "ContainerCreating"}}, {}, 0
        self.ready, self.since = False, {}
        self.log, self.previous_log = deque(maxlen=2000), None
        self.fault, self.delay = image_fault(self.container["image"]), 0.0
        if self.fault == "slow":
            self.delay = 2.0
        self.crash_now = asyncio.Event()
        self.life = asyncio.create_task(self._guarded(self._live()))
        self.end = None

    async def _guarded(self, work):
        try:
            await work
        except Gone:
            pass  # Whoever deleted it has what they wanted; `forget` cleans up.

    def forget(self):
        """The API server has no such Pod any more."""
        for task in (self.life, self.end):
            if task:
                task.cancel()
        if self.server:
            self.server.kill()

    def terminate(self, pod):
        if self.end is None:
            self.pod = pod
            self.life.cancel()
            self.end = asyncio.create_task(self._guarded(self._end()))

    def set_fault(self, fault, delay):
        self.fault, self.delay = fault, delay
        if self.server:
            self.server.fault, self.server.delay = fault, delay
        if fault == "crash":
            self.crash_now.set()

    def say(self, text):
        self.log.append((datetime.now(timezone.utc), text))

    # Status

    async def _report(self):
        await self.kubelet.running.wait()
        conditions = []
        for kind, holds in (("Initialized", True), ("Ready", self.ready), ("ContainersReady", self.ready),
                            ("PodScheduled", True)):
            text = "True" if holds else "False"
            if self.since.get(kind, ("",))[0] != text:
                self.since[kind] = (text, now())
            condition = {"type": kind, "status": text, "lastTransitionTime": self.since[kind][1]}
            if not holds:
                condition["reason"] = "ContainersNotReady"
                condition["message"] = f"containers with unready status: [{self.container['name']}]"
            conditions.append(condition)
        started = "running" in self.state
        container = {
            "image": self.container["image"], "ready": self.ready, "started": started, "restartCount": self.restarts,
            "imageID": f"docker-pullable://{self.container['image']}" if started or self.restarts else "",
            "state": self.state, "lastState": self.last_state}
        if started or self.restarts:
            container["containerID"] = f"containerd://{self.uid}-{self.restarts}"
        status = {
            "phase": "Running" if started or self.restarts else "Pending", "conditions": conditions,
            "hostIP": "127.0.0.1", "startTime": self.since["PodScheduled"][1],
            "containerStatuses": [{**container, "name": item["name"]} for item in self.pod["spec"]["containers"]]}
        if self.ip:
            status.update(podIP=self.ip, podIPs=[{"ip": self.ip}])
        await self._write("PATCH", f"{self.path}/status", {"metadata": {"uid": self.uid}, "status": status}, MERGE)

    async def _write(self, method, path, document, kind):
        try:
            await self.kubelet.api.insist(method, path, document, kind)
        except APIError as error:
            if error.is_gone:
                raise Gone from error
            raise

    async def _event(self, reason, message, kind="Normal"):
        await self.kubelet.running.wait()
        await self.kubelet.events.record(self.pod, reason, message, kind, container=self.container["name"])

    # Life

    async def _live(self):
        self.fault, self.delay = self.kubelet.fault_of(self) or (self.fault, self.delay)
        await self._report()
        await self._mount()
        await self._pull()
        while True:
            await self._start()
            reason = await self._serve()
            await self._crash(reason)

    async def _mount(self):
        """Waits for the ConfigMaps and Secrets of its volumes, as kubelets do."""
        told = False
        for volume in self.pod["spec"].get("volumes", []):
            for kind, collection, field in (("configMap", "configmaps", "name"), ("secret", "secrets", "secretName")):
                source = volume.get(kind)
                if source is None or source.get("optional"):
                    continue
                while True:
                    try:
                        await self.kubelet.api.insist(
                            "GET", f"/api/v1/namespaces/{self.namespace}/{collection}/{source[field]}")
                        break
                    except APIError as error:
                        if error.status != 404:
                            raise
                    if not told:
                        await self._event(
                            "FailedMount", f'MountVolume.SetUp failed for volume "{volume["name"]}" : '
                            f'{kind.lower()} "{source[field]}" not found', "Warning")
                        told = True
                    await asyncio.sleep(0.5)

    async def _pull(self):
        image = self.container["image"]
        while self.fault == "missing":
            await self._event("Pulling", f'Pulling image "{image}"')
            await self._event("Failed", f'Failed to pull image "{image}": {PULL_ERROR.format(image)}', "Warning")
            await self._event("Failed", "Error: ErrImagePull", "Warning")
            self.state = {"waiting": {"reason": "ErrImagePull", "message": PULL_ERROR.format(image)}}
            await self._report()
            await asyncio.sleep(0.5)
            await self._event("BackOff", f'Back-off pulling image "{image}"')
            await self._event("Failed", "Error: ImagePullBackOff", "Warning")
            self.state = {"waiting": {"reason": "ImagePullBackOff", "message": f'Back-off pulling image "{image}"'}}
            await self._report()
            await asyncio.sleep(3)
        await self._event("Pulled", f'Container image "{image}" already present on machine')

    def _ports(self):
        ports = {port["containerPort"] for port in self.container.get("ports", [])}
        for name in ("livenessProbe", "readinessProbe", "startupProbe"):
            port = self.container.get(name, {}).get("httpGet", {}).get("port")
            if isinstance(port, int):
                ports.add(port)
        return ports or {5001}

    def _probe_paths(self):
        probes = (self.container.get(name, {}) for name in ("livenessProbe", "readinessProbe", "startupProbe"))
        return [probe["httpGet"].get("path", "/") for probe in probes if "httpGet" in probe]

    async def _start(self):
        name = self.container["name"]
        await self._event("Created", f"Created container {name}")
        self.ip = self.ip or self.kubelet.addresses.new()
        self.log = deque(maxlen=2000)
        self.crash_now.clear()
        deployment = self.labels.get("turnout.dev/deployment") or self.labels.get("app.kubernetes.io/instance") or self.name
        self.server = ModelServer(
            self.kubelet.addresses, self.ip, self._ports(), deployment, self.say, self._probe_paths())
        self.server.fault, self.server.delay = self.fault, self.delay
        self.say(f"Starting {self.container['image']}")
        self.started_at = now()
        if self.fault != "crash":
            await self.server.start()
            self.say("Listening at: http://0.0.0.0:5001")
        self.state = {"running": {"startedAt": self.started_at}}
        await self._report()
        await self._event("Started", f"Started container {name}")

    async def _serve(self):
        """Serves and probes until it is to crash; says with which words."""
        if self.fault == "crash":
            await asyncio.sleep(0.1)
            self.say("Traceback (most recent call last):")
            self.say('  File "/var/azureml-app/score.py", line 9, in init')
            return "RuntimeError: the model cannot be loaded"
        probe = self.container.get("readinessProbe", {})
        wait = probe.get("initialDelaySeconds", 0) if self.kubelet.real_probes else self.kubelet.ready_after
        while True:
            try:
                await asyncio.wait_for(self.crash_now.wait(), wait)
                return "RuntimeError: it was told to crash"
            except asyncio.TimeoutError:
                pass
            passes = self.server.fault != "never-ready"
            if passes != self.ready:
                self.ready = passes
                await self._report()
            if not passes:
                await self._event("Unhealthy", "Readiness probe failed: HTTP probe failed with statuscode: 503", "Warning")
            wait = probe.get("periodSeconds", 10) if self.kubelet.real_probes else 0.5

    async def _crash(self, words):
        self.say(words)
        self.server.kill()
        self.ready = False
        ended = {"terminated": {
            "exitCode": 1, "reason": "Error", "startedAt": self.started_at, "finishedAt": now(),
            "containerID": f"containerd://{self.uid}-{self.restarts}"}}
        self.state = ended
        await self._report()
        # Real kubelets wait 10 s, 20 s … 5 min.
        back_off = min(0.5 * 2 ** self.restarts, 5)
        if self.restarts > 0:
            self.state = {"waiting": {"reason": "CrashLoopBackOff", "message": (
                f"back-off {10 * 2 ** min(self.restarts, 5)}s restarting failed container={self.container['name']} "
                f"pod={self.name}_{self.namespace}({self.uid})")}}
            self.last_state = ended
            await self._report()
            await self._event("BackOff", "Back-off restarting failed container", "Warning")
        await asyncio.sleep(back_off)
        self.previous_log, self.last_state = self.log, ended
        self.restarts += 1

    # End

    async def _end(self):
        await self.kubelet.running.wait()
        limit = time.monotonic() + self.pod["metadata"].get("deletionGracePeriodSeconds", 30)
        if self.server and "running" in self.state:
            await self._event("Killing", f"Stopping container {self.container['name']}")
            await asyncio.sleep(min(self._pre_stop(), limit - time.monotonic()))
            self.server.stop_accepting()
            while self.server.in_flight and time.monotonic() < limit:
                await asyncio.sleep(0.02)
            self.server.kill()
        await self.kubelet.running.wait()
        await self._write("DELETE", self.path, {
            "apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0,
            "preconditions": {"uid": self.uid}}, "application/json")

    def _pre_stop(self):
        """How long a preStop hook lets it go on serving: `sleep N`, cut short so that tests are quick."""
        command = " ".join(
            self.container.get("lifecycle", {}).get("preStop", {}).get("exec", {}).get("command", []))
        found = re.search(r"\bsleep\W+([0-9.]+)", command)
        return min(float(found.group(1)), self.kubelet.longest_pre_stop) if found else 0.0
