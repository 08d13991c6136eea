"""The article's rollout, driven by Microsoft's own SDK against the emulator.

Usage: azure_sdk_article.py CONTROL_URL STATE_FOLDER SAMPLES_FOLDER
Ends with 0 and the line "all steps passed", or with the first step that failed.
"""

import json
import os
import ssl
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid

control, state, samples = sys.argv[1:4]
os.environ["AZUREML_DEV_URL_MFE"] = control
os.environ["REQUESTS_CA_BUNDLE"] = f"{state}/local/ca.pem"
os.environ["AZURE_ML_CLI_PRIVATE_FEATURES_ENABLED"] = "false"

from azure.ai.ml import MLClient  # noqa: E402
from azure.ai.ml.constants._endpoint import EndpointInvokeFields  # noqa: E402
from azure.ai.ml.entities import (  # noqa: E402
    CodeConfiguration, Environment, ManagedOnlineDeployment, ManagedOnlineEndpoint, Model, OnlineRequestSettings,
)
from azure.core.credentials import AccessToken  # noqa: E402
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError  # noqa: E402
from azure.storage.blob import ContainerClient  # noqa: E402


class EmulatorCredential:
    """The emulator's token, as any credential object hands over its own."""

    def get_token(self, *scopes, **kwargs):
        with open(f"{state}/local/token", encoding="utf-8") as file:
            return AccessToken(file.read().strip(), int(time.time()) + 3600)


client = MLClient(
    EmulatorCredential(), "00000000-0000-0000-0000-000000000000", "local", "turnout", enable_telemetry=False)
endpoint_name = "endpt-" + uuid.uuid4().hex[:8]
request_file = f"{samples}/sample-request.json"
scoring_uri = None


def step(text):
    print(f"-- {text}", flush=True)


def check(condition, what):
    if not condition:
        raise SystemExit(f"FAILED: {what}")


def refused(call, status, *words):
    """Runs `call` and expects that the emulator refuses it."""
    try:
        result = call()
        if hasattr(result, "result"):
            result.result()
    except HttpResponseError as error:
        check(error.status_code == status, f"status {error.status_code} instead of {status}: {error.message}")
        for word in words:
            check(word in str(error), f"'{word}' is not in: {error}")
        return
    raise SystemExit(f"FAILED: it was not refused ({status}, {words})")


def endpoint(**members):
    return ManagedOnlineEndpoint(name=endpoint_name, auth_mode="key", tags={"team": "houses"}, **members)


def put_traffic(traffic=None, mirror=None):
    present = client.online_endpoints.get(endpoint_name)
    if traffic is not None:
        present.traffic = traffic
    if mirror is not None:
        present.mirror_traffic = mirror
    return client.online_endpoints.begin_create_or_update(present).result()


def deployment(name, version, count=1):
    folder = f"{samples}/article/model-{version}"
    local = {
        "model": Model(path=f"{folder}/model"),
        "code_configuration": CodeConfiguration(code=f"{folder}/onlinescoring", scoring_script="score.py"),
        "environment": Environment(
            conda_file=f"{folder}/environment/conda.yaml",
            image="mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04:latest"),
    }
    local["properties"] = {
        "turnout.dev/instances": json.dumps({"simulate": {
            "latency": {"p50": "2ms", "p99": "9ms"}, "ready_after": "4s", "replaces_code": True}})}
    return ManagedOnlineDeployment(
        name=name, endpoint_name=endpoint_name, instance_type="Standard_DS3_v2", instance_count=count,
        request_settings=OnlineRequestSettings(request_timeout_ms=90000, max_concurrent_requests_per_instance=10), **local)


def invoke(deployment_name=None):
    # The SDK pins every later call to the last deployment that was named.
    EndpointInvokeFields.DEFAULT_HEADER.pop(EndpointInvokeFields.MODEL_DEPLOYMENT, None)
    answer = client.online_endpoints.invoke(
        endpoint_name, request_file=request_file, deployment_name=deployment_name)
    EndpointInvokeFields.DEFAULT_HEADER.pop(EndpointInvokeFields.MODEL_DEPLOYMENT, None)
    return answer


