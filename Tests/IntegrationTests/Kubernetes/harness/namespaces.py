"""Namespaces for tests, each with a gateway of its own and the account under which Turnout runs."""

import asyncio
import base64
import json
import os
import re

from api import YAML, APIError, segment
from gateway import API_PATH, CLASS
from processes import free_port

ACCOUNT = "turnout"
CORE = "/api/v1/namespaces"
RBAC = "/apis/rbac.authorization.k8s.io/v1/namespaces"

# Until there is a file.
EVERYTHING = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": ACCOUNT},
              "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]}


def documents(path):
    """The documents of a YAML file, by kind; the API server reads them itself."""
    with open(path, encoding="utf-8") as file:
        for text in re.split(r"^---\s*$", file.read(), flags=re.MULTILINE):
            if found := re.search(r"^kind:\s*(\S+)", text, flags=re.MULTILINE):
                yield found.group(1), text


class Namespaces:
    def __init__(self, api, credentials, role_file):
        self.api, self.credentials, self.role_file = api, credentials, role_file
        self.servers = {}

    async def install(self, manifests):
        """The custom resource definitions and the GatewayClass."""
        collection = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
        names = []
        for file in sorted(os.listdir(manifests)):
            for _, text in documents(os.path.join(manifests, file)):
                names.append(re.search(r"^  name: (\S+)$", text, flags=re.MULTILINE).group(1))
                try:
                    await self.api.request("POST", collection, text.encode(), YAML)
                except APIError as error:
                    # Of an API server that died since.
                    if error.status != 409:
                        raise
        for name in names:
            while True:
                answer = await self.api.request("GET", f"{collection}/{name}")
                conditions = answer.get("status", {}).get("conditions", [])
                if any(item["type"] == "Established" and item["status"] == "True" for item in conditions):
                    break
                await asyncio.sleep(0.02)
        await self._until_served(f"{API_PATH}/gatewayclasses")
        await self.api.request("POST", f"{API_PATH}/gatewayclasses", {
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": {"name": CLASS},
            "spec": {"controllerName": "turnout.dev/test-gateway"}})

    async def _until_served(self, path):
        while True:
            try:
                await self.api.request("GET", path)
                return
            except APIError as error:
                if error.status != 404:
                    raise
            await asyncio.sleep(0.05)

    async def create(self, name):
        """Makes a namespace; returns where its gateway listens, and the kubeconfigs of its account."""
        await self.api.request("POST", CORE, {
            "apiVersion": "v1", "kind": "Namespace", "metadata": {
                "name": name, "labels": {"turnout.dev/test": "yes", "turnout.dev/name": name}}})
        port = free_port()
        await self.api.request("POST", f"{API_PATH}/namespaces/{name}/gateways", {
            "apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway",
            "metadata": {"name": "gateway", "namespace": name},
            "spec": {"gatewayClassName": CLASS, "listeners": [
                {"name": "http", "port": port, "protocol": "HTTP", "allowedRoutes": {"namespaces": {"from": "Same"}}}]}})
        await self.api.request("POST", f"{CORE}/{name}/serviceaccounts", {
            "apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": ACCOUNT}})
        await self.grant(name)
        # Pods are refused until the namespace's own account has its token.
        await self._token(name, "default")
        token = await self._token(name, ACCOUNT)
        made = {"namespace": name, "gateway_name": "gateway", "gateway": f"http://127.0.0.1:{port}", "token": token}
        for kind, server in self.servers.items():
            made[kind] = self.credentials.kubeconfig(f"{name}-{kind}", server, name, token=token)
        return made

    async def grant(self, name):
        """Gives the account the rights of the file that users get, in this namespace."""
        roles = [json.dumps(EVERYTHING)]
        if self.role_file and os.path.exists(self.role_file):
            roles = [text for kind, text in documents(self.role_file) if kind == "Role"]
        for text in roles:
            # Its own namespace, if it names one, is the reader's.
            text = re.sub(r"^(  namespace:).*$", rf"\1 {name}", text, flags=re.MULTILINE)
            role = await self.api.request("POST", f"{RBAC}/{name}/roles", text.encode(), YAML)
            await self.api.request("POST", f"{RBAC}/{name}/rolebindings", {
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                "metadata": {"name": role["metadata"]["name"]},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role["metadata"]["name"]},
                "subjects": [{"kind": "ServiceAccount", "name": ACCOUNT, "namespace": name}]})

    async def _token(self, namespace, account):
        while True:
            try:
                answer = await self.api.request("GET", f"{CORE}/{namespace}/serviceaccounts/{account}")
                if secrets := answer.get("secrets"):
                    secret = await self.api.request("GET", f"{CORE}/{namespace}/secrets/{secrets[0]['name']}")
                    if token := (secret.get("data") or {}).get("token"):
                        return base64.b64decode(token).decode()
            except APIError as error:
                if error.status != 404:
                    raise
            await asyncio.sleep(0.05)

    async def mint(self, namespace, account, seconds):
        """A token for `seconds`: by TokenRequest where it gives one, else signed here."""
        path = f"{CORE}/{namespace}/serviceaccounts/{segment(account)}"
        if seconds >= 600:
            answer = await self.api.request("POST", f"{path}/token", {
                "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": seconds}})
            return answer["status"]["token"]
        uid = (await self.api.request("GET", path))["metadata"]["uid"]
        return await asyncio.to_thread(self.credentials.mint, namespace, account, uid, seconds)

    async def delete(self, name):
        await self.api.request("DELETE", f"{CORE}/{name}")
