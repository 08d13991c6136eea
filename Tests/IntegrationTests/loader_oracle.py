"""Writes endpoint and deployment files, and what azure-ai-ml makes of each: loader_oracle.py FOLDER.

FOLDER/files has the files; FOLDER/expected.json says of each whether the loader takes it, and what it would send.
"""
import json
import logging
import os
import sys
import warnings
from copy import deepcopy
from pathlib import Path

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

import isodate  # noqa: E402
from azure.ai.ml import load_online_deployment, load_online_endpoint  # noqa: E402

MANAGED = {
    "name": "blue", "endpoint_name": "my-endpoint", "instance_type": "Standard_DS3_v2",
    "environment": {"image": "x/y:1"},
}
KUBERNETES = {"name": "blue", "endpoint_name": "my-endpoint", "type": "kubernetes", "model": "azureml:m:1"}
ENDPOINT = {"name": "my-endpoint", "auth_mode": "key"}

# Every documented key with values that are right, by the document that it is put into.
DEPLOYMENT_KEYS = {
    "$schema": ["https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json"],
    "name": ["green", "Green-2"], "endpoint_name": ["my-endpoint"], "description": ["A model"],
    "tags": ["{owner: me}"], "properties": ["{a: b}"], "environment_variables": ["{A: b}"],
    "type": ["managed", "kubernetes"], "model": ["azureml:m:1", "azureml:m@latest", "azureml://registries/r/models/m/versions/1"],
    "model.path": ["./model", "model.bin", "nothere", "azureml://jobs/x"], "model.name": ["m"], "model.version": ["1", "'1'", "1.0"],
    "model.type": ["custom_model", "mlflow_model", "triton_model"], "model.description": ["text"],
    "model.tags": ["{a: 1.0}"], "model.properties": ["{a: yes}"], "model.stage": ["Production"],
    "model.flavors": ["{python_function: {python_version: 3.8}}"], "model.datastore": ["azureml:x"],
    "model.creation_context": ["{created_by: me}"], "model.default_deployment_template": ["{asset_id: x}"],
    "model_mount_path": ["/mnt/model"],
    "code_configuration.code": ["./onlinescoring", "azureml:code:1"], "code_configuration.scoring_script": ["score.py"],
    "environment": ["azureml:e:1", "azureml:e@latest", "azureml://registries/azureml/environments/e/versions/1"],
    "environment.image": ["x/y:1"], "environment.conda_file": ["conda.yml", "nothere.yml", "broken.yml", "{dependencies: [pip]}"],
    "environment.name": ["e"], "environment.version": ["1", "'1'"], "environment.description": ["text"],
    "environment.tags": ["{a: b}", "{1: b}"], "environment.os_type": ["linux", "windows"],
    "environment.build": ["{path: docker}", "{path: docker, dockerfile_path: Dockerfile}", "{path: nothere}"],
    "environment.inference_config": [
        "{liveness_route: {port: 80, path: /}, readiness_route: {port: 80, path: /}, scoring_route: {port: '80', path: /s}}",
        "{scoring_route: {port: 80, path: /s}}"],
    "environment.channels": ["[conda-forge]"], "environment.dependencies": ["[pip]"], "environment.properties": ["{a: b}"],
    "environment.auto_delete_setting": ["{condition: created_greater_than, value: 30d}"], "environment.id": ["azureml:x"],
    "instance_type": ["Standard_F4s_v2"], "instance_count": ["1", "3"], "app_insights_enabled": ["true", "false"],
    "scale_settings.type": ["default", "target_utilization"], "scale_settings.min_instances": ["1"],
    "scale_settings.max_instances": ["2"], "scale_settings.target_utilization_percentage": ["70"],
    "scale_settings.polling_interval": ["10"],
    "request_settings.request_timeout_ms": ["5000", "90000"], "request_settings.max_queue_wait_ms": ["500", "0"],
    "request_settings.max_concurrent_requests_per_instance": ["1", "8"],
    "liveness_probe.initial_delay": ["10"], "liveness_probe.period": ["10"], "liveness_probe.timeout": ["2"],
    "liveness_probe.success_threshold": ["1"], "liveness_probe.failure_threshold": ["30"],
    "readiness_probe.initial_delay": ["10"], "readiness_probe.period": ["90", "0"], "readiness_probe.timeout": ["2"],
    "data_collector.collections": [
        "{in: {enabled: 'true'}}", "{in: {enabled: true}}", "{in: {enabled: 'False', data: 'azureml:d:1', client_id: c}}",
        "{in: {enabled: 'true', data: {name: d, version: '1'}}}"],
    "data_collector.sampling_rate": ["0.5", "1.0", "1", "2"], "data_collector.rolling_rate": ["hour"],
    "data_collector.request_logging": ["{capture_headers: [a, b]}"],
    "egress_public_network_access": ["enabled", "disabled"], "private_network_connection": ["true", "false"],
    "resources.requests": ["{cpu: '1', memory: 2Gi, nvidia.com/gpu: '1'}", "{cpu: 1}", "{gpu: '1'}"],
    "resources.limits": ["{cpu: '1', memory: '2Gi'}"],
    "id": ["azureml:x"], "provisioning_state": ["Succeeded"], "creation_context": ["{created_by: me}"],
    "nonsense": ["1"], "Instance_Count": ["1"],
}
ENDPOINT_KEYS = {
    "$schema": ["https://azuremlschemas.azureedge.net/latest/managedOnlineEndpoint.schema.json"],
    "name": ["my-endpoint", "My-Endpoint"], "description": ["text"], "tags": ["{a: b}"], "properties": ["{a: b}"],
    "auth_mode": ["key", "aml_token", "aad_token"], "compute": ["azureml:my-cluster", "my-cluster"],
    "identity.type": ["system_assigned", "user_assigned", "none"],
    "identity.user_assigned_identities": ["[{resource_id: /subscriptions/x}]", "[/subscriptions/x]", "[{resource_id: a}, {resource_id: b}]"],
    "identity.principal_id": ["x"], "identity.tenant_id": ["x"],
    "traffic": ["{blue: 100}", "{blue: '90', green: 10.0}", "{blue: 90, green: 20}"], "mirror_traffic": ["{green: 10}", "{}"],
    "public_network_access": ["enabled", "disabled"], "id": ["x"], "kind": ["Managed"], "location": ["westeurope"],
    "openapi_uri": ["https://x"], "provisioning_state": ["Succeeded"], "scoring_uri": ["https://x"], "nonsense": ["1"],
}
# Values of other kinds, which stand in the place of the right one.
OTHERS = ["", "~", "''", "5", "1.5", "'7'", "yes", "'true'", "2024-01-01", "[]", "{}", "[a]", "{a: 1}", "text", "{{NAME}}", "<NAME>"]
SCALARS = """1.0 2.50 100.0 -0.0 +1.5 1e3 1e-5 1.5e3 1.5e+3 1.0e-5 1.0e+16 1.0e+15 0.0001 0.00001 1e400 1.0e+400 .5 5. ._5 -.5
1_000.5 1e5_0 .inf -.inf +.INF .nan .NaN -.nan 190:20:30.15 1:00.5 12345678901234567890 -9223372036854775809
1_000 1__0_ 0 -0 +0 00 034 0042 08 09 0o17 0x1F 0XFF 0x_ 0x 0b11 0b_ 0b2 0_ -0x1f +12 12:30:45 1:2 190:59:59 1:60 12:30 0:30 -1:30
True true TRUE tRUE False yes Yes YES no No on off On OFF y n Y N null Null NULL ~ none None
1234e56 1234e+56 1e+3 1E5 1.E+5 abc 1.2.3 v1 3.12 3.10 2024-01-01 2024-1-1 2024-13-01 2024-02-30 2024-01-01T10:00:00Z
2024-01-01T10:00:00.5Z 2024-01-01T10:00:00+05:30 2024-01-01T10:00:00-0530 2024-01-01t1:00:00.1234567 2024-01-01T25:00:00Z
2024-01-01T10:00:00+24:00 = << - + . ._ 99999999999999999999999999999999 0777777777777777777777777 0xFFFFFFFFFFFFFFFFFFFF
'1.0' "True" '' "a\\tb" "\\u00e9" é 'it''s' !!str 1.0 !!int "5" !!int 5.5 !!float 5 !!float x !!bool yes !!bool "x" !!null "" !!binary aGFsbG8=
!!binary "!" !!timestamp 2024-01-01 !x a !!python/none a ! 5"""
MORE_SCALARS = [
    "2024-01-01 10:00:00", "2024-01-01 10:00:00 +1", "2024-01-01  10:00:00.25 Z", "[1, 1.0, a, True, ~, 'x''y', \"q\\\"\"]",
    "{x: 1.0, 2: [yes], k: 2024-01-01}", "[2024-01-01 10:00:00, 2024-01-01T10:00:01.5+01:00]", "|\n    two\n    lines\n", ">-\n    folded\n    text\n",
    "!!str 1.0", '!!int "5"', "!!int 5.5", "!!float 5", "!!float x", "!!bool yes", '!!bool "x"', '!!null ""',
    "!!binary aGFsbG8=", '!!binary "!"', "!!timestamp 2024-01-01", "!x a", "!!python/none a", "! 5", "a b", "a: b", "a #c",
    "'it''s'", '"a\\tb"', '"\\u00e9\\u0007"', "@a", "`a", "%a", "a\tb", "[\"a\\u200bb\", \"\\n\", '\\']",
]


