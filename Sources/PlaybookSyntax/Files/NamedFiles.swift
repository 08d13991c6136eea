internal import AssetFiles
internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts

/// The files that a playbook names, each read once.
struct NamedFiles {
    let playbook: SourceFile
    let source: FileSource
    /// Paths that the user typed, which therefore may lead anywhere.
    var userPaths: Set<String> = []
    /// The places that were searched for paths that the user typed and that do not exist.
    var lookedAt: [String: [String]] = [:]
    /// The paths of the files, in the order in which they were first named.
    private(set) var paths: [String] = []
    private(set) var contents: [String: Data] = [:]
    private var requests: [String: InferenceRequest?] = [:]
    /// YAML files as written, before overrides.
    private var documents: [String: Document?] = [:]
    var findings: [Finding] = []
    /// Set if the backend receives the files that deployments name.
    var digests: DigestCache?
    /// The current files of deployments.
    var sources: Set<Plan.Source> = []
    /// Set if deployments are read for a backend.
    var context: PlaybookContext?
    /// The deployments that were read, without duplicates.
    private(set) var deployments: [Name] = []
    /// Whether to require the files that a deployment names while its own file is read.
    ///
    /// For plans, the rule FilesAreThere does so instead: it considers which files the backend reads.
    var requiresNamedFiles = false

    /// A YAML file with its content.
    struct Document {
        var source: SourceFile
        var root: Node
    }

    init(playbook: SourceFile, data: Data, source: FileSource) {
        self.playbook = playbook
        self.source = source
        paths = [playbook.path]
        contents[playbook.path] = data
    }

    /// Returns the body in a `request_file`, or `nil` if it cannot be used and a finding says why.
    mutating func request(at node: Node?) -> InferenceRequest? {
        guard let node, let path = node.scalar?.value.scalarText else { return nil }
        if let known = requests[path] {
            if known == nil { _ = read(path, at: node.span) }
            return known
        }
        let request = readRequest(path, at: node.span)
        requests[path] = .some(request)
        return request
    }

    private mutating func readRequest(_ path: String, at span: Span) -> InferenceRequest? {
        guard let data = read(path, at: span) else { return nil }
        let file = SourceFile(path: path.beside(playbook.path), data: data)
        if let problem = file.encodingProblem {
            findings.append(problem)
            return nil
        }
        do throws(JSONProblem) {
            _ = try JSONReader.value(file.bytes)
        } catch {
            let place = file.position(at: error.offset)
            report("JSONSyntax", Location(source: file, span: Span(start: place, end: place)), error.message)
            return nil
        }
        return InferenceRequest(body: String(decoding: file.bytes, as: UTF8.self))
    }

    /// Returns a YAML file as Azure's client reads YAML, or `nil` if it cannot be used and a finding says why.
    mutating func document(at node: Node?) -> Document? {
        guard let node, let path = node.scalar?.value.scalarText else { return nil }
        if let known = documents[path] {
            if known == nil { _ = read(path, at: node.span) }
            return known
        }
        var document: Document?
        if let data = read(path, at: node.span) {
            let file = SourceFile(path: path.beside(playbook.path), data: data)
            if let root = loadYAML(file, as: .azure, findings: &findings) {
                document = Document(source: file, root: root)
            }
        }
        documents[path] = .some(document)
        return document
    }

    /// Returns the endpoint file at `node` as Azure's client interprets it.
    mutating func endpointFile(at node: Node?, _ overrides: FileOverrides, kind: EndpointKind) -> Document? {
        guard var document = document(at: node) else { return nil }
        let (root, problems) = overrides.endpointFile(document.root)
        var reader = AzureFileReader(source: document.source, playbook: playbook, surroundings: .unknown, kind: kind)
        let read = reader.endpoint(root)
        collect(reader, problems)
        guard let read else { return nil }
        document.root = read
        return document
    }

