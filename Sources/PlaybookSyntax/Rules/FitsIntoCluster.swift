internal import RolloutEngine
internal import Rollouts
internal import Support

/// What a deployment is made of can be brought to a cluster.
///
/// A cluster has images and nothing else of a deployment's file: what is served is the image of its `environment`, or
/// the one that the playbook names under the backend's `image`. A local folder of code is brought along in a
/// ConfigMap, up to 1 MiB. A local folder with a model is not, nor is a Conda file installed: both belong into the
/// image. What is registered in Azure is not there. An `instance_type` is one of the backend's `instance_types`
/// (`defaultinstancetype`, which is Azure's own, needs none), and an endpoint is defined behind a gateway, or beside a
/// route of the user's, that the playbook names.
struct FitsIntoCluster {
    static let name = String(describing: Self.self)
    static let defaultType = "defaultinstancetype"

    let cluster: ClusterFit
    /// Where the playbook says them: `backends.NAME`.
    let place: String
    private let settings: Node?

    /// Reads what the playbook says of the backend.
    init(_ cluster: ClusterFit, _ settings: BackendSettings) {
        self.cluster = cluster
        place = "backends." + settings.name
        self.settings = settings.own
    }

    /// True where the playbook says the image of that deployment.
    func namesImage(of deployment: Name) -> Bool {
        guard let image = settings?["image"] else { return false }
        if let text = image.scalar?.value.scalarText { return !text.isEmpty }
        return image.members.contains { Name($0.key.text) == deployment && $0.value.scalar?.text.isEmpty == false }
    }

    func knows(instanceType: String) -> Bool {
        instanceType == Self.defaultType || settings?["instance_types"]?[instanceType] != nil
    }

    var instanceTypes: [String] { settings?["instance_types"]?.members.map(\.key.text) ?? [] }

    /// Images of deployments that no stage makes.
    func findings(forImagesBeside deployments: [Name], in playbook: SourceFile) -> [Finding] {
        guard !deployments.isEmpty else { return [] }
        return (settings?["image"]?.members ?? []).filter { !deployments.contains(Name($0.key.text)) }.map { member in
            let near = didYouMean(member.key.text, among: deployments.map(\.text))
            return Finding(
                near == nil ? .warning : .error, Self.name, at: Location(source: playbook, span: member.key.span),
                "no stage creates the deployment '\(member.key.text)' that this image is for",
                help: near
                    ?? "the playbook's deployments are \(deployments.map(\.text).joined(separator: ", "))")
        }
    }

    /// What a stage that defines an endpoint lacks.
    func finding(forDefining stage: Node.Member, in playbook: SourceFile) -> Finding? {
        for key in ["gateway", "route"] where settings?[key]?["name"]?.scalar?.text.isEmpty == false { return nil }
        return Finding(
            .error, Self.name, at: Location(source: playbook, span: stage.key.span),
            "no gateway is set through which clients reach the endpoint",
            help: "set \(place).gateway: {name: …}, or pass --input gateway=NAME if the playbook has that input"
        )
    }
}

/// What is known of clusters outside of this target.
package struct ClusterFit: Sendable {
    /// The digest of a folder of code as it is brought to a cluster; throws why it cannot be, as the rest of a sentence.
    package var codeDigest: @Sendable (_ folder: String) throws(ClusterMisfit) -> String
    /// The member of `code_configuration` that keeps it.
    package var digestKey: String

    package init(
        digestKey: String, codeDigest: @escaping @Sendable (_ folder: String) throws(ClusterMisfit) -> String
    ) {
        self.digestKey = digestKey
        self.codeDigest = codeDigest
    }
}

/// Why something cannot be brought to a cluster.
package struct ClusterMisfit: Error, Hashable, Sendable {
    package var message: String
    package init(_ message: String) { self.message = message }
}

extension NamedFiles {
    /// Checks a deployment's file against the cluster.
    ///
    /// Of one with code, the digest of that is kept in its document: other code is another deployment, and a run brings
    /// the code for which its plan was made. The folder is the one that the document's paths are relative to.
    mutating func fit(
        _ definition: inout DeploymentDefinition, _ place: PlacedName, in document: Document, at node: Node?
    ) {
        guard let fit = cluster else { return }
        let root = document.root
        let isImageGiven = fit.namesImage(of: definition.name)
        if !isImageGiven { checkImage(root, place, in: document, settings: fit.place) }
        if let model = root.member("model") { checkModel(model, in: document) }
        if let count = root["instance_count"], let told = count.scalar?.value.integer,
            let range = Autoscaling(definition)?.counts, !range.contains(told)
        {
            findings.append(
                Finding(
                    .warning, FitsIntoCluster.name, at: Location(source: document.source, span: count.span),
                    "the autoscaler keeps the instance count at \(range.words) and would change \(told)",
                    help: "write a count in that range, or none; the run uses \(range.clamping(told))"))
        }
        definition.keepToAutoscaler()
        if let type = root["instance_type"], let name = type.scalar?.value.scalarText, !fit.knows(instanceType: name) {
            let known = fit.instanceTypes
            report(
                FitsIntoCluster.name, Location(source: document.source, span: type.span),
                "the playbook does not define instance type \(name.quoted) for the cluster",
                help: (didYouMean(name, among: known).map { $0 + " " } ?? "")
                    + "add \(fit.place).instance_types: {\(name): {node_selector: {…}, resources: {…}}}")
        }
        guard let code = root["code_configuration"]?["code"], let text = code.scalar?.value.scalarText,
            let path = node?.scalar?.value.scalarText
        else { return }
        bring(code, text, to: &definition, in: document, at: path)
    }

