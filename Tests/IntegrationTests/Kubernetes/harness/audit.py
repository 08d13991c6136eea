"""What the API server's audit log says of the writes: by whom, to what, and whether they changed anything."""

import json


def _entries(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.endswith("\n"):
                yield json.loads(line)


# What changes by itself, or with every write.
VOLATILE = ("resourceVersion", "managedFields", "generation", "selfLink")


def _wanted(answer):
    """What somebody may want of an object: all but its status, and what changes with every write."""
    meta = {name: value for name, value in answer.get("metadata", {}).items() if name not in VOLATILE}
    rest = {name: value for name, value in answer.items() if name not in ("metadata", "status", "kind", "apiVersion")}
    return {"metadata": meta, **rest}


def _changed(entry, before):
    """What the write made different, of "metadata" and "spec" (all the rest); `before` is what the last one left, and is
    brought up to date. A deletion counts for both, once."""
    answer, everything = entry.get("responseObject") or {}, {"metadata", "spec"}
    if entry["responseStatus"]["code"] >= 300 or answer.get("kind") in (None, "Status"):
        if entry["responseStatus"]["code"] < 300 and entry["verb"].startswith("delete"):
            before.clear()
            return everything
        return set()
    if answer["kind"] == "Scale":
        replicas = answer["spec"].get("replicas", 0)
        changed = before.get("spec", {}).get("replicas") != replicas
        before.setdefault("spec", {})["replicas"] = replicas
        return {"spec"} if changed else set()
    after = _wanted(answer)
    changed = {"metadata" if name == "metadata" else "spec"
               for name in {*after, *before} if after.get(name) != before.get(name)}
    if entry["verb"].startswith("delete") and changed:
        changed = everything
    before.clear()
    before.update(after)
    return changed


def writes(path, namespace=None):
    """The writes that were answered, in order. `changed` is empty where the object was so already: an apply that found
    nothing to do, a status."""
    objects, result = {}, []
    for entry in _entries(path):
        if entry["stage"] != "ResponseComplete" or entry["level"] != "RequestResponse":
            continue
        reference = entry.get("objectRef", {})
        meta = (entry.get("responseObject") or {}).get("metadata") or {}
        name = reference.get("name") or meta.get("name")
        changed = _changed(entry, objects.setdefault((reference.get("resource"), reference.get("namespace"), name), {}))
        if namespace and reference.get("namespace") != namespace:
            continue
        result.append({
            "time": entry["requestReceivedTimestamp"], "user": entry["user"]["username"],
            "agent": entry.get("userAgent", ""), "verb": entry["verb"], "resource": reference.get("resource"),
            "subresource": reference.get("subresource", ""), "namespace": reference.get("namespace", ""), "name": name,
            "code": entry["responseStatus"]["code"], "changed": sorted(changed), "uid": meta.get("uid"),
            "generation": meta.get("generation"), "resourceVersion": meta.get("resourceVersion"),
            "request": entry.get("requestObject")})
    return result


def requests(path, namespace=None):
    """Every request of a service account, as verb and resource: what a Role has to allow."""
    for entry in _entries(path):
        reference = entry.get("objectRef", {})
        if entry["stage"] == "ResponseComplete" and (namespace is None or reference.get("namespace") == namespace):
            yield {"user": entry["user"]["username"], "verb": entry["verb"], "uri": entry["requestURI"],
                   "resource": reference.get("resource"), "code": entry["responseStatus"]["code"]}
