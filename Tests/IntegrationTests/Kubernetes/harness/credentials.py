"""Keys, certificates, tokens and kubeconfigs of one cluster, made by openssl in its state folder."""

import base64
import json
import os
import secrets
import ssl
import subprocess
import time

NAMES = "DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,IP:127.0.0.1,IP:10.96.0.1"
# How long after `exp` the API server still takes a token (go-jose's DefaultLeeway).
LEEWAY = 60


def _openssl(*words, data=None):
    done = subprocess.run(["openssl", *words], input=data, capture_output=True, check=False)
    if done.returncode:
        raise RuntimeError(f"openssl {' '.join(words)}: {done.stderr.decode()}")
    return done.stdout


def _base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Credentials:
    def __init__(self, folder):
        self.folder = folder
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.tokens = {user: secrets.token_hex(16) for user in ("admin", "harness", "system:kube-controller-manager")}
        self._authority("ca", "turnout-test")
        self._certificate("apiserver", "/CN=kube-apiserver", NAMES)
        self._certificate("admin", "/O=system:masters/CN=admin")
        self._certificate("front-proxy", "/CN=front-proxy")
        _openssl("genrsa", "-out", self.path("service-account.key"), "2048")
        with open(self.path("tokens.csv"), "w", encoding="utf-8") as file:
            for user, token in self.tokens.items():
                file.write(f'{token},{user},{user},"system:masters"\n')

    def path(self, name):
        return os.path.join(self.folder, name)

    def _authority(self, name, subject):
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "7",
                 "-subj", f"/CN={subject}", "-keyout", self.path(f"{name}.key"), "-out", self.path(f"{name}.crt"))

    def _certificate(self, name, subject, names=None):
        """A certificate for servers and clients alike."""
        key, request, extensions = self.path(f"{name}.key"), self.path(f"{name}.csr"), self.path(f"{name}.ext")
        _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", subject,
                 "-keyout", key, "-out", request)
        with open(extensions, "w", encoding="utf-8") as file:
            file.write("extendedKeyUsage=serverAuth,clientAuth\n")
            if names:
                file.write(f"subjectAltName={names}\n")
        _openssl("x509", "-req", "-in", request, "-CA", self.path("ca.crt"), "-CAkey", self.path("ca.key"),
                 "-CAcreateserial", "-days", "7", "-extfile", extensions, "-out", self.path(f"{name}.crt"))

    def server_tls(self, optional_clients=False):
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.path("apiserver.crt"), self.path("apiserver.key"))
        if optional_clients:
            context.load_verify_locations(self.path("ca.crt"))
            context.verify_mode = ssl.CERT_OPTIONAL
        return context

    def client_tls(self, certificate=None):
        context = ssl.create_default_context(cafile=self.path("ca.crt"))
        if certificate:
            context.load_cert_chain(self.path(f"{certificate}.crt"), self.path(f"{certificate}.key"))
        return context

    def mint(self, namespace, account, uid, seconds):
        """A service account's token that the API server refuses in about `seconds`, which TokenRequest (ten minutes
        at least) cannot give. The server remembers tokens that it took for 10 s more."""
        now = time.time()
        claims = {
            "iss": "https://kubernetes.default.svc", "aud": ["https://kubernetes.default.svc"],
            "sub": f"system:serviceaccount:{namespace}:{account}", "iat": int(now) - 3600, "nbf": int(now) - 3600,
            "exp": int(now - LEEWAY + seconds),
            "kubernetes.io": {"namespace": namespace, "serviceaccount": {"name": account, "uid": uid}},
        }
        text = ".".join(_base64url(json.dumps(part).encode()) for part in ({"alg": "RS256", "typ": "JWT"}, claims))
        signature = _openssl("dgst", "-sha256", "-sign", self.path("service-account.key"), data=text.encode())
        return f"{text}.{_base64url(signature)}"

    def kubeconfig(self, name, server, namespace="default", *, token=None, token_file=None, certificate=None):
        """Writes a kubeconfig (as JSON, which is YAML) and returns its path."""
        user = {}
        if token:
            user["token"] = token
        if token_file:
            user["tokenFile"] = token_file
        if certificate:
            user["client-certificate"] = self.path(f"{certificate}.crt")
            user["client-key"] = self.path(f"{certificate}.key")
        with open(self.path("ca.crt"), "rb") as file:
            authority = base64.b64encode(file.read()).decode()
        document = {
            "apiVersion": "v1", "kind": "Config", "preferences": {}, "current-context": name,
            "clusters": [{"name": name, "cluster": {"server": server, "certificate-authority-data": authority}}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": namespace}}],
        }
        path = self.path(f"{name}.kubeconfig")
        with open(path, "w", encoding="utf-8", opener=lambda p, flags: os.open(p, flags, 0o600)) as file:
            json.dump(document, file, indent=1)
        return path