def put(document, path, value):
    """`document` with YAML text `value` at dotted `path`; text on the way gives place to a mapping."""
    document = deepcopy(document)
    keys = [path] if path.startswith("$") else path.split(".")
    place = document
    for key in keys[:-1]:
        if not isinstance(place.get(key), dict):
            place[key] = {}
        place = place[key]
    place[keys[-1]] = value
    return document


def text(document, indent=""):
    lines = ""
    for key, value in document.items():
        if isinstance(value, dict):
            lines += f"{indent}{key}:\n{text(value, indent + '  ')}"
        else:
            lines += f"{indent}{key}: {value}\n"
    return lines


def without(document, key):
    return {k: v for k, v in document.items() if k != key}


def variants(base, keys):
    """Files with each key present, missing, quoted, in other case, of other kinds, twice, anchored, with BOM and CRLF."""
    for path, values in keys.items():
        for index, value in enumerate(values):
            yield f"{path} {index}", text(put(base, path, value))
        value = values[0]
        last = path.split(".")[-1]
        if path in base:
            yield f"{path} missing", text(without(base, path))
        plain = value[0] not in "[{'"
        if plain:
            for name, other in {
                "quoted": f"'{value}'", "double": f'"{value}"', "upper": value.upper(), "title": value.title().replace("_", ""),
                "camel": value[0] + value.title().replace("_", "")[1:], "tagged": f"!!str {value}", "space": f"' {value} '",
            }.items():
                yield f"{path} {name}", text(put(base, path, other))
        for number, other in enumerate(OTHERS):
            yield f"{path} other {number}", text(put(base, path, other))
        good = text(put(base, path, value))
        doubled = put(base, path, value)
        if "." in path and not path.startswith("$"):
            parent = doubled
            for key in path.split(".")[:-1]:
                parent = parent[key]
            parent[f"{last} "] = OTHERS[5]
            doubled_text = text(doubled).replace(f"{last} :", f"{last}:")
        else:
            doubled_text = text(doubled) + f"{path}: {value}\n"
        yield f"{path} twice", doubled_text
        yield f"{path} anchored", text(put(base, path, f"&a {value}")) + "tags: {x: *a}\n"
        yield f"{path} marked", "\ufeff" + good.replace("\n", "\r\n")
        yield f"{path} cased", text(put(base, path.upper(), value))


