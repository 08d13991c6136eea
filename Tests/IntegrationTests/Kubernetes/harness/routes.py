"""HTTPRoutes as Envoy's virtual hosts: matches, weights, filters and time-outs, and what of them cannot be resolved."""

import re

RETRIES = {"retry_on": "connect-failure,refused-stream,reset-before-request", "num_retries": 2}


class Backends:
    """What backendRefs lead to, and the clusters that they need."""

    def __init__(self, services, endpoints, addresses):
        self.services, self.endpoints, self.addresses = services, endpoints, addresses
        self.clusters = {}

    def resolve(self, reference, namespace, own=None):
        """The cluster of a reference, and why there is none: a reason and a message of ResolvedRefs.

        References to the same port share a cluster, but for one that is to have its `own`."""
        if reference.get("group", "") != "" or reference.get("kind", "Service") != "Service":
            return None, ("InvalidKind", f"{reference.get('group', '')}/{reference.get('kind')} is no kind of backend")
        if reference.get("namespace", namespace) != namespace:
            return None, ("RefNotPermitted", f"no ReferenceGrant lets routes of {namespace} refer to {reference['namespace']}")
        name, port = reference["name"], reference.get("port")
        service = self.services.get((namespace, name))
        found = service and next((item for item in service["spec"].get("ports", []) if item["port"] == port), None)
        if not found:
            what = f'service "{namespace}/{name}" not found' if not service else f'service "{name}" has no port {port}'
            return None, ("BackendNotFound", what)
        cluster = own or f"{namespace}/{name}/{port}"
        if cluster not in self.clusters:
            self.clusters[cluster] = self._ready(namespace, name, found.get("name"))
        return cluster, None

    def _ready(self, namespace, name, port_name):
        ready = []
        for subset in self.endpoints.get((namespace, name), {}).get("subsets") or []:
            for port in subset.get("ports", []):
                if port.get("name") == port_name:
                    ready += [self.addresses.resolve(item["ip"], port["port"]) for item in subset.get("addresses") or []]
        return sorted(ready)


def seconds(duration):
    """A Gateway API duration as Envoy writes it."""
    units = {"h": 3600, "m": 60, "s": 1, "ms": 0.001}
    total = sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)(ms|h|m|s)", duration))
    return f"{total:g}s"


def _text_match(item, kind="Exact"):
    if item.get("type", kind) == "RegularExpression":
        return {"safe_regex": {"regex": item["value"]}}
    return {"exact": item["value"]}


def envoy_match(match):
    path = match.get("path") or {"type": "PathPrefix", "value": "/"}
    kind, value = path.get("type", "PathPrefix"), path.get("value", "/")
    if kind == "Exact":
        result = {"path": value}
    elif kind == "RegularExpression":
        result = {"safe_regex": {"regex": value}}
    elif value.rstrip("/"):
        result = {"path_separated_prefix": value.rstrip("/")}
    else:
        result = {"prefix": "/"}
    headers = [{"name": item["name"], "string_match": _text_match(item)} for item in match.get("headers", [])]
    if method := match.get("method"):
        headers.append({"name": ":method", "string_match": {"exact": method}})
    if headers:
        result["headers"] = headers
    if query := match.get("queryParams"):
        result["query_parameters"] = [{"name": item["name"], "string_match": _text_match(item)} for item in query]
    return result


def precedence(match):
    """Sorts the most specific match first, as the Gateway API says."""
    path = match.get("path") or {"type": "PathPrefix", "value": "/"}
    return (path.get("type") != "Exact", -len(path.get("value", "/")), "method" not in match,
            -len(match.get("headers", [])), -len(match.get("queryParams", [])))


def _headers(filter_, name):
    change, result = filter_[name], {}
    added = [(item, "OVERWRITE_IF_EXISTS_OR_ADD") for item in change.get("set", [])]
    added += [(item, "APPEND_IF_EXISTS_OR_ADD") for item in change.get("add", [])]
    side = "request" if name == "requestHeaderModifier" else "response"
    if added:
        result[f"{side}_headers_to_add"] = [
            {"header": {"key": item["name"], "value": item["value"]}, "append_action": action} for item, action in added]
    if change.get("remove"):
        result[f"{side}_headers_to_remove"] = change["remove"]
    return result