    private mutating func checkImage(
        _ root: Node, _ place: PlacedName, in document: Document, settings: String
    ) {
        func report(_ span: Span, _ message: String, _ help: String) {
            self.report(FitsIntoCluster.name, Location(source: document.source, span: span), message, help: help)
        }
        let usual = "give it an 'image' that serves the model, or set \(settings).image in the playbook"
        guard let environment = root.member("environment") else {
            return report(
                place.location.span, "deployment '\(place.name)' has no image for a cluster",
                "add an environment: \(usual)")
        }
        if let text = environment.value.scalar?.value.scalarText {
            return report(
                environment.value.span, "\(text.quoted) is an environment in Azure, which a cluster cannot use", usual)
        }
        guard environment.value["image"] == nil else {
            guard let conda = environment.value.member("conda_file") else { return }
            findings.append(
                Finding(
                    .warning, FitsIntoCluster.name, at: Location(source: document.source, span: conda.key.span),
                    "the packages of a conda file are not installed in a cluster",
                    help: "the image must contain them"))
            return
        }
        if let conda = environment.value.member("conda_file") {
            return report(
                conda.key.span, "a conda file is not enough in a cluster, which needs an image",
                "build an image with its packages, and name it as 'image'")
        }
        if let build = environment.value.member("build") {
            return report(
                build.key.span, "images are not built in a cluster", "build and push the image, and name it as 'image'")
        }
        report(environment.key.span, "the environment has no image for a cluster", usual)
    }

    private mutating func checkModel(_ model: Node.Member, in document: Document) {
        let path = model.value.scalar == nil ? model.value.member("path")?.value : model.value
        guard let path, let text = path.scalar?.value.scalarText else { return }
        let place = Location(source: document.source, span: path.span)
        guard text.hasPrefix("azureml:") else {
            return report(
                FitsIntoCluster.name, place, "a local model cannot be brought to a cluster",
                help: "put it into the image; a small model can be part of the code, up to 1 MiB in all")
        }
        findings.append(
            Finding(
                .warning, FitsIntoCluster.name, at: place, "\(text.quoted) is not fetched in a cluster",
                help: "the image must contain the model"))
    }

    private mutating func bring(
        _ code: Node, _ text: String, to definition: inout DeploymentDefinition, in document: Document, at path: String
    ) {
        let location = Location(source: document.source, span: code.span)
        guard !text.contains(":") else {
            return report(
                FitsIntoCluster.name, location, "\(text.quoted) is code in Azure, which a cluster cannot use",
                help: "name a local folder, up to 1 MiB, or put the code into the image")
        }
        do throws(FileProblem) {
            let local = text.hasPrefix("/") || !path.contains("/") ? text : path.parentFolder + "/" + text
            definition.folder = try place(of: path, isFree: true)?.parentFolder
            guard let folder = try place(of: local, isFree: true), let cluster else { return }
            do throws(ClusterMisfit) {
                let digest = try cluster.cluster.codeDigest(folder)
                let key = cluster.cluster.digestKey
                let configuration = definition.document["code_configuration"]?.setting(key, to: .string(digest))
                definition.document = definition.document.setting("code_configuration", to: configuration ?? .null)
            } catch {
                report(
                    FitsIntoCluster.name, location, "the folder \(text.quoted) \(error.message)",
                    help: "at most 1 MiB of files is brought along; the rest belongs in the image")
            }
        } catch {
            report(FitsIntoCluster.name, location, error.message, help: error.help)
            return
        }
        guard let script = document.root["code_configuration"]?["scoring_script"],
            let name = script.scalar?.value.scalarText
        else { return }
        do throws(FileProblem) {
            let local = text.hasPrefix("/") || !path.contains("/") ? text : path.parentFolder + "/" + text
            _ = try place(of: local + "/" + name, isFree: true)
        } catch {
            report(
                FitsIntoCluster.name, Location(source: document.source, span: script.span), error.message,
                help: error.help)
        }
    }
}

extension DeploymentDefinition {
    /// Asks for as many instances as an autoscaler leaves there: another count would never be observed.
    mutating func keepToAutoscaler() {
        if let range = Autoscaling(self)?.counts { instanceCount = range.clamping(instanceCount) }
    }
}

extension ClosedRange<Int> {
    fileprivate func clamping(_ count: Int) -> Int { Swift.min(Swift.max(count, lowerBound), upperBound) }
    fileprivate var words: String { count == 1 ? "\(lowerBound)" : "\(lowerBound) to \(upperBound)" }
}
