package import Rollouts

/// Translates between deployment files and the wire's bodies.
package struct DeploymentMapping: Sendable {
    package let workspace: WorkspaceID

    package init(workspace: WorkspaceID) { self.workspace = workspace }

    /// The request body that creates `definition`, or updates `present` to it.
    ///
    /// Members that only the server sets are kept for the reader.
    ///
    /// - Parameters:
    ///   - definition: The desired definition.
    ///   - present: The resource as it is; `nil` if it does not exist.
    ///   - extras: Further properties of Turnout (``TurnoutProperty``), which replace the present ones.
    ///   - assets: The assets that hold the definition's files. Default: the IDs that are derived from its contents.
    /// - Returns: The body.
    /// - Throws: ``MappingProblem`` if the definition cannot be expressed on the wire.
    package func resource(
        for definition: DeploymentDefinition, over present: DeploymentResource? = nil, extras: [String: String] = [:],
        assets: DeploymentAssets? = nil
    ) throws(MappingProblem) -> DeploymentResource {
        let document = definition.document
        let applied = present.flatMap { AppliedDefinition.deployment(in: $0) }?.document ?? .null
        func words(_ key: String, _ present: [String: String]?) -> [String: String] {
            SharedStrings.merged(
                present, applied: applied[key]?.words ?? [:], wanted: document[key]?.words ?? [:])
        }
        var resource = present ?? DeploymentResource(properties: DeploymentProperties())
        resource.name = definition.name.text
        resource.tags = words("tags", present?.tags)
        resource.sku = resource.sku ?? SKU(name: "Default")
        resource.sku?.capacity = definition.instanceCount
        var properties = try members(
            of: definition, assets ?? definition.derivedAssets(in: workspace), over: present?.properties)
        properties.environmentVariables = words(
            "environment_variables", present?.properties.environmentVariables)
        var owned = words("properties", present?.properties.properties)
        let extraKeys = [
            TurnoutProperty.instances, TurnoutProperty.python, TurnoutProperty.contents,
            TurnoutProperty.numericTolerance,
        ]
        for key in extraKeys { owned[key] = extras[key] }
        if let serving = definition.serving { owned[TurnoutProperty.instances] = try AppliedDefinition.text(serving) }
        if let python = definition.python { owned[TurnoutProperty.python] = try AppliedDefinition.text(python) }
        owned[TurnoutProperty.definition] = try AppliedDefinition.text(definition)
        properties.properties = owned
        resource.properties = properties
        return resource
    }

    private func members(
        of definition: DeploymentDefinition, _ assets: DeploymentAssets, over present: DeploymentProperties?
    ) throws(MappingProblem) -> DeploymentProperties {
        let document = definition.document
        var properties = present ?? DeploymentProperties()
        let isKubernetes = document["type"]?.string?.lowercased() == "kubernetes"
        properties.endpointComputeType = isKubernetes ? "Kubernetes" : "Managed"
        properties.description = document["description"]?.string
        properties.model = try asset(
            .models, assets.model.map(Value.string) ?? document["model"], over: present?.model)
        properties.modelMountPath = document["model_mount_path"]?.string
        properties.environmentId = try asset(
            .environments, assets.environment.map(Value.string) ?? document["environment"], over: present?.environmentId
        )
        properties.codeConfiguration = try code(
            document["code_configuration"], assets.code, over: present?.codeConfiguration)
        properties.instanceType = definition.instanceType ?? present?.instanceType
        properties.appInsightsEnabled = document["app_insights_enabled"]?.bool ?? false
        properties.requestSettings = .changed(
            present?.requestSettings, to: RequestSettingsBody(definition.requestSettings)
        ) { $0.document }
        for (key, probe) in [
            ("liveness_probe", \DeploymentProperties.livenessProbe), ("readiness_probe", \.readinessProbe),
        ] {
            properties[keyPath: probe] = try part(
                document[key], over: present?[keyPath: probe], write: { ProbeBody(document: $0) }
            ) { $0.document }
        }
        properties.scaleSettings = .changed(
            present?.scaleSettings, to: ScaleSettings.wire(document["scale_settings"] ?? [:]),
            read: ScaleSettings.document)
        if let word = document["egress_public_network_access"]?.string {
            properties.egressPublicNetworkAccess = word.pascalCased
        }
        properties.privateNetworkConnection =
            document["private_network_connection"]?.bool ?? present?.privateNetworkConnection
        let collector = DataCollector(in: workspace)
        properties.dataCollector = try part(
            document["data_collector"], over: present?.dataCollector, write: collector.wire,
            read: collector.document)
        properties.containerResourceRequirements = try part(
            document["resources"], over: present?.containerResourceRequirements, write: ContainerResources.wire,
            read: ContainerResources.document)
        return properties
    }

    /// The wire's form of a file's value, or the present value if that is equivalent.
    private func part<Part>(
        _ document: Value?, over present: Part?, write: (Value) throws(MappingProblem) -> Part,
        read: (Part) -> Value?
    ) throws(MappingProblem) -> Part? {
        let new = try document.map(write)
        guard let present, new.flatMap(read) == read(present) else { return new }
        return present
    }

    /// Inline assets that are not uploaded have their path on the wire; their other members are in the definition.
    private func asset(
        _ collection: AssetReference.Collection, _ value: Value?, over present: String?
    ) throws(MappingProblem) -> String? {
        let reference = AssetReference(collection, in: workspace)
        return try part((value?.string ?? value?["path"]?.string).map(Value.string), over: present) {
            (text) throws(MappingProblem) in
            try reference.wire(text.string ?? "")
        } read: {
            .string(reference.document($0))
        }
    }

    private func code(
        _ document: Value?, _ id: String?, over present: CodeConfiguration?
    ) throws(MappingProblem) -> CodeConfiguration? {
        guard let document else { return nil }
        return CodeConfiguration(
            codeId: try asset(.codes, id.map(Value.string) ?? document["code"], over: present?.codeId),
            scoringScript: document["scoring_script"]?.string)
    }
}
