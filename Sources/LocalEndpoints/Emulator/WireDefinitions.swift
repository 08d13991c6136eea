internal import AzureEndpoints
internal import FoundationEssentials
internal import Rollouts

/// The definitions that rules check, derived from the resources that clients send.
extension EndpointDefinition {
    /// Creates the definition that `resource` asks for.
    ///
    /// Definitions are equal if they differ only in server-defined members, traffic, or the notes of Turnout's client.
    init(_ resource: EndpointResource, name: Name) throws(ControlError) {
        var kept = resource.kept
        kept.properties.properties?[TurnoutProperty.definition] = nil
        let mode: String =
            switch resource.properties.authMode {
            case .key, nil: "key"
            case .amlToken: "aml_token"
            case .aadToken: "aad_token"
            }
        self.init(name: name, authMode: mode, document: try Value(wire: kept))
    }
}

extension DeploymentDefinition {
    init(_ resource: DeploymentResource, name: Name, endpoint: Name) throws(ControlError) {
        var kept = resource.kept
        kept.properties.properties?[TurnoutProperty.definition] = nil
        kept.sku = nil
        self.init(
            name: name, endpoint: endpoint, instanceType: resource.properties.instanceType,
            instanceCount: resource.sku?.capacity ?? 1,
            requestSettings: RequestSettings(resource.properties.requestSettings),
            document: try Value(wire: kept))
    }
}

extension EndpointResource {
    /// The part of a request that is saved and returned to clients: all but traffic and server-defined members.
    var kept: EndpointResource {
        var kept = self
        (kept.id, kept.name, kept.type, kept.kind, kept.systemData) = (nil, nil, nil, nil, nil)
        kept.identity?.principalId = nil
        kept.identity?.tenantId = nil
        (kept.properties.traffic, kept.properties.mirrorTraffic, kept.properties.turnout) = (nil, nil, nil)
        (kept.properties.scoringUri, kept.properties.swaggerUri, kept.properties.provisioningState) = (nil, nil, nil)
        kept.tags = tags ?? [:]
        kept.location = location ?? EndpointResource.defaultLocation
        kept.properties.properties = properties.properties ?? [:]
        kept.properties.authMode = properties.authMode ?? .key
        kept.properties.publicNetworkAccess = properties.publicNetworkAccess ?? "Enabled"
        if kept.properties.description?.isEmpty == true { kept.properties.description = nil }
        return kept
    }

    /// The location that the emulator reports.
    static let defaultLocation = "local"
}

extension DeploymentResource {
    /// The part of a request that is saved and returned to clients, with Azure's defaults (AzureCompatibility.md).
    var kept: DeploymentResource {
        var kept = self
        (kept.id, kept.name, kept.type, kept.kind, kept.systemData) = (nil, nil, nil, nil, nil)
        kept.identity?.principalId = nil
        kept.identity?.tenantId = nil
        (kept.properties.turnout, kept.properties.provisioningState) = (nil, nil)
        kept.tags = tags ?? [:]
        kept.location = location ?? EndpointResource.defaultLocation
        kept.sku = SKU(name: sku?.name ?? "Default", tier: sku?.tier ?? "Standard", capacity: sku?.capacity ?? 1)
        kept.properties.endpointComputeType = "Managed"
        kept.properties.appInsightsEnabled = properties.appInsightsEnabled ?? false
        kept.properties.properties = properties.properties ?? [:]
        kept.properties.environmentVariables = properties.environmentVariables ?? [:]
        kept.properties.requestSettings = RequestSettings(properties.requestSettings).body
        kept.properties.livenessProbe = Probe(properties.livenessProbe).body
        kept.properties.readinessProbe = Probe(properties.readinessProbe).body
        kept.properties.scaleSettings = properties.scaleSettings ?? ["scaleType": "Default"]
        kept.properties.egressPublicNetworkAccess = properties.egressPublicNetworkAccess ?? "Enabled"
        if kept.properties.description?.isEmpty == true { kept.properties.description = nil }
        return kept
    }
}

extension RequestSettings {
    init(_ body: RequestSettingsBody?) {
        self.init()
        timeout = body?.requestTimeout?.interval ?? timeout
        maxConcurrentRequestsPerInstance = body?.maxConcurrentRequestsPerInstance ?? maxConcurrentRequestsPerInstance
        maxQueueWait = body?.maxQueueWait?.interval ?? maxQueueWait
    }

    var body: RequestSettingsBody {
        RequestSettingsBody(
            requestTimeout: ISO8601Duration(timeout),
            maxConcurrentRequestsPerInstance: maxConcurrentRequestsPerInstance,
            maxQueueWait: ISO8601Duration(maxQueueWait))
    }
}

extension Probe {
    init(_ body: ProbeBody?) {
        self.init()
        initialDelay = body?.initialDelay?.interval ?? initialDelay
        period = body?.period?.interval ?? period
        timeout = body?.timeout?.interval ?? timeout
        successThreshold = body?.successThreshold ?? successThreshold
        failureThreshold = body?.failureThreshold ?? failureThreshold
    }

    var body: ProbeBody {
        ProbeBody(
            initialDelay: ISO8601Duration(initialDelay), period: ISO8601Duration(period),
            timeout: ISO8601Duration(timeout), successThreshold: successThreshold, failureThreshold: failureThreshold)
    }
}

extension Traffic {
    init(wire: [String: Int]?) throws(ControlError) {
        var percents: [Name: Int] = [:]
        for (name, percent) in wire ?? [:] {
            guard percents.updateValue(percent, forKey: Name(name)) == nil else {
                throw .badArgument("\(name) is listed twice: names are case-insensitive", target: "properties.traffic")
            }
        }
        self.init(percents)
    }

    var wire: [String: Int] { Dictionary(percents.map { ($0.text, $1) }, uniquingKeysWith: { first, _ in first }) }
}

extension Value {
    fileprivate init(wire: some Encodable) throws(ControlError) {
        do {
            self = try JSONText.decode(Value.self, from: try JSONText.encode(wire))
        } catch {
            throw .badArgument("the body cannot be stored: \(error)")
        }
    }
}
