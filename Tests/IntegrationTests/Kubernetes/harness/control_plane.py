"""The real control plane: etcd, kube-apiserver and kube-controller-manager."""

import asyncio
import json
import os
import signal
import time

import programs
from processes import Child, free_port

CONTROLLERS = ",".join([
    "deployment", "replicaset", "endpoint", "endpointslice", "garbagecollector", "serviceaccount",
    "serviceaccount-token", "root-ca-cert-publisher", "namespace", "resourcequota", "podgc",
    "horizontalpodautoscaling", "disruption",
])

# Writes with what they answered, from whoever: so that a write which changed nothing is told from one that did.
AUDIT = {
    "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "resources": [{"group": "", "resources": ["events", "nodes"]},
                                        {"group": "events.k8s.io"}, {"group": "coordination.k8s.io"}]},
        {"level": "RequestResponse", "verbs": ["create", "update", "patch", "delete", "deletecollection"],
         "resources": [
             {"group": "", "resources": ["services", "configmaps", "pods"]},
             {"group": "apps", "resources": ["deployments", "deployments/scale", "deployments/status"]},
             {"group": "autoscaling"}, {"group": "gateway.networking.k8s.io"}]},
        {"level": "Metadata", "userGroups": ["system:serviceaccounts"]},
        {"level": "None"},
    ],
}

# Connections from the API server to Pods and kubelets go through the harness, which knows where Pods really listen.
EGRESS = {
    "apiVersion": "apiserver.k8s.io/v1beta1", "kind": "EgressSelectorConfiguration",
    "egressSelections": [{"name": "cluster", "connection": {"proxyProtocol": "HTTPConnect", "transport": {}}}],
}


class ControlPlane:
    def __init__(self, assets, folder, credentials, egress_socket):
        self.folder, self.credentials = folder, credentials
        self.port, etcd, peer = free_port(), free_port(), free_port()
        self.server = f"https://127.0.0.1:{self.port}"
        self.audit_log = os.path.join(folder, "audit.log")
        policy = self._write("audit-policy.json", AUDIT)
        EGRESS["egressSelections"][0]["connection"]["transport"] = {"uds": {"udsName": egress_socket}}
        egress = self._write("egress.json", EGRESS)
        path = credentials.path
        self.etcd = Child("etcd", [
            f"{assets}/etcd", "--data-dir", f"{folder}/etcd", "--unsafe-no-fsync", "--logger", "zap",
            "--log-level", "warn", "--listen-client-urls", f"http://127.0.0.1:{etcd}",
            "--advertise-client-urls", f"http://127.0.0.1:{etcd}", "--listen-peer-urls", f"http://127.0.0.1:{peer}",
            "--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}",
            "--initial-cluster", f"default=http://127.0.0.1:{peer}",
        ], folder)
        self.apiserver = Child("kube-apiserver", [
            programs.apiserver(assets), f"--etcd-servers=http://127.0.0.1:{etcd}", "--bind-address=127.0.0.1",
            f"--secure-port={self.port}", "--endpoint-reconciler-type=none", "--advertise-address=127.0.0.1",
            f"--tls-cert-file={path('apiserver.crt')}", f"--tls-private-key-file={path('apiserver.key')}",
            f"--client-ca-file={path('ca.crt')}", f"--token-auth-file={path('tokens.csv')}",
            f"--requestheader-client-ca-file={path('ca.crt')}", "--requestheader-allowed-names=front-proxy",
            "--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group",
            "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={path('service-account.key')}",
            f"--service-account-signing-key-file={path('service-account.key')}",
            "--service-cluster-ip-range=10.96.0.0/16", "--authorization-mode=RBAC", "--allow-privileged=true",
            "--disable-admission-plugins=TaintNodesByCondition", "--profiling=false",
            "--kubelet-preferred-address-types=InternalIP",
            f"--egress-selector-config-file={egress}", f"--cert-dir={folder}/apiserver-certs",
            f"--audit-policy-file={policy}", f"--audit-log-path={self.audit_log}", "--audit-log-maxsize=1000",
            "--max-requests-inflight=2000", "--max-mutating-requests-inflight=1000",
        ], folder)
        own = credentials.kubeconfig("controllers", self.server, token=credentials.tokens["system:kube-controller-manager"])
        self.controllers = Child("kube-controller-manager", [
            f"{assets}/kube-controller-manager", f"--kubeconfig={own}", f"--controllers={CONTROLLERS}",
            "--leader-elect=false", f"--service-account-private-key-file={path('service-account.key')}",
            f"--root-ca-file={path('ca.crt')}", "--port=0", f"--secure-port={free_port()}",
            "--bind-address=127.0.0.1", f"--cert-dir={folder}/controller-certs", "--kube-api-qps=500",
            "--kube-api-burst=1000", "--concurrent-deployment-syncs=10", "--concurrent-replicaset-syncs=10",
            "--concurrent-endpoint-syncs=10", "--concurrent-service-endpoint-syncs=10",
            "--horizontal-pod-autoscaler-sync-period=2s", "--resource-quota-sync-period=10s",
            "--concurrent-namespace-syncs=10", "--namespace-sync-period=10s",
        ], folder)
        self.children = [self.controllers, self.apiserver, self.etcd]

    def _write(self, name, document):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(document, file)
        return path

    async def start(self, api):
        self.etcd.start()
        self.apiserver.start()
        await self.ready(api)
        self.controllers.start()

    async def ready(self, api, seconds=60):
        """Returns once the API server says that it is ready."""
        deadline = time.monotonic() + seconds
        while True:
            if not self.apiserver.running or not self.etcd.running:
                raise RuntimeError(f"the control plane ended:\n{self.etcd.tail()}\n{self.apiserver.tail()}")
            try:
                status, _ = await api.raw("GET", "/readyz", timeout=5)
                if status == 200:
                    return
            except (OSError, EOFError, asyncio.TimeoutError):
                pass  # It doesn't listen yet.
            if time.monotonic() > deadline:
                raise RuntimeError(f"the API server is not ready after {seconds} s:\n{self.apiserver.tail()}")
            await asyncio.sleep(0.05)

    async def stop_apiserver(self, kill):
        await asyncio.to_thread(self.apiserver.stop, 5.0, kill)

    async def start_apiserver(self, api, wait=True):
        if not self.apiserver.running:
            self.apiserver.start()
        if wait:
            await self.ready(api)

    def freeze_controllers(self, frozen):
        self.controllers.signal(signal.SIGSTOP if frozen else signal.SIGCONT)
