"""What the API server's audit log says of the writes: by whom, to what, and whether they changed anything."""

import json


def _entries(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)


def writes(path, namespace=None):
    """The writes that were answered, in order. `changed` is false where the answer has a resourceVersion that the object
    had before: an apply that found nothing to do."""
    seen, result = {}, []
    for entry in _entries(path):
        if entry["stage"] != "ResponseComplete" or entry["level"] != "RequestResponse":
            continue
        reference = entry.get("objectRef", {})
        answer = entry.get("responseObject") or {}
        meta = answer.get("metadata") or {}
        name = reference.get("name") or meta.get("name")
        code = entry["responseStatus"]["code"]
        version, uid = meta.get("resourceVersion"), meta.get("uid")
        versions = seen.setdefault((reference.get("resource"), reference.get("namespace"), name), set())
        changed = code < 300 and (entry["verb"] in ("create", "delete", "deletecollection") or version not in versions)
        if version:
            versions.add(version)
        if namespace and reference.get("namespace") != namespace:
            continue
        result.append({
            "time": entry["requestReceivedTimestamp"], "user": entry["user"]["username"],
            "agent": entry.get("userAgent", ""), "verb": entry["verb"], "resource": reference.get("resource"),
            "subresource": reference.get("subresource", ""), "namespace": reference.get("namespace", ""), "name": name,
            "code": code, "changed": changed, "uid": uid, "generation": meta.get("generation"),
            "resourceVersion": version, "request": entry.get("requestObject")})
    return result


def requests(path, namespace=None):
    """Every request of a service account, as verb and resource: what a Role has to allow."""
    for entry in _entries(path):
        reference = entry.get("objectRef", {})
        if entry["stage"] == "ResponseComplete" and (namespace is None or reference.get("namespace") == namespace):
            yield {"user": entry["user"]["username"], "verb": entry["verb"], "uri": entry["requestURI"],
                   "resource": reference.get("resource"), "code": entry["responseStatus"]["code"]}
