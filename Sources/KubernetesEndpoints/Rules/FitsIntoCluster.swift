package import PlaybookSyntax
internal import Rollouts
internal import Support

/// What a deployment is made of can be brought to a cluster.
///
/// Of a deployment's file, a cluster can use images and little else. The image is that of the `environment`, or the one
/// that the playbook names under `backends.kubernetes.image`. A local folder of code is brought along in a ConfigMap, up
/// to 1 MiB. A local model is not, and no Conda file is installed: both belong in the image. What is registered in Azure
/// does not exist in a cluster. An `instance_type` must be one of the settings' `instance_types`, except for Azure's own
/// `defaultinstancetype`. To define an endpoint, the playbook must name a gateway or an existing route.
private enum FitsIntoCluster {
    static let name = String(describing: Self.self)
    static let defaultType = "defaultinstancetype"
    /// The path of the settings in a playbook.
    static let settings = KubernetesSettings.root
}

extension KubernetesPlugin {
    /// Records in the definition the instance count that an autoscaler allows, and the digest of the code, which makes the
    /// plan refer to exactly this code.
    package func read(_ deployment: inout DeploymentDraft) {
        if !deployment.isImageGiven { deployment.checkImage() }
        deployment.checkModel()
        deployment.keepToAutoscaler()
        deployment.checkInstanceType()
        deployment.bringCode()
    }

    /// Reports stages that define an endpoint without a gateway, and images of deployments that no stage creates.
    package func findings(in playbook: PlaybookDraft) -> [Finding] {
        let settings = playbook.context.written
        var findings: [Finding] = []
        if !["gateway", "route"].contains(where: { settings?[$0]?["name"]?.text?.isEmpty == false }) {
            findings += playbook.stages.compactMap { $0.place(ofKey: "define") }.map { place in
                Finding(
                    .error, FitsIntoCluster.name, at: place,
                    "no gateway is set through which clients reach the endpoint",
                    help: "set \(FitsIntoCluster.settings).gateway: {name: …}, or pass --input gateway=NAME if the "
                        + "playbook has that input")
            }
        }
        let names = playbook.deployments.map(\.text)
        guard playbook.isComplete, !names.isEmpty else { return findings }
        for image in settings?["image"]?.members ?? [] where !playbook.deployments.contains(Name(image.key)) {
            let near = didYouMean(image.key, among: names)
            findings.append(
                Finding(
                    near == nil ? .warning : .error, FitsIntoCluster.name, at: image.place,
                    "no stage creates the deployment '\(image.key)' that this image is for",
                    help: near ?? "the playbook's deployments are \(names.joined(separator: ", "))"))
        }
        return findings
    }
}

extension DeploymentDraft {
    /// Whether the settings name the deployment's image.
    fileprivate var isImageGiven: Bool {
        guard let image = context.written?["image"] else { return false }
        if let text = image.text { return !text.isEmpty }
        return image.members.contains { Name($0.key) == definition.name && $0.value.text?.isEmpty == false }
    }

    private mutating func report(
        _ severity: Finding.Severity = .error, at place: Location?, _ message: String, _ help: String
    ) {
        report(FitsIntoCluster.name, severity, at: place ?? name, message, help: help)
    }

    fileprivate mutating func checkImage() {
        let usual = "give it an 'image' that serves the model, or set \(FitsIntoCluster.settings).image in the playbook"
        guard let environment = document["environment"] else {
            return report(
                at: name, "deployment '\(definition.name)' has no image for a cluster", "add an environment: \(usual)")
        }
        if let text = environment.text {
            return report(
                at: environment.place, "\(text.quoted) is an environment in Azure, which a cluster cannot use", usual)
        }
        let conda = environment.place(ofKey: "conda_file")
        if environment["image"] != nil {
            guard let conda else { return }
            report(
                .warning, at: conda, "the packages of a conda file are not installed in a cluster",
                "the image must contain them")
        } else if let conda {
            report(
                at: conda, "a conda file is not enough in a cluster, which needs an image",
                "build an image with its packages, and name it as 'image'")
        } else if let build = environment.place(ofKey: "build") {
            report(at: build, "images are not built in a cluster", "build and push the image, and name it as 'image'")
        } else {
            report(at: document.place(ofKey: "environment"), "the environment has no image for a cluster", usual)
        }
    }

    fileprivate mutating func checkModel() {
        guard let model = document["model"] else { return }
        let path = model["path"] ?? model
        guard let text = path.text else { return }
        if text.hasPrefix("azureml:") {
            report(
                .warning, at: path.place, "\(text.quoted) is not fetched in a cluster",
                "the image must contain the model")
        } else {
            report(
                at: path.place, "a local model cannot be brought to a cluster",
                "put it into the image; a small model can be part of the code, up to 1 MiB in all")
        }
    }

    /// Limits the instance count to the autoscaler's range: a count outside would never be observed.
    fileprivate mutating func keepToAutoscaler() {
        guard let range = Autoscaling(definition)?.counts else { return }
        if let count = document["instance_count"], let written = count.value.integer, !range.contains(written) {
            report(
                .warning, at: count.place,
                "the autoscaler keeps the instance count at \(range.words) and would change \(written)",
                "write a count in that range, or none; the run uses \(range.clamping(written))")
        }
        definition.instanceCount = range.clamping(definition.instanceCount)
    }

    fileprivate mutating func checkInstanceType() {
        let known = context.written?["instance_types"]
        guard let type = document["instance_type"], let name = type.text, name != FitsIntoCluster.defaultType,
            known?[name] == nil
        else { return }
        report(
            at: type.place, "the playbook does not define instance type \(name.quoted) for the cluster",
            (didYouMean(name, among: known?.members.map(\.key) ?? []).map { $0 + " " } ?? "")
                + "add \(FitsIntoCluster.settings).instance_types: {\(name): {node_selector: {…}, resources: {…}}}")
    }

    fileprivate mutating func bringCode() {
        guard let code = document["code_configuration"]?["code"], let text = code.text else { return }
        guard !text.contains(":") else {
            return report(
                at: code.place, "\(text.quoted) is code in Azure, which a cluster cannot use",
                "name a local folder, up to 1 MiB, or put the code into the image")
        }
        definition.folder = folder
        guard let place = found(text, at: code) else { return }
        do throws(CodeFolder.Problem) {
            let digest = try CodeFolder(at: place).digest
            let configuration = definition.document["code_configuration"]?
                .setting(CodeFolder.digestKey, to: .string(digest))
            definition.document = definition.document.setting("code_configuration", to: configuration ?? .null)
        } catch {
            report(
                at: code.place, "the folder \(text.quoted) \(error)",
                "at most 1 MiB of files is brought along; the rest belongs in the image")
        }
        guard let script = document["code_configuration"]?["scoring_script"], let name = script.text else { return }
        _ = found(text + "/" + name, at: script)
    }

    /// Returns the path of a file or folder that the deployment's file names; `nil` if it is unknown, or does not exist,
    /// which is reported.
    private mutating func found(_ path: String, at named: PlacedValue) -> String? {
        do throws(FileProblem) {
            return try place(of: path)
        } catch {
            report(FitsIntoCluster.name, at: named.place, error.message, help: error.help)
            return nil
        }
    }
}

extension ClosedRange<Int> {
    fileprivate func clamping(_ count: Int) -> Int { Swift.min(Swift.max(count, lowerBound), upperBound) }
    fileprivate var words: String { count == 1 ? "\(lowerBound)" : "\(lowerBound) to \(upperBound)" }
}
