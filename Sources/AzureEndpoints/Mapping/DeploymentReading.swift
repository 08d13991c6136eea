internal import AssetFiles
package import Rollouts

extension DeploymentMapping {
    /// The deployment's definition.
    ///
    /// That is the last applied definition if the resource still matches it, else one made from the resource's members.
    /// The
    /// instance count is always the present one.
    ///
    /// `extras` are the properties that the client adds to every definition (``resource(for:over:extras:assets:)``).
    package func definition(
        of resource: DeploymentResource, named name: Name, endpoint: Name,
        extras: [String: String] = [:]
    ) -> DeploymentDefinition {
        let count = resource.sku?.capacity ?? 1
        if var applied = AppliedDefinition.deployment(in: resource), applied.name == name,
            applied.endpoint == endpoint, fits(applied, resource, extras: extras)
        {
            applied.instanceCount = count
            applied.ownServer = applied.ownServer ?? OwnServer(of: applied)
            return applied
        }
        var definition = DeploymentDefinition(
            name: name, endpoint: endpoint, instanceType: resource.properties.instanceType, instanceCount: count,
            requestSettings: (resource.properties.requestSettings ?? RequestSettingsBody()).settings,
            document: document(of: resource, named: name, endpoint: endpoint), serving: resource.serving,
            python: resource.python)
        // Only a model in MLflow format is accepted without code and environment.
        let isMLflow = definition.serving == nil && resource.properties.environmentId == nil
        definition.ownServer = OwnServer(
            of: definition, isRegisteredServer: { key, _ in key == "model" && isMLflow })
        return definition
    }

    /// Whether the resource matches `definition`.
    ///
    /// Names that the definition does not mention belong to other clients.
    func fits(
        _ definition: DeploymentDefinition, _ resource: DeploymentResource, extras: [String: String] = [:]
    ) -> Bool {
        let expected: DeploymentResource
        // Only the server can map IDs of code and of chosen versions to contents; ``AzureBackend`` asks for them.
        var assets = definition.derivedAssets(in: workspace)
        if definition.hasLocalCode { assets.code = resource.properties.codeConfiguration?.codeId }
        if definition.hasChosenModel { assets.model = resource.properties.model }
        do { expected = try self.resource(for: definition, extras: extras, assets: assets) } catch { return false }
        guard expected.serving == resource.serving else { return false }
        if definition.python != resource.python { return false }
        let lenient: Set = ["instance_type", "egress_public_network_access", "private_network_connection"]
        return DocumentFit(said: definition.document, lenient: lenient).holds(
            document(of: expected, named: definition.name, endpoint: definition.endpoint),
            is: document(of: resource, named: definition.name, endpoint: definition.endpoint))
    }

    /// The file that corresponds to the resource's members, without values that equal Azure's defaults.
    func document(of resource: DeploymentResource, named name: Name, endpoint: Name) -> Value {
        let properties = resource.properties
        let isKubernetes = properties.endpointComputeType?.lowercased() == "kubernetes"
        let isOpen = properties.egressPublicNetworkAccess?.lowercased() != "disabled"
        return .present([
            "name": .string(name.text), "endpoint_name": .string(endpoint.text),
            "type": isKubernetes ? "kubernetes" : nil,
            "description": properties.description.flatMap { $0.isEmpty ? nil : .string($0) },
            "tags": .words(resource.tags),
            "properties": .words(properties.properties?.filter { !$0.key.hasPrefix("turnout.dev/") }),
            "model": properties.model.map { asset(.models, $0) },
            "model_mount_path": properties.modelMountPath.map(Value.string),
            "code_configuration": properties.codeConfiguration.flatMap(code),
            "environment": properties.environmentId.map { asset(.environments, $0) },
            "environment_variables": .words(properties.environmentVariables),
            "instance_type": properties.instanceType.map(Value.string),
            "instance_count": .count(resource.sku?.capacity, default: 1),
            "app_insights_enabled": properties.appInsightsEnabled == true ? true : nil,
            "scale_settings": properties.scaleSettings.flatMap(ScaleSettings.document),
            "request_settings": properties.requestSettings?.document,
            "liveness_probe": properties.livenessProbe?.document,
            "readiness_probe": properties.readinessProbe?.document,
            "data_collector": properties.dataCollector.flatMap(DataCollector(in: workspace).document),
            "egress_public_network_access": isOpen ? nil : "disabled",
            "private_network_connection": properties.privateNetworkConnection == true ? true : nil,
            "resources": properties.containerResourceRequirements.flatMap(ContainerResources.document),
        ]) ?? [:]
    }

    /// A reference, or `{path: …}` for a local file.
    private func asset(_ collection: AssetReference.Collection, _ wire: String) -> Value {
        let text = AssetReference(collection, in: workspace).document(wire)
        return text.isLocalPath ? ["path": .string(text)] : .string(text)
    }

    private func code(_ configuration: CodeConfiguration) -> Value? {
        let code = configuration.codeId.map { AssetReference(.codes, in: workspace).document($0) }
        return .present([
            "code": code.map(Value.string), "scoring_script": configuration.scoringScript.map(Value.string),
        ])
    }
}
