"""The harness's own HTTP API, by which tests disturb the cluster: see ROUTES."""

import asyncio
import json
import re
import sys
from urllib.parse import parse_qsl, urlsplit

import audit
import http1
from api import APIError
from crowd import Crowd
from fault_proxy import Rule


class Control:
    """Each route is a method and a path; bodies and answers are JSON."""

    def __init__(self, cluster):
        self.cluster, self.port = cluster, None
        self.ROUTES = {
            ("GET", "/state"): self.state,
            # {"name": …} → {"namespace", "gateway", "token", "kubeconfig" (of the account), "proxied_kubeconfig", …}
            ("POST", "/namespaces"): self.namespace,
            ("DELETE", "/namespaces"): self.delete_namespace,
            # {"part": "kubelet" | "gateway" | "controllers"}
            ("POST", "/pause"): lambda told: self.pause(told, True),
            ("POST", "/resume"): lambda told: self.pause(told, False),
            # {"do": "kill" | "stop" | "start" | "restart", "wait": true}
            ("POST", "/apiserver"): self.apiserver,
            # Rules of fault_proxy.py, one or a list
            ("POST", "/faults"): self.add_faults,
            ("GET", "/faults"): self.faults,
            ("DELETE", "/faults"): self.clear_faults,
            ("POST", "/watches/cut"): self.cut_watches,
            # What went through the fault proxy, and the audit log's writes and requests (?namespace=)
            ("GET", "/requests"): self.requests,
            ("DELETE", "/requests"): self.clear_requests,
            ("GET", "/writes"): self.writes,
            ("GET", "/audit"): self.audited,
            # {"namespace", "account", "seconds"} → {"token"}
            ("POST", "/tokens"): self.token,
            # {"namespace", "labels": {…}, "fault": null | "crash" | "hang" | "failing" | "never-ready" …, "delay": s}
            ("POST", "/pods/fault"): self.pod_fault,
            ("DELETE", "/pods/fault"): self.clear_pod_faults,
            ("GET", "/pods"): self.pods,
            # {"namespace", "endpoint", "deployment": to be copied, "endpoints": N, "deployments": N}, see crowd.py
            ("POST", "/crowd"): self.crowd,
            # {"namespace", "group", "resource", "deny": message | "patch": […] | "inject": {…}}
            ("POST", "/webhooks"): self.add_webhook,
            ("DELETE", "/webhooks"): self.clear_webhooks,
        }

    async def start(self, port=0):
        _, self.port = await http1.start_server(self._answer, port=port)

    async def _answer(self, request):
        parts = urlsplit(request.target)
        handler = self.ROUTES.get((request.method, parts.path))
        if handler is None:
            return _json(404, {"error": f"there is no {request.method} {parts.path}", "routes": sorted(
                f"{method} {path}" for method, path in self.ROUTES)})
        try:
            told = json.loads(request.body) if request.body else dict(parse_qsl(parts.query))
            return _json(200, await handler(told))
        except APIError as error:
            return _json(error.status, {"error": str(error)})
        except (KeyError, TypeError, ValueError, re.error) as error:
            return _json(400, {"error": repr(error)})
        except (OSError, EOFError, RuntimeError, asyncio.TimeoutError) as error:
            print(f"control: {request.target}: {error!r}", file=sys.stderr)
            return _json(500, {"error": repr(error)})

    async def state(self, told):
        return self.cluster.state

    async def namespace(self, told):
        return await self.cluster.namespaces.create(told["name"])

    async def delete_namespace(self, told):
        await self.cluster.namespaces.delete(told["name"])
        return {}

    async def pause(self, told, paused):
        part = told["part"]
        if part == "controllers":
            self.cluster.control_plane.freeze_controllers(paused)
            return {}
        running = {"kubelet": self.cluster.kubelet.running, "gateway": self.cluster.gateway.running}[part]
        (running.clear if paused else running.set)()
        return {}

    async def apiserver(self, told):
        plane, what = self.cluster.control_plane, told["do"]
        if what in ("kill", "stop", "restart"):
            await plane.stop_apiserver(kill=what == "kill")
        if what in ("start", "restart"):
            await plane.start_apiserver(self.cluster.api, told.get("wait", True))
        return {"running": plane.apiserver.running}

    async def add_faults(self, told):
        self.cluster.proxy.rules += [Rule(item) for item in (told if isinstance(told, list) else [told])]
        return {}

    async def faults(self, told):
        return [{**rule.told, "left": rule.left} for rule in self.cluster.proxy.rules]

    async def clear_faults(self, told):
        self.cluster.proxy.rules.clear()
        return {}

    async def cut_watches(self, told):
        return {"cut": self.cluster.proxy.cut_watches()}

    async def requests(self, told):
        return self.cluster.proxy.requests

    async def clear_requests(self, told):
        self.cluster.proxy.requests.clear()
        return {}

    async def writes(self, told):
        return audit.writes(self.cluster.control_plane.audit_log, told.get("namespace"))

    async def audited(self, told):
        return list(audit.requests(self.cluster.control_plane.audit_log, told.get("namespace")))

    async def token(self, told):
        return {"token": await self.cluster.namespaces.mint(
            told["namespace"], told.get("account", "turnout"), float(told["seconds"]))}

    async def pod_fault(self, told):
        return {"pods": self.cluster.kubelet.add_fault(told)}

    async def clear_pod_faults(self, told):
        """Pods that run keep their fault; ones that start get none."""
        self.cluster.kubelet.faults.clear()
        return {}

    async def crowd(self, told):
        return {"made": await Crowd(self.cluster.api).make(
            told["namespace"], told["endpoint"], told["deployment"], told["endpoints"], told["deployments"])}

    async def add_webhook(self, told):
        await self.cluster.webhooks.add(told)
        return {}

    async def clear_webhooks(self, told):
        await self.cluster.webhooks.clear()
        return {}

    async def pods(self, told):
        return self.cluster.kubelet.served()


def _json(status, document):
    return http1.Response.text(status, json.dumps(document) + "\n", "application/json")
