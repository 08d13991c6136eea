"""The article's rollout of YAML files as they are, by Microsoft's own SDK; and what an endpoint has become, however.

Usage: azure_sdk_files.py CONTROL_URL STATE_FOLDER roll-out FOLDER ENDPOINT   (files of FOLDER, under another name)
       azure_sdk_files.py CONTROL_URL STATE_FOLDER show ENDPOINT              (JSON of its resources)
"""

import json
import os
import ssl
import sys
import time
import urllib.request

control, state, verb, *words = sys.argv[1:]
os.environ["AZUREML_DEV_URL_MFE"] = control
os.environ["REQUESTS_CA_BUNDLE"] = f"{state}/local/ca.pem"


def token():
    with open(f"{state}/local/token", encoding="utf-8") as file:
        return file.read().strip()


def roll_out(folder, endpoint_name):
    from azure.ai.ml import MLClient, load_online_deployment, load_online_endpoint
    from azure.core.credentials import AccessToken

    class EmulatorCredential:
        def get_token(self, *scopes, **kwargs):
            return AccessToken(token(), int(time.time()) + 3600)

    client = MLClient(
        EmulatorCredential(), "00000000-0000-0000-0000-000000000000", "local", "turnout", enable_telemetry=False)

    def deploy(file):
        deployment = load_online_deployment(
            f"{folder}/{file}", params_override=[{"endpoint_name": endpoint_name}])
        client.online_deployments.begin_create_or_update(deployment).result()

    def put(**members):
        present = client.online_endpoints.get(endpoint_name)
        for key, value in members.items():
            setattr(present, key, value)
        client.online_endpoints.begin_create_or_update(present).result()

    endpoint = load_online_endpoint(f"{folder}/endpoint.yml", params_override=[{"name": endpoint_name}])
    client.online_endpoints.begin_create_or_update(endpoint).result()
    deploy("blue-deployment.yml")
    put(traffic={"blue": 100})
    blue = client.online_deployments.get("blue", endpoint_name)
    blue.instance_count = 2
    client.online_deployments.begin_create_or_update(blue).result()
    deploy("green-deployment.yml")
    put(mirror_traffic={"green": 10})
    put(mirror_traffic={})
    put(traffic={"blue": 90, "green": 10})
    put(traffic={"blue": 0, "green": 100})
    client.online_deployments.begin_delete("blue", endpoint_name).result()


def get(path):
    base = ("subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/"
            "Microsoft.MachineLearningServices/workspaces/turnout")
    request = urllib.request.Request(f"{control}/{base}/{path}", headers={"Authorization": f"Bearer {token()}"})
    with urllib.request.urlopen(request, timeout=30, context=ssl.create_default_context(
            cafile=f"{state}/local/ca.pem")) as answer:
        return json.load(answer)


def plain(value):
    """Without what differs by name or time of day, and what only Turnout's client notes."""
    if isinstance(value, dict):
        left_out = {"id", "name", "systemData", "scoringUri", "swaggerUri", "principalId", "tenantId"}
        # The SDK writes what it has read of systemData back as properties.
        left_out |= {"createdAt", "createdBy", "lastModifiedAt", "lastModifiedBy"}
        return {key: plain(item) for key, item in sorted(value.items())
                if key not in left_out and not key.startswith("turnout")}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def show(endpoint_name):
    endpoint = get(f"onlineEndpoints/{endpoint_name}")
    deployments = get(f"onlineEndpoints/{endpoint_name}/deployments")["value"]
    found = {"endpoint": plain(endpoint), "deployments": {each["name"]: plain(each) for each in deployments}}
    print("\n".join(members("", found)))


def members(path, value):
    """Lines `path: value`, so that a difference says where it is."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from members(f"{path}/{key}", item)
    else:
        yield f"{path}: {json.dumps(value)}"


{"roll-out": roll_out, "show": show}[verb](*words)