def situations():
    """Own versions of what users met."""
    d = text(MANAGED)
    files = {
        "empty": "", "comment": "# nothing\n", "list": "- a\n", "scalar": "a\n", "two documents": d + "---\na: b\n",
        "document marks": "---\n" + d + "...\n", "directive": "%YAML 1.1\n---\n" + d, "later directive": "%YAML 1.2\n---\n" + d,
        "bom": "\ufeff" + d, "crlf": d.replace("\n", "\r\n"), "cr": d.replace("\n", "\r"), "tab": d + "tags:\n\ta: b\n",
        "tab after": d.replace("name: blue", "name:\tblue"), "no newline": d.rstrip("\n"),
        "merge": d + "tags: &t {a: 1.0, b: x}\nproperties: {<<: *t, b: 2}\n",
        "merge later": d + "tags: &t {a: 1, b: x}\nproperties: {b: 2, <<: *t}\n",
        "merge list": d + "tags: &t {aa: 1}\nproperties: &p {bb: 2}\nenvironment_variables: {<<: [*t, *p], cc: 3}\n",
        "merge text": d + "tags: {<<: x}\n", "alias twice": d + "tags: &t {a: &v 1.0, b: *v}\nproperties: *t\n",
        "same anchor": d + "tags: {a: &v 1, b: &v 2, c: *v}\n", "no anchor": d + "tags: {a: *v}\n",
        "key twice deep": d + "tags: {a: 1, a: 2}\n", "equal keys": d + "tags: {1: a, 1.0: b, true: c}\n",
        "odd keys": d + "tags: {1: a, 1.5: b, yes: c, ~: d, 034: e}\n", "list key": d + "tags: {[a]: b}\n",
        "mapping key": d + "tags: {{a: b}: c}\n", "value key": d + "tags: {=: b}\n", "unicode": d + "tags: {é: 'ü', 日本: '本'}\n",
        "top number key": d + "1: a\n", "top bool key": d + "on: a\n", "top null key": d + "~: a\n",
        "braces": d.replace("name: blue", "name: {{NAME}}"), "angles": d.replace("my-endpoint", "<ENDPOINT_NAME>"),
        "dollar": d.replace("x/y:1", "${IMAGE}"), "empty variable": d + "environment_variables: {EMPTY: }\ntags: {owner: }\n",
        "git hash": d + "tags: {sha: 1234e56, other: 12e4567, third: 0123456}\n", "account": d + "environment_variables: {ID: 012345678901}\n",
        "bare model": d + "model: credit-model:1\n", "bare model path": d + "model: ./model\n", "slash": d + "model: azureml:a/b\n",
        "scheme case": d + "model: AzureML:m:1\n", "no version": d + "model: azureml:m\nenvironment: azureml:e\n",
        "arm id": d + "model: azureml:/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/models/m/versions/1\n",
        "no endpoint name": text(without(MANAGED, "endpoint_name")), "no script": d + "code_configuration: {code: ./onlinescoring}\n",
        "long name": d.replace("blue", "b" * 40), "short name": d.replace("blue", "b"), "odd name": d.replace("blue", "'b lue'"),
        "number name": d.replace("blue", "1234"), "kubernetes case": d + "type: Kubernetes\n",
        "kubernetes registry": text(put(KUBERNETES, "model", "azureml://registries/r/models/m/versions/1")),
        "kubernetes environment": text(put(KUBERNETES, "environment", "azureml://registries/r/environments/m/versions/1")),
        "negative": d + "instance_count: -1\n", "float count": d + "instance_count: 1.9\n", "exponent": d + "instance_count: 1.0e+1\n",
        "hex count": d + "instance_count: 0x2\n", "octal count": d + "instance_count: 010\n", "inf": d + "instance_count: .inf\n",
        "spaced": d + "instance_count: ' 2 '\n", "underscored": d + "instance_count: '1_0'\n", "plus": d + "instance_count: '+2'\n",
        "on": d + "app_insights_enabled: on\n", "Y": d + "app_insights_enabled: Y\n", "one": d + "app_insights_enabled: 1\n",
        "zero": d + "app_insights_enabled: 0.0\n", "two": d + "app_insights_enabled: 2\n", "t": d + "app_insights_enabled: t\n",
        "parent": d + "model: {path: ../files/model}\ncode_configuration: {code: ../files/onlinescoring, scoring_script: score.py}\n",
        "absolute": d + "model: {path: /etc/hosts}\n", "named model": d + "model: {name: m, path: nothere}\n", "version only": d + "model: {path: model, version: 1}\n",
        "mlflow": d + "model: {name: m, version: 1, type: mlflow_model, path: ./model}\n", "conda list": d.replace("image: x/y:1", "image: x\n  conda_file: [a]"),
        "conda empty": d.replace("image: x/y:1", "image: x\n  conda_file: ''"), "nested nulls": d + "liveness_probe: {period: }\n",
        "empty probe": d + "liveness_probe: {}\n", "empty settings": d + "request_settings: {}\n", "default scale": d + "scale_settings: {type: Default}\n",
        "scale camel": d + "scale_settings: {type: TargetUtilization, min_instances: '1'}\n", "default extra": d + "scale_settings: {type: default, min_instances: 1}\n",
        "unknown deep": d + "request_settings: {timeout: 1}\n", "sampling text": d + "data_collector: {collections: {}, sampling_rate: '1e-1'}\n",
        "no collections": d + "data_collector: {sampling_rate: 1}\n", "control character": d + "tags: {a: \x07}\n", "nel": d + "tags: {a: x\x85}\n",
    }
    files |= {
        "set tag": d + "tags: {a: !!set {x, y}}\n", "omap tag": d + "tags: {a: !!omap [x: 1]}\n", "pairs tag": d + "tags: {a: !!pairs [x: 1]}\n",
        "recursive": d + "tags: &t {a: *t}\n", "environment file": d.replace("\n  image: x/y:1", " file:environment.yml"),
        "33 bits": d + "instance_count: 4294967296\n", "deep": d + "tags: {a: " + "[" * 80 + "]" * 80 + "}\n",
        "merge order": d + "tags: &t {key: 1}\nproperties: &p {key: 2}\nenvironment_variables: {<<: [*t, *p]}\n",
        "value of a mapping": d + "tags: {a: !!str {=: x}}\n", "tab behind a block sign": d + "description: |\t\n  text\n",
        "tab in quotes": d + "tags: {a: 'x\ty'}\n", "tab in a block": d + "description: |\n  a\tb\n", "tab in a comment": d + "# a\tb\n",
        "tab behind": d + "description: text\t\n", "no-break space": d + "tags: {a: x\u00a0}\n", "emoji": d + "tags: {\U0001f600: \U0001f680}\n",
    }
    for name, content in files.items():
        yield "deployment", name, content
    show = text(ENDPOINT) + (
        "id: /subscriptions/x\nkind: Managed\nlocation: westeurope\nopenapi_uri: https://x/swagger.json\n"
        "provisioning_state: Succeeded\npublic_network_access: enabled\nscoring_uri: https://x/score\n"
        "identity:\n  type: system_assigned\n  principal_id: a\n  tenant_id: b\nmirror_traffic: {}\n"
        "properties:\n  AzureAsyncOperationUri: https://x\n  createdAt: 2024-05-01T10:00:00.000000+0000\ntags: {}\ntraffic:\n  blue: 100\n")
    e = text(ENDPOINT)
    for name, content in {
        "shown": show, "key case": e.replace("key", "Key"), "token camel": e.replace("key", "AMLToken"), "upper": e.replace("key", "AAD_TOKEN"),
        "no name": "auth_mode: key\n", "comma identity": e + "identity: {type: 'SystemAssigned, UserAssigned'}\n",
        "identity case": e + "identity: {type: SystemAssigned}\n", "bad name": "name: my_endpoint\n", "digit name": "name: 1abc\n",
        "short": "name: ab\n", "long": "name: " + "a" * 40 + "\n", "hyphen": "name: abc-\n", "empty compute": e + "compute: ''\n",
        "null compute": e + "compute:\n", "public compute": e + "compute: azureml:c\npublic_network_access: enabled\n",
        "tags 1.0": e + "tags: {version: 1.0, run: 034, when: 2024-01-01}\n", "null identity": e + "identity:\n", "no type": e + "identity: {}\n",
    }.items():
        yield "endpoint", name, content