    /// Returns the deployment file at `node` as Azure's client interprets it.
    mutating func deploymentFile(at node: Node?, _ overrides: FileOverrides, kind: EndpointKind) -> Document? {
        guard var document = document(at: node) else { return nil }
        let (root, problems) = overrides.deploymentFile(document.root)
        var reader = AzureFileReader(
            source: document.source, playbook: playbook, surroundings: surroundings(of: node), kind: kind)
        let read = reader.deployment(root)
        collect(reader, problems)
        guard let read else { return nil }
        document.root = read
        findings += SettingsInRange.findings(in: read) { reader.location($0) }
        return document
    }

    /// Returns access to the files around the deployment file at `node`.
    private func surroundings(of node: Node?) -> FileSurroundings {
        guard requiresNamedFiles, let path = node?.scalar?.value.scalarText else { return .unknown }
        return source.surroundings(of: path, namedBy: playbook.path)
    }

    private mutating func collect(_ reader: AzureFileReader, _ problems: [FileOverrides.Problem]) {
        findings += reader.findings
        for problem in problems {
            report(
                "Set", Location(source: playbook, span: problem.span), problem.message,
                help: "set the whole value, or change the file")
        }
    }

    /// Returns the location of a node of a document.
    func location(_ node: Node, in document: Document) -> Location {
        Location(source: node.origin == .document ? document.source : playbook, span: node.span)
    }

    /// Returns the bytes of a file, or reports the problem at `span` of the playbook.
    private mutating func read(_ path: String, at span: Span) -> Data? {
        let place = Location(source: playbook, span: span)
        do throws(FileProblem) {
            if let known = contents[path], path != playbook.path { return known }
            let data = try source.contents(of: path, namedBy: playbook.path, isFree: isUserPath(path))
            guard path != playbook.path else {
                report("NamedFile", place, "\(path.quoted) is the playbook itself")
                return nil
            }
            contents[path] = data
            paths.append(path)
            return data
        } catch {
            let places =
                path.hasPrefix("~") ? nil : lookedAt[path].map { "looked at \($0.joined(separator: " and at "))" }
            report("NamedFile", place, error.message, help: places ?? error.help)
            return nil
        }
    }

    /// Returns the absolute path of the file or folder at `path`, which is relative to the playbook's folder.
    ///
    /// The result is `nil` if files are not on disk. A path that does not come from the playbook, such as one in a
    /// deployment file, `isFree` to lead anywhere.
    func place(of path: String, isFree: Bool = false) throws(FileProblem) -> String? {
        try source.place(of: path, namedBy: playbook.path, isFree: isFree || isUserPath(path))
    }

    var isOnDisk: Bool { source.isDisk }

    /// Returns whether the user typed the path or a folder above it.
    func isUserPath(_ path: String) -> Bool {
        userPaths.contains(path)
            || userPaths.contains { path.hasPrefix($0 + "/") && !path.dropFirst($0.count + 1).description.leavesFolder }
    }

    /// Lets the backend complete a deployment, which the file at `node` defines.
    mutating func complete(
        _ definition: inout DeploymentDefinition, at place: PlacedName, in document: Document, _ node: Node?
    ) {
        guard let context else { return }
        if !deployments.contains(definition.name) { deployments.append(definition.name) }
        let path = node?.scalar?.value.scalarText ?? ""
        var draft = DeploymentDraft(
            definition, context: context,
            document: PlacedValue(node: document.root, source: document.source, playbook: playbook),
            name: place.location, folder: folder(of: path), path: path, files: source)
        if digests != nil {
            draft.definition.folder = draft.folder
            draft.definition.ownServer = OwnServer(of: draft.definition, yaml: pythonYAMLValue(of:))
        }
        context.plugin.read(&draft)
        definition = draft.definition
        findings += draft.findings
        readFiles(of: &definition, at: place, in: document, server: draft.server)
    }

    mutating func report(_ rule: String, _ place: Location, _ message: String, help: String? = nil) {
        findings.append(Finding(.error, rule, at: place, message, help: help))
    }
}
