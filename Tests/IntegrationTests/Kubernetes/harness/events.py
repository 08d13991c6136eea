"""Events as schedulers and kubelets record them: one object for each reason, counted up."""

import hashlib
from datetime import datetime, timezone

from api import MERGE, APIError


def now():
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Events:
    def __init__(self, api):
        self.api = api
        self.counts = {}

    async def record(self, pod, reason, message, kind="Normal", component="kubelet", container=None):
        meta = pod["metadata"]
        digest = hashlib.sha1(f"{meta['uid']}/{reason}/{message}/{container}".encode()).hexdigest()[:16]
        path, name = f"/api/v1/namespaces/{meta['namespace']}/events", f"{meta['name']}.{digest}"
        count = self.counts[name] = self.counts.get(name, 0) + 1
        try:
            if count > 1:
                await self.api.insist("PATCH", f"{path}/{name}", {"count": count, "lastTimestamp": now()}, MERGE)
                return
            await self.api.insist("POST", path, {
                "apiVersion": "v1", "kind": "Event", "metadata": {"name": name, "namespace": meta["namespace"]},
                "involvedObject": {
                    "apiVersion": "v1", "kind": "Pod", "namespace": meta["namespace"], "name": meta["name"],
                    "uid": meta["uid"], "resourceVersion": meta["resourceVersion"],
                    **({"fieldPath": f"spec.containers{{{container}}}"} if container else {})},
                "reason": reason, "message": message, "type": kind, "count": 1, "firstTimestamp": now(),
                "lastTimestamp": now(), "source": {"component": component},
            })
        except APIError as error:
            if not error.is_gone:
                raise