def apply_filters(filters, route, action):
    """Returns the first filter's type that isn't supported."""
    for item in filters:
        kind = item["type"]
        if kind == "RequestHeaderModifier":
            route.update(_headers(item, "requestHeaderModifier"))
        elif kind == "ResponseHeaderModifier":
            route.update(_headers(item, "responseHeaderModifier"))
        elif kind == "URLRewrite":
            rewrite = item["urlRewrite"]
            if "hostname" in rewrite:
                action["host_rewrite_literal"] = rewrite["hostname"]
            path = rewrite.get("path", {})
            if path.get("type") == "ReplacePrefixMatch":
                prefix = route["match"].get("path_separated_prefix", "/")
                rest = path["replacePrefixMatch"].rstrip("/")
                action["regex_rewrite"] = {
                    "pattern": {"regex": f"^{re.escape(prefix.rstrip('/'))}/*"}, "substitution": f"{rest}/"}
            elif path.get("type") == "ReplaceFullPath":
                action["regex_rewrite"] = {"pattern": {"regex": "^/.*$"}, "substitution": path["replaceFullPath"]}
        else:
            return kind
    return None


class Translated:
    """One HTTPRoute: its rules in Envoy's words, and the conditions that it deserves."""

    def __init__(self, route, backends):
        self.route, self.problem, self.unsupported = route, None, None
        self.hostnames = route["spec"].get("hostnames") or ["*"]
        self.entries = []
        meta = route["metadata"]
        for index, rule in enumerate(route["spec"].get("rules") or []):
            action = self._action(index, rule, backends)
            for match in rule.get("matches") or [{}]:
                order = (*precedence(match), meta["creationTimestamp"], meta["namespace"], meta["name"], index)
                self.entries.append((order, self._entry(rule, match, action)))

    def _entry(self, rule, match, action):
        route, copy = {"match": envoy_match(match)}, dict(action)
        unsupported = apply_filters(rule.get("filters") or [], route, copy.get("route", {}))
        self.unsupported = self.unsupported or unsupported
        return {**route, **copy}

    def _action(self, index, rule, backends):
        clusters, meta, references = [], self.route["metadata"], rule.get("backendRefs") or []
        # As Envoy Gateway: where one reference has a filter, each is a cluster under a name that its counters bear.
        alone = any(reference.get("filters") for reference in references)
        for position, reference in enumerate(references):
            own = f"httproute/{meta['namespace']}/{meta['name']}/rule/{index}/backend/{position}" if alone else None
            cluster, problem = backends.resolve(reference, meta["namespace"], own)
            self.problem = self.problem or problem
            item = {"name": cluster or "nowhere", "weight": reference.get("weight", 1)}
            self.unsupported = self.unsupported or apply_filters(reference.get("filters") or [], item, {})
            clusters.append(item)
        if not sum(item["weight"] for item in clusters):
            return {"direct_response": {"status": 500}}
        timeouts = rule.get("timeouts") or {}
        retry = dict(RETRIES)
        if "backendRequest" in timeouts:
            retry["per_try_timeout"] = seconds(timeouts["backendRequest"])
        return {"route": {
            "weighted_clusters": {"clusters": clusters}, "retry_policy": retry,
            "cluster_not_found_response_code": "INTERNAL_SERVER_ERROR",
            "timeout": seconds(timeouts.get("request", "15s"))}}


def virtual_hosts(translated):
    """Of one gateway: a host's own routes go before those for every host."""
    hosts = sorted({host for item in translated for host in item.hostnames} | {"*"})
    result = []
    for host in hosts:
        entries = []
        for exact in (True, False):
            some = [entry for item in translated for entry in item.entries
                    if (host in item.hostnames) == exact and (exact or "*" in item.hostnames)]
            entries += [entry for _, entry in sorted(some, key=lambda entry: entry[0])]
        result.append({"name": host, "domains": [host], "routes": entries})
    return result
