"""Many endpoints like one that Turnout has made: copies of its objects, whose Pods no kubelet runs."""

import asyncio
import json

from api import MERGE
from gateway import API_PATH

# How many requests are under way at a time.
WIDTH = 16
RULES = 15


def _copy(item, old, new):
    """The object under another name, without what belongs to this very one."""
    item = json.loads(json.dumps(item).replace(old[0], new[0]).replace(old[1], new[1]))
    meta = item["metadata"]
    item["metadata"] = {name: meta[name] for name in ("name", "namespace", "labels", "annotations") if name in meta}
    item.pop("status", None)
    return item


class Crowd:
    def __init__(self, api):
        self.api, self.room = api, asyncio.Semaphore(WIDTH)

    async def make(self, namespace, endpoint, deployment, endpoints, deployments):
        """Copies `endpoint` with its deployment into so many others; returns how many objects were made."""
        object_name = f"{endpoint}-{deployment}"
        paths = {
            "deployment": f"/apis/apps/v1/namespaces/{namespace}/deployments",
            "service": f"/api/v1/namespaces/{namespace}/services", "pod": f"/api/v1/namespaces/{namespace}/pods",
            "route": f"{API_PATH}/namespaces/{namespace}/httproutes"}
        models = {kind: await self.api.request("GET", f"{paths[kind]}/{object_name}") for kind in ("deployment", "service")}
        models["route"] = await self.api.request("GET", f"{paths['route']}/{endpoint}")
        pods = await self.api.request(
            "GET", f"{paths['pod']}?labelSelector=app.kubernetes.io%2Finstance%3D{object_name}")
        pod = pods["items"][0]
        models["deployment"]["spec"]["replicas"] = 0
        for key in ("clusterIP", "clusterIPs"):
            models["service"]["spec"].pop(key, None)
        # Nobody's: no ReplicaSet counts it, no scheduler gives it a node, no kubelet runs it.
        pod["metadata"]["labels"].pop("pod-template-hash")
        pod["spec"].pop("nodeName", None)
        pod["spec"]["schedulerName"] = "nobody"
        models["pod"], status = pod, pod["status"]
        # No gateway of this cluster's.
        models["route"]["spec"]["parentRefs"] = [{"name": "elsewhere"}]

        async def one(kind, new):
            item = _copy(models[kind], (endpoint, deployment), new)
            async with self.room:
                await self.api.insist("POST", paths[kind], item)
                if kind == "pod":
                    await self.api.insist(
                        "PATCH", f"{paths[kind]}/{item['metadata']['name']}/status", {"status": status}, MERGE)

        async def route(name, names):
            item = _copy(models["route"], (endpoint, deployment), (name, names[0]))
            named = [rule for rule in item["spec"]["rules"] if "headers" in rule["matches"][0]][0]
            text = json.dumps(named)
            item["spec"]["rules"] = [json.loads(text.replace(names[0], other)) for other in names[:RULES]]
            async with self.room:
                await self.api.insist("POST", paths["route"], item)

        work = []
        for number in range(endpoints):
            name = f"crowd{number:02}"
            names = [f"version{index:02}" for index in range(deployments)]
            work.append(route(name, names))
            work += [one(kind, (name, other)) for other in names for kind in ("deployment", "service", "pod")]
        await asyncio.gather(*work)
        return len(work)
