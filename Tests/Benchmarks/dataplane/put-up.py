#!/usr/bin/env python3
"""put-up.py FOLDER external|simulated DEPLOYMENTS: makes the benchmark's endpoint by the emulator's REST API.

FOLDER is the emulator's (`state/local`). Blue has 90 %, green 10 %, 10 % are copied to the shadow unless MIRROR is 0,
and the primary key is KEY. Returns when everything is ready.
"""
import json
import os
import ssl
import sys
import time
import urllib.error
import urllib.request

folder, kind, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
BASE = ("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local"
        "/providers/Microsoft.MachineLearningServices/workspaces/turnout/onlineEndpoints/houses")
DEADLINE = time.monotonic() + 60


def wait(what, ready):
    while not (found := ready()):
        if time.monotonic() > DEADLINE:
            sys.exit(f"put-up.py: {what} did not come to be")
        time.sleep(0.05)
    return found


def served():
    try:
        with open(folder + "/serve.json") as file:
            return json.load(file)
    except FileNotFoundError:
        return None


control = wait("the emulator", served)["control"]
trust = ssl.create_default_context(cafile=folder + "/ca.pem")
with open(folder + "/token") as file:
    token = file.read().strip()


def send(method, path, body=None):
    request = urllib.request.Request(
        control + BASE + path, method=method, data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": "Bearer " + token, "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, context=trust) as answer:
            text = answer.read()
    except urllib.error.HTTPError as error:
        sys.exit(f"put-up.py: {method} {path or 'the endpoint'}: {error.code} {error.read().decode()}")
    return json.loads(text) if text else None


def put(path, body):
    send("PUT", path, body)
    resource = wait(path or "the endpoint", lambda: (
        found := send("GET", path), found["properties"]["provisioningState"] in ("Succeeded", "Failed"))[1] and found)
    if resource["properties"]["provisioningState"] == "Failed":
        sys.exit(f"put-up.py: {path or 'the endpoint'} failed")


def instances(name):
    if kind == "simulated":
        # The answer of the benchmark's own servers, which it looks for.
        return {"simulate": {
            "latency": {"p50": "0ms", "p99": "0ms"}, "answer": [11055.977245525679, 4503.079536107787]}}
    return {"external": os.environ.get(f"{name.upper()}_URL") or os.environ["SHADOW_URL"]}


def endpoint(traffic, mirror):
    return {"location": "local", "properties": {"authMode": "Key", "traffic": traffic, "mirrorTraffic": mirror}}


put("", endpoint({}, {}))
for name in ["blue", "green", "shadow"] + [f"other-{number}" for number in range(count - 3)]:
    put("/deployments/" + name, {
        "location": "local", "sku": {"name": "Default", "capacity": 1},
        "properties": {
            "endpointComputeType": "Managed", "instanceType": "Standard_DS3_v2",
            "requestSettings": {"requestTimeout": "PT30S", "maxConcurrentRequestsPerInstance": 16384},
            "properties": {"turnout.dev/instances": json.dumps(instances(name))}}})
put("", endpoint({"blue": 90, "green": 10}, {} if os.environ.get("MIRROR") == "0" else {"shadow": 10}))
send("POST", "/regenerateKeys", {"keyType": "Primary", "keyValue": os.environ["KEY"]})