def realistic():
    """Files in the style of the public samples."""
    schema = "$schema: https://azuremlschemas.azureedge.net/latest/managedOnlineDeployment.schema.json\n"
    code = "code_configuration:\n  code: ./onlinescoring\n  scoring_script: score.py\n"
    parts = {
        "local": "model:\n  path: ./model\n" + code + "environment:\n  conda_file: conda.yml\n  image: mcr.microsoft.com/azureml/x:latest\n",
        "registered": "model: azureml:my-model:1\n" + code + "environment: azureml:my-env:1\n",
        "curated": "model:\n  path: ./model\n" + code + "environment: azureml://registries/azureml/environments/sklearn-1.5/labels/latest\n",
        "mlflow": "model:\n  path: ./model\n  type: mlflow_model\n", "triton": "model:\n  name: t\n  version: 1\n  path: ./model\n  type: triton_model\n",
        "container": "model:\n  name: t\n  version: 1\n  path: ./model\nmodel_mount_path: /models\nenvironment_variables:\n  MODEL_BASE_PATH: /models/x\n"
        "environment:\n  image: tensorflow/serving\n  inference_config:\n    liveness_route:\n      port: 8501\n      path: /v1/models/x\n"
        "    readiness_route:\n      port: 8501\n      path: /v1/models/x\n    scoring_route:\n      port: 8501\n      path: /v1/models/x:predict\n",
        "build": "environment:\n  build:\n    path: docker\n    dockerfile_path: Dockerfile\n",
    }
    tails = {
        "": "", "settings": "request_settings:\n  request_timeout_ms: 90000\n  max_concurrent_requests_per_instance: 4\n",
        "probes": "liveness_probe:\n  initial_delay: 600\n  period: 120\n  timeout: 2\nreadiness_probe:\n  initial_delay: 10\n",
        "collector": "data_collector:\n  collections:\n    model_inputs:\n      enabled: 'True'\n    model_outputs:\n      enabled: 'True'\n  rolling_rate: Hour\n",
        "network": "egress_public_network_access: Disabled\nprivate_network_connection: yes\n",
    }
    for part, body in parts.items():
        for tail, more in tails.items():
            for name in ["endpoint_name: my-endpoint\n", ""]:
                yield ("deployment", f"{part} {tail} {bool(name)}",
                       f"{schema}name: blue\n{name}{body}instance_type: Standard_DS3_v2\ninstance_count: 1\n{more}")


