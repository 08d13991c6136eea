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
        """{"namespace", "group", "resource", "deny": message} or, instead of deny, "patch": [JSON Patch …]."""
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
        elif "patch" in told:
            answer["patchType"] = "JSONPatch"
            answer["patch"] = base64.b64encode(json.dumps(told["patch"]).encode()).decode()
        return http1.Response.text(200, json.dumps({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": answer}), "application/json")
