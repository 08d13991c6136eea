internal import AssetFiles
internal import FoundationEssentials
internal import RolloutEngine
internal import Rollouts

/// The files that a playbook names, each read once.
struct NamedFiles {
    let playbook: SourceFile
    let source: FileSource
    /// Paths that the user typed, and therefore may lead anywhere.
    var userPaths: Set<String> = []
    /// Where paths that the user typed were looked for in vain.
    var lookedAt: [String: [String]] = [:]
    /// In the order in which they were first named.
    private(set) var paths: [String] = []
    private(set) var contents: [String: Data] = [:]
    private var requests: [String: InferenceRequest?] = [:]
    private var documents: [String: Document?] = [:]
    var findings: [Finding] = []
    /// Set where the backend runs the deployments' servers on this machine.
    var servers: ServerIsKnown?
    /// Set where the backend takes the files that deployments name.
    var digests: DigestCache?
    /// What the playbook says that serves a deployment; nil where the backend starts no servers.
    var serving: ((Name) -> Value?)?
    /// Set where deployments are brought to a cluster.
    var cluster: FitsIntoCluster?

    /// A YAML file that has the right shape.
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

    /// The body that a `request_file` holds; nil where it cannot be used, and a finding says why.
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
        do throws(JSONCheck.Problem) {
            try JSONCheck.check(file.bytes)
        } catch {
            let place = file.position(at: error.offset)
            report("JSONSyntax", Location(source: file, span: Span(start: place, end: place)), error.message)
            return nil
        }
        return InferenceRequest(body: String(decoding: file.bytes, as: UTF8.self))
    }

    /// A YAML file checked against `shape`; nil where it cannot be used, and a finding says why.
    mutating func document(at node: Node?, _ shape: ObjectShape) -> Document? {
        guard let node, let path = node.scalar?.value.scalarText else { return nil }
        let key = shape.what + ":" + path
        if let known = documents[key] {
            if known == nil { _ = read(path, at: node.span) }
            return known
        }
        var document: Document?
        if let data = read(path, at: node.span) {
            let file = SourceFile(path: path.beside(playbook.path), data: data)
            if let root = loadYAML(file, findings: &findings) {
                var check = ShapeCheck(source: file)
                check.check(root, .object(shape), shape.what)
                findings += check.findings
                if case .mapping = root.content { document = Document(source: file, root: root) }
            }
        }
        documents[key] = .some(document)
        return document
    }

    /// The bytes of a file; what hinders is reported at `span` of the playbook.
    private mutating func read(_ path: String, at span: Span) -> Data? {
        let place = Location(source: playbook, span: span)
        do throws(FileProblem) {
            if let known = contents[path], path != playbook.path { return known }
            let data = try source.contents(of: path, namedBy: playbook.path, isFree: isUsers(path))
            guard path != playbook.path else {
                report("NamedFile", place, "\(path.quoted) is the playbook itself")
                return nil
            }
            contents[path] = data
            paths.append(path)
            return data
        } catch {
            let places = lookedAt[path].map { "looked at \($0.joined(separator: " and at "))" }
            report("NamedFile", place, error.message, help: places ?? error.help)
            return nil
        }
    }

    /// Where the file or folder at `path`, relative to the playbook's folder, is on this machine; nil where the files
    /// are on no disk.
    ///
    /// What is not the playbook's own word, as a path in a deployment file, `isFree` to lead anywhere.
    func place(of path: String, isFree: Bool = false) throws(FileProblem) -> String? {
        try source.place(of: path, namedBy: playbook.path, isFree: isFree || isUsers(path))
    }

    var isOnDisk: Bool { source.isDisk }

    /// True for a path that the user typed, and for one below a folder that the user typed.
    func isUsers(_ path: String) -> Bool {
        userPaths.contains(path)
            || userPaths.contains { path.hasPrefix($0 + "/") && !path.dropFirst($0.count + 1).description.leavesFolder }
    }

    mutating func report(_ rule: String, _ place: Location, _ message: String, help: String? = nil) {
        findings.append(Finding(.error, rule, at: place, message, help: help))
    }
}