def corpus():
    for name, content in variants(MANAGED, DEPLOYMENT_KEYS):
        yield "deployment", f"managed {name}", content
    kubernetes = {k: v for k, v in DEPLOYMENT_KEYS.items() if k.split(".")[0] in (
        "type", "resources", "instance_type", "scale_settings", "egress_public_network_access", "data_collector")}
    for name, content in variants(KUBERNETES, kubernetes):
        yield "deployment", f"kubernetes {name}", content
    for name, content in variants(ENDPOINT, ENDPOINT_KEYS):
        yield "endpoint", name, content
    for scalar in SCALARS.split() + MORE_SCALARS:
        for key in ["tags", "environment_variables"]:
            yield "deployment", f"scalar {key} {scalar}", text(MANAGED) + f"{key}:\n  a: {scalar}\n"
    yield from situations()
    yield from realistic()


def words(mapping):
    """What is sent as text; a name without a value is not sent."""
    def name(key):
        return "null" if key is None else str(key).lower() if isinstance(key, bool) else str(key)
    return {name(k): str(v) for k, v in (mapping or {}).items() if v is not None}


def milliseconds(duration):
    return None if duration is None else isodate.parse_duration(duration).total_seconds() * 1000


def probe(settings):
    settings = settings or {}
    return {k: milliseconds(v) if isinstance(v, str) else v for k, v in settings.items()}


