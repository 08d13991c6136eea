"""Admission webhooks: a server that denies or changes what the API server shows to it, and its registration."""

import base64
import json

import http1
from api import APIError

GROUP = "/apis/admissionregistration.k8s.io/v1"


class Webhooks:
    def __init__(self, api, credentials):
        self.api, self.credentials = api, credentials
        self.port, self.rules = None, {}

    async def add(self, told):
        """{"namespace", "group", "resource", "deny": message} or, instead of deny, "patch": [JSON Patch …], or "inject":
        what is merged into the object, as injectors do: items of lists that have a name once, by it."""
        if self.port is None:
            _, self.port = await http1.start_server(self._answer, tls=self.credentials.server_tls())
        name = f"{told['namespace']}-{told['resource']}.turnout.dev"
        self.rules[name] = told
        with open(self.credentials.path("ca.crt"), "rb") as file:
            authority = base64.b64encode(file.read()).decode()
        kind = "Validating" if "deny" in told else "Mutating"
        await self.api.request("POST", f"{GROUP}/{kind.lower()}webhookconfigurations", {
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": f"{kind}WebhookConfiguration",
            "metadata": {"name": name}, "webhooks": [{
                "name": name, "sideEffects": "None", "admissionReviewVersions": ["v1"], "timeoutSeconds": 5,
                "clientConfig": {"url": f"https://127.0.0.1:{self.port}/{name}", "caBundle": authority},
                "namespaceSelector": {"matchLabels": {"turnout.dev/name": told["namespace"]}},
                "rules": [{"apiGroups": [told.get("group", "")], "apiVersions": ["*"],
                           "operations": ["CREATE", "UPDATE"], "resources": [told["resource"]]}]}]})

    async def clear(self):
        for name, told in list(self.rules.items()):
            kind = "validating" if "deny" in told else "mutating"
            try:
                await self.api.request("DELETE", f"{GROUP}/{kind}webhookconfigurations/{name}")
            except APIError as error:
                if error.status != 404:
                    raise
            del self.rules[name]

    async def _answer(self, request):
        told = self.rules.get(request.target.split("?")[0].strip("/"), {})
        review = json.loads(request.body)
        answer = {"uid": review["request"]["uid"], "allowed": "deny" not in told}
        if "deny" in told:
            answer["status"] = {"message": told["deny"]}
        elif "patch" in told or "inject" in told:
            patch = told.get("patch") or [
                {"op": "add", "path": f"/{key}", "value": injected(review["request"]["object"].get(key), value)}
                for key, value in told["inject"].items()]
            answer["patchType"] = "JSONPatch"
            answer["patch"] = base64.b64encode(json.dumps(patch).encode()).decode()
        return http1.Response.text(200, json.dumps({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}), "application/json")


def injected(present, value):
    """What is there with `value` merged into it, which changes nothing the second time."""
    if isinstance(value, dict) and isinstance(present, dict):
        return {**present, **{key: injected(present.get(key), item) for key, item in value.items()}}
    if isinstance(value, list) and isinstance(present, list):
        items = list(present)
        for item in value:
            name = item.get("name", item.get("key")) if isinstance(item, dict) else item
            same = [index for index, old in enumerate(items)
                    if (old.get("name", old.get("key")) if isinstance(old, dict) else old) == name]
            if same:
                items[same[0]] = injected(items[same[0]], item)
            else:
                items.append(item)
        return items
    return value
