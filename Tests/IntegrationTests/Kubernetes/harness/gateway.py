"""The gateway controller: Gateways and HTTPRoutes become Envoy's configuration, and get their status when it holds."""

import asyncio
import json
import sys

from api import MERGE, APIError, Informer
from envoy import Envoy
from events import now
from routes import Backends, Translated, virtual_hosts

GROUP = "gateway.networking.k8s.io"
CONTROLLER = "turnout.dev/test-gateway"
CLASS = "test-gateway"
API_PATH = f"/apis/{GROUP}/v1"


def condition(kind, holds, reason, message, generation, before):
    text = "True" if holds else "False"
    old = next((item for item in before if item["type"] == kind), None)
    since = old["lastTransitionTime"] if old and old["status"] == text else now()
    return {"type": kind, "status": text, "reason": reason, "message": message, "observedGeneration": generation,
            "lastTransitionTime": since}


class Gateway:
    def __init__(self, api, addresses, envoy: Envoy):
        self.api, self.addresses, self.envoy = api, addresses, envoy
        self.running, self.dirty = asyncio.Event(), asyncio.Event()
        self.running.set()
        change = lambda item, gone: self.dirty.set()
        self.gateways = Informer(api, f"{API_PATH}/gateways", change)
        self.routes = Informer(api, f"{API_PATH}/httproutes", change)
        self.services = Informer(api, "/api/v1/services", change)
        self.endpoints = Informer(api, "/api/v1/endpoints", change)
        self.namespaces = Informer(api, "/api/v1/namespaces", change)
        self.informers = [self.gateways, self.routes, self.services, self.endpoints, self.namespaces]

    async def start(self, tasks):
        for informer in self.informers:
            tasks.append(asyncio.create_task(informer.run()))
        tasks.append(asyncio.create_task(self._run()))

    async def _run(self):
        for informer in self.informers:
            await informer.synced.wait()
        while True:
            await self.dirty.wait()
            await self.running.wait()
            self.dirty.clear()
            try:
                await self._reconcile()
            except (OSError, EOFError, asyncio.TimeoutError, RuntimeError, APIError) as error:
                print(f"gateway: {error}", file=sys.stderr)
                await asyncio.sleep(0.2)
                self.dirty.set()
            # What comes together is looked at together.
            await asyncio.sleep(0.02)

    async def _reconcile(self):
        gateways = {name: item for name, item in self.gateways.items.items()
                    if item["spec"].get("gatewayClassName") == CLASS}
        backends = Backends(self.services.items, self.endpoints.items, self.addresses)
        attached = {name: [] for name in gateways}
        statuses = []
        for route in list(self.routes.items.values()):
            own = [reference for reference in route["spec"].get("parentRefs") or []
                   if self._parent(route, reference) in gateways and reference.get("kind", "Gateway") == "Gateway"]
            if not own and not route.get("status"):
                continue
            translated = Translated(route, backends)
            parents = []
            for reference in own:
                name = self._parent(route, reference)
                refusal = self._refusal(translated, reference, gateways[name])
                if refusal is None and translated not in attached[name]:
                    attached[name].append(translated)
                parents.append((reference, refusal))
            statuses.append((route, parents, translated.problem))
        await self.envoy.apply(
            {self._label(name): item["spec"]["listeners"][0]["port"] for name, item in gateways.items()},
            {self._label(name): virtual_hosts(routes) for name, routes in attached.items()}, backends.clusters)
        for route, parents, problem in statuses:
            await self._route_status(route, parents, problem)
        for name, item in gateways.items():
            await self._gateway_status(item, len(attached[name]))

    @staticmethod
    def _parent(route, reference):
        return reference.get("namespace", route["metadata"]["namespace"]), reference["name"]

    @staticmethod
    def _label(name):
        return "/".join(name)

    def _refusal(self, translated, reference, gateway):
        """Why no listener takes the route: a reason and a message of Accepted."""
        namespace, section = translated.route["metadata"]["namespace"], reference.get("sectionName")
        listeners = [item for item in gateway["spec"]["listeners"] if section in (None, item["name"])]
        if not listeners:
            return "NoMatchingParent", f"the Gateway has no listener {section}"
        if not any(self._allows(listener, namespace, gateway) for listener in listeners):
            return "NotAllowedByListeners", f"no listener allows routes of namespace {namespace}"
        if translated.unsupported:
            return "UnsupportedValue", f"filter {translated.unsupported} is not supported"
        return None

    def _allows(self, listener, namespace, gateway):
        rule = listener.get("allowedRoutes", {}).get("namespaces", {})
        kind = rule.get("from", "Same")
        if kind == "Selector":
            labels = self.namespaces.items.get(("", namespace), {}).get("metadata", {}).get("labels", {})
            wanted = rule.get("selector", {}).get("matchLabels", {})
            return all(labels.get(name) == value for name, value in wanted.items())
        return kind == "All" or namespace == gateway["metadata"]["namespace"]

    async def _patch_status(self, kind, item, status):
        meta = item["metadata"]
        if json.dumps(item.get("status", {}), sort_keys=True) == json.dumps(status, sort_keys=True):
            return
        try:
            await self.api.request(
                "PATCH", f"{API_PATH}/namespaces/{meta['namespace']}/{kind}/{meta['name']}/status",
                {"metadata": {"resourceVersion": meta["resourceVersion"]}, "status": status}, MERGE)
        except APIError as error:
            # Changed or gone meanwhile: the next look has news of it.
            if not error.is_gone:
                raise

    async def _route_status(self, route, parents, problem):
        generation = route["metadata"]["generation"]
        present = route.get("status", {}).get("parents", [])
        wanted = [item for item in present if item["controllerName"] != CONTROLLER]
        for reference, refusal in parents:
            before = next((item["conditions"] for item in present
                           if item["controllerName"] == CONTROLLER and item["parentRef"] == reference), [])
            reason, message = refusal or ("Accepted", "Route is accepted")
            resolved, why = problem or ("ResolvedRefs", "All references are resolved")
            wanted.append({"parentRef": reference, "controllerName": CONTROLLER, "conditions": [
                condition("Accepted", refusal is None, reason, message, generation, before),
                condition("ResolvedRefs", problem is None, resolved, why, generation, before)]})
        await self._patch_status("httproutes", route, {"parents": wanted})

    async def _gateway_status(self, gateway, attached):
        generation, present = gateway["metadata"]["generation"], gateway.get("status", {})

        def conditions(before, *kinds):
            return [condition(kind, True, kind, "It is so", generation, before) for kind in kinds]

        listeners = []
        for listener in gateway["spec"]["listeners"]:
            before = next((item.get("conditions", []) for item in present.get("listeners", [])
                           if item["name"] == listener["name"]), [])
            listeners.append({
                "name": listener["name"], "attachedRoutes": attached,
                "supportedKinds": [{"group": GROUP, "kind": "HTTPRoute"}],
                "conditions": conditions(before, "Accepted", "Programmed", "ResolvedRefs")})
        await self._patch_status("gateways", gateway, {
            "addresses": [{"type": "IPAddress", "value": "127.0.0.1"}],
            "conditions": conditions(present.get("conditions", []), "Accepted", "Programmed"), "listeners": listeners})