def model(value):
    if value is None or isinstance(value, str):
        return value
    named = {} if value._is_anonymous else {"name": value.name, "version": value.version}
    return {**named, "path": str(value.path) if value.path else None, "type": value.type, "description": value.description,
            "tags": words(value.tags), "properties": words(value.properties)}


def environment(value):
    if value is None or isinstance(value, str):
        return value
    named = {} if value._is_anonymous or value.name == "CliV2AnonymousEnvironment" else {"name": value.name, "version": value.version}
    routes = value.inference_config.as_dict() if value.inference_config else None
    return {**named, "image": value.image, "description": value.description, "tags": words(value.tags), "os_type": value.os_type,
            "conda": bool(value.conda_file), "build": {"path": str(value.path) if value.path else None,
            "dockerfile_path": value.build.dockerfile_path} if value.build else None, "routes": routes}


def deployment(entity):
    code = entity.code_configuration
    meaning = {"name": entity.name, "endpoint": (entity.endpoint_name or "").lower(), "model": model(entity.model),
               "environment": environment(entity.environment),
               "code": {"code": code.code, "script": code.scoring_script} if code else None}
    entity.model = entity.environment = entity.code_configuration = None
    rest = entity._to_rest_object(location="here").as_dict()
    properties = rest["properties"]
    private = getattr(entity, "private_network_connection", None)
    # The client says it here as well; its model of the other member is dropped by this version's serializer.
    own = {**entity.properties, "private-network-connection": True} if private else entity.properties
    request = properties.get("requestSettings") or {}
    scale = properties.get("scaleSettings") or {"scaleType": "Default"}
    scale["pollingInterval"] = milliseconds(scale.get("pollingInterval"))
    collector = properties.get("dataCollector")
    for collection in (collector or {}).get("collections", {}).values():
        collection.pop("dataId", None)
    meaning.update(
        tags=words(entity.tags), properties=words(own), variables=words(entity.environment_variables),
        description=properties.get("description") or None, instanceType=properties.get("instanceType"),
        instances=rest["sku"].get("capacity", 1), insights=properties.get("appInsightsEnabled") or False,
        egress=properties.get("egressPublicNetworkAccess"), private=private or None,
        mount=properties.get("modelMountPath"), scale=scale, kind=properties["endpointComputeType"],
        request={"timeout": milliseconds(request.get("requestTimeout")) or 5000,
                 "queue": milliseconds(request.get("maxQueueWait")) or 500,
                 "concurrent": request.get("maxConcurrentRequestsPerInstance", 1)},
        liveness=probe(properties.get("livenessProbe")), readiness=probe(properties.get("readinessProbe")),
        collector=collector, resources=properties.get("containerResourceRequirements"))
    return meaning


