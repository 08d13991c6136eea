"""Gives Pods a node, where one has the wanted labels and enough room."""

import asyncio
import re

from api import APIError, Informer, key
from events import now

UNITS = {"": 1, "m": 1e-3, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}


def quantity(text):
    number, unit = re.fullmatch(r"([0-9.]+)([A-Za-z]*)", str(text)).groups()
    return float(number) * UNITS[unit]


def requests(pod):
    total = {}
    for container in pod["spec"]["containers"]:
        for name, amount in container.get("resources", {}).get("requests", {}).items():
            total[name] = total.get(name, 0) + quantity(amount)
    return total


def tolerates(pod, taint):
    return any(
        item.get("operator") == "Exists" and item.get("key") in (None, taint["key"])
        or item.get("key") == taint["key"] and item.get("value", "") == taint.get("value", "")
        for item in pod["spec"].get("tolerations", []))


class Scheduler:
    def __init__(self, api, events, pods, running):
        self.api, self.events, self.pods, self.running = api, events, pods, running
        self.nodes = Informer(api, "/api/v1/nodes", lambda node, gone: self.wake.set())
        self.wake = asyncio.Event()
        self.refused = {}

    async def run(self):
        while True:
            await self.wake.wait()
            await self.running.wait()
            self.wake.clear()
            for pod in list(self.pods.items.values()):
                if self._is_waiting(pod):
                    await self._place(pod)

    @staticmethod
    def _is_waiting(pod):
        spec = pod["spec"]
        own = spec.get("schedulerName", "default-scheduler") == "default-scheduler"
        return own and not spec.get("nodeName") and not pod["metadata"].get("deletionTimestamp")

    def _used(self):
        used = {}
        for pod in self.pods.items.values():
            if (node := pod["spec"].get("nodeName")) and pod.get("status", {}).get("phase") not in ("Failed", "Succeeded"):
                of_node = used.setdefault(node, {"pods": 0})
                of_node["pods"] += 1
                for name, amount in requests(pod).items():
                    of_node[name] = of_node.get(name, 0) + amount
        return used

    def _obstacle(self, pod, node, used):
        """Why the node cannot have the Pod, in the scheduler's words; None where it can."""
        labels = node["metadata"].get("labels", {})
        if any(labels.get(name) != value for name, value in pod["spec"].get("nodeSelector", {}).items()):
            return "node(s) didn't match node selector"
        if node["spec"].get("unschedulable"):
            return "node(s) were unschedulable"
        for taint in node["spec"].get("taints", []):
            if taint["effect"] != "PreferNoSchedule" and not tolerates(pod, taint):
                return f"node(s) had taint {{{taint['key']}: {taint.get('value', '')}}}, that the pod didn't tolerate"
        room = {name: quantity(amount) for name, amount in node["status"].get("allocatable", {}).items()}
        for name, amount in {**requests(pod), "pods": 1}.items():
            if used.get(name, 0) + amount > room.get(name, 0):
                return "Too many pods" if name == "pods" else f"Insufficient {name}"
        return None

    async def _place(self, pod):
        meta, nodes, obstacles = pod["metadata"], self.nodes.items, {}
        used = self._used()
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        for node in sorted(nodes.values(), key=lambda node: used.get(node["metadata"]["name"], {}).get("pods", 0)):
            name = node["metadata"]["name"]
            if obstacle := self._obstacle(pod, node, used.get(name, {})):
                obstacles[obstacle] = obstacles.get(obstacle, 0) + 1
                continue
            try:
                await self.api.insist("POST", f"{path}/binding", {
                    "apiVersion": "v1", "kind": "Binding", "metadata": {"name": meta["name"], "uid": meta["uid"]},
                    "target": {"apiVersion": "v1", "kind": "Node", "name": name}})
            except APIError as error:
                if not error.is_gone:
                    raise
                return
            if (current := self.pods.items.get(key(pod))) is not None:
                current["spec"]["nodeName"] = name
            await self.events.record(pod, "Scheduled", f"Successfully assigned {meta['namespace']}/{meta['name']} to {name}",
                                     component="default-scheduler")
            return
        why = ", ".join(f"{count} {obstacle}" for obstacle, count in sorted(obstacles.items()))
        message = f"0/{len(nodes)} nodes are available: {why}."
        if self.refused.get(meta["uid"]) == message:
            return
        self.refused[meta["uid"]] = message
        try:
            await self.api.insist("PATCH", f"{path}/status", {"status": {"conditions": [{
                "type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message,
                "lastTransitionTime": now()}]}}, "application/strategic-merge-patch+json")
        except APIError as error:
            if not error.is_gone:
                raise
            return
        await self.events.record(pod, "FailedScheduling", message, "Warning", "default-scheduler")