def score(key, deployment_name=None):
    """(status, deployment) of one plain request."""
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    if deployment_name:
        headers["azureml-model-deployment"] = deployment_name
    with open(request_file, "rb") as file:
        request = urllib.request.Request(scoring_uri, data=file.read(), headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return answer.status, answer.headers.get("azureml-model-deployment")
    except urllib.error.HTTPError as error:
        return error.code, error.headers.get("azureml-model-deployment")


def delete_by_hand(path):
    """(status, body) of one DELETE without the SDK."""
    base = "subscriptions/0/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/turnout"
    token = EmulatorCredential().get_token().token
    request = urllib.request.Request(
        f"{control}/{base}/{path}", method="DELETE", headers={"Authorization": f"Bearer {token}"})
    trust = ssl.create_default_context(cafile=f"{state}/local/ca.pem")
    try:
        with urllib.request.urlopen(request, timeout=30, context=trust) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def files(folder):
    """The bytes of every file below a folder, by path."""
    found = {}
    for place, _, names in os.walk(folder):
        for name in names:
            with open(f"{place}/{name}", "rb") as file:
                found[os.path.relpath(f"{place}/{name}", folder)] = file.read()
    return found


def served(key, times=40):
    return {score(key)[1] for _ in range(times)}


step("names that cannot be are refused")
for name in ["ab", "1abc", "a" * 33, "abc-", "under_score"]:
    refused(
        lambda: client.online_endpoints._online_operation.begin_create_or_update(
            resource_group_name="local", workspace_name="turnout", endpoint_name=name,
            body={"location": "local", "properties": {"authMode": "Key"}}), 400, "the endpoint name")

step("traffic cannot be set when the endpoint is created")
refused(lambda: client.online_endpoints.begin_create_or_update(endpoint(traffic={"blue": 100})), 400, "has no deployment blue")
try:
    client.online_endpoints.get(endpoint_name)
    raise SystemExit("FAILED: the refused endpoint is there")
except ResourceNotFoundError:
    pass

step("create the endpoint")
made = client.online_endpoints.begin_create_or_update(endpoint()).result()
check(made.provisioning_state == "Succeeded", made.provisioning_state)
check(made.tags == {"team": "houses"}, made.tags)
scoring_uri = made.scoring_uri
check(scoring_uri.endswith("/score"), scoring_uri)
listed = [each.name for each in client.online_endpoints.list()]
check(endpoint_name in listed, f"it is not in the list {listed}")
check(client.online_endpoints.get(endpoint_name.upper()).name == endpoint_name, "names compare without case")

step("blue from local files, with 100 %")
poller = client.online_deployments.begin_create_or_update(deployment("blue", 1))
refused(lambda: client.online_deployments.begin_create_or_update(deployment("blue", 1)), 409, "Creating")
blue = poller.result()
check(blue.provisioning_state == "Succeeded", blue.provisioning_state)
check(client.online_endpoints.get(endpoint_name).traffic == {"blue": 0}, "a new deployment takes no traffic")
put_traffic({"blue": 100})
expected = invoke()
print("   blue answers", expected)
keys = client.online_endpoints.get_keys(endpoint_name)
check(served(keys.primary_key, 5) == {"blue"}, "blue serves all")

step("scale blue to 2")
blue = client.online_deployments.get("blue", endpoint_name)
check(blue.request_settings.request_timeout_ms == 90000, blue.request_settings.request_timeout_ms)
blue.instance_count = 2
client.online_deployments.begin_create_or_update(blue).result()
check(client.online_deployments.get("blue", endpoint_name).instance_count == 2, "it has not 2 instances")

step("green at 0 %")
client.online_deployments.begin_create_or_update(deployment("green", 2)).result()
check(client.online_endpoints.get(endpoint_name).traffic == {"blue": 100, "green": 0}, "the traffic is another")
check(served(keys.primary_key, 20) == {"blue"}, "green serves although it has 0 %")
print("   green answers", invoke("green"))
check(score(keys.primary_key, "green") == (200, "green"), "green does not answer when it is named")

step("what cannot be is refused")
refused(lambda: put_traffic({"blue": 100, "green": 10}), 400, "110 %")
refused(lambda: put_traffic({"blue": 90, "purple": 10}), 400, "has no deployment purple")
refused(lambda: put_traffic(mirror={"green": 60}), 400, "60 %", "0 to 50")
refused(lambda: put_traffic(mirror={"blue": 10}), 400, "live traffic")
refused(lambda: client.online_deployments.begin_delete("blue", endpoint_name), 400, "Can't delete deployment [blue]")
refused(lambda: client.online_deployments.get("purple", endpoint_name), 404, "purple")
check(score(keys.primary_key, "purple")[0] == 404, "an unknown deployment answers")
check(score("wrong")[0] == 401, "a wrong key opens it")
check(client.online_endpoints.get(endpoint_name).traffic == {"blue": 100, "green": 0}, "a refused change changed it")

step("mirror 10 % to green, and see it in the logs")
put_traffic(mirror={"green": 10})
refused(lambda: put_traffic({"blue": 90, "green": 10}), 400, "mirrored traffic")
check(served(keys.primary_key, 300) == {"blue"}, "the mirror answers clients")
deadline = time.time() + 10
while "mirrored POST /score" not in client.online_deployments.get_logs("green", endpoint_name, lines=1000):
    check(time.time() < deadline, "no copy is in green's log")
    time.sleep(0.2)
put_traffic(mirror={})
check(not client.online_endpoints.get(endpoint_name).mirror_traffic, "the mirror is still on")

step("90/10, then 0/100")
put_traffic({"blue": 90, "green": 10})
check(served(keys.primary_key, 150) == {"blue", "green"}, "both should serve")
put_traffic({"blue": 0, "green": 100})
check(served(keys.primary_key, 30) == {"green"}, "green should serve all")

step("change while Updating")
present = client.online_endpoints.get(endpoint_name)
present.traffic = {"blue": 10, "green": 90}
poller = client.online_endpoints.begin_create_or_update(present)
# By hand: the SDK waits out a 409 with Retry-After and asks again.
status, words = delete_by_hand(f"onlineEndpoints/{endpoint_name}/deployments/blue")
check(status == 409 and "Updating provisioning state" in words, f"{status} {words}")
poller.result()
put_traffic({"blue": 0, "green": 100})

step("keys, regenerate, token")
client.online_endpoints.begin_regenerate_keys(endpoint_name, key_type="primary").result()
fresh = client.online_endpoints.get_keys(endpoint_name)
check(fresh.primary_key != keys.primary_key and fresh.secondary_key == keys.secondary_key, "the wrong key changed")
check(score(keys.primary_key)[0] == 401, "the old key still opens it")
check(score(fresh.primary_key) == (200, "green"), "the new key does not open it")
check(score(fresh.secondary_key) == (200, "green"), "the second key does not open it")
with_token = ManagedOnlineEndpoint(name=endpoint_name + "-t", auth_mode="aml_token")
client.online_endpoints.begin_create_or_update(with_token).result()
token = client.online_endpoints.get_keys(with_token.name)
check(86000 < token.expiry_time_utc - time.time() <= 86401, token.expiry_time_utc)
check(43000 < token.refresh_after_time_utc - time.time() <= 43201, token.refresh_after_time_utc)
client.online_endpoints.begin_delete(with_token.name).result()

step("a model is registered, listed and downloaded as it was")
folder = f"{samples}/article/model-1"
name = "houses-" + uuid.uuid4().hex[:8]
registered = client.models.create_or_update(Model(name=name, version="1", path=folder))
check(name in [each.name for each in client.models.list()], "the model is not listed")
check([each.version for each in client.models.list(name=name)] == ["1"], "its version is not listed")
with tempfile.TemporaryDirectory() as scratch:
    client.models.download(name, "1", download_path=scratch)
    check(files(f"{scratch}/{name}/model-1") == files(folder), "what was downloaded is not what was uploaded")
datastore = client.datastores.get_default(include_secrets=True)
container = ContainerClient(
    f"https://{datastore.account_name}", datastore.container_name, credential=datastore.credentials.sas_token)
prefix = registered.path.split("/paths/")[1] + "/"
blobs = {blob.name[len(prefix):]: blob.size for blob in container.list_blobs(name_starts_with=prefix)}
check(blobs == {path: len(data) for path, data in files(folder).items()}, blobs)
check(len(list(container.list_blobs(name_starts_with=prefix, results_per_page=1))) == len(blobs), "a page is missing")
largest = max(blobs, key=blobs.get)
part = container.download_blob(prefix + largest, offset=3, length=5).readall()
check(part == files(folder)[largest][3:8], part)

step("delete blue, then the endpoint")
client.online_deployments.begin_delete("blue", endpoint_name).result()
check([each.name for each in client.online_deployments.list(endpoint_name)] == ["green"], "blue is still there")
check(score(fresh.primary_key) == (200, "green"), "green does not serve any more")
client.online_endpoints.begin_delete(endpoint_name).result()
check(endpoint_name not in [each.name for each in client.online_endpoints.list()], "the endpoint is still there")
check(score(fresh.primary_key)[0] in (401, 404), "the endpoint still answers")
print("all steps passed")