def endpoint(entity):
    rest = entity._to_rest_online_endpoint(location="here").as_dict()
    properties = rest["properties"]
    identity = rest["identity"]
    return {"name": entity.name, "description": properties.get("description") or None, "tags": words(entity.tags),
            "properties": words(entity.properties), "auth": properties["authMode"],
            "identity": {"type": identity["type"], "ids": sorted(identity.get("userAssignedIdentities") or {})},
            "access": properties.get("publicNetworkAccess"), "compute": getattr(entity, "compute", None)}


def main():
    folder = Path(sys.argv[1]) / "files"
    (folder / "model").mkdir(parents=True)
    (folder / "onlinescoring").mkdir()
    (folder / "docker").mkdir()
    (folder / "model" / "MLmodel").write_text("flavors: {}\n")
    (folder / "model.bin").write_text("x")
    (folder / "onlinescoring" / "score.py").write_text("def run(data): return 1\n")
    (folder / "docker" / "Dockerfile").write_text("FROM x\n")
    (folder / "conda.yml").write_text("dependencies: [python=3.11]\n")
    (folder / "broken.yml").write_text("a: [\n")
    (folder / "environment.yml").write_text("image: x/y:1\n")
    os.chdir(folder)
    answers = []
    seen = set()
    for number, (kind, name, content) in enumerate(corpus()):
        if (kind, content) in seen:
            continue
        seen.add((kind, content))
        file = folder / f"{number}.yml"
        file.write_bytes(content.encode())
        answer = {"file": str(file), "kind": kind, "name": name, "accepted": False}
        try:
            entity = (load_online_endpoint if kind == "endpoint" else load_online_deployment)(str(file))
            answer["accepted"] = True
        except Exception as error:  # every error is a refusal
            answer["error"] = f"{type(error).__name__}: {error}"[:600]
        if answer["accepted"]:
            try:
                answer["meaning"] = (endpoint if kind == "endpoint" else deployment)(entity)
            except Exception as error:  # it loads, and cannot be sent
                answer["unsendable"] = f"{type(error).__name__}: {error}"[:300]
        answers.append(answer)
    (Path(sys.argv[1]) / "expected.json").write_text(json.dumps(answers, default=str))
    print(len(answers), "files,", sum(a["accepted"] for a in answers), "taken")


main()
