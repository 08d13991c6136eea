internal import ArgumentParser
internal import AssetFiles
internal import AzureEndpoints
internal import FoundationEssentials
internal import PlaybookSyntax
internal import RolloutEngine
internal import RolloutService
internal import Rollouts
internal import Support

/// `turnout model`: manages models, which deployments reference as `azureml:NAME:VERSION`.
struct ModelCommand: ParsableCommand {
    static let configuration = assetCommand(RegisteredModel.self, example: "housing")
}

/// `turnout environment`: manages environments, which deployments reference as `azureml:NAME:VERSION`.
struct EnvironmentCommand: ParsableCommand {
    static let configuration = assetCommand(RegisteredEnvironment.self, example: "sklearn")
}

/// `turnout code`: manages code, which deployments reference as `azureml:NAME:VERSION`.
struct CodeCommand: ParsableCommand {
    static let configuration = assetCommand(RegisteredCode.self, example: "scoring")
}

private func assetCommand(_ kind: (some RegisteredKind).Type, example: String) -> CommandConfiguration {
    func configuration<Kind: RegisteredKind>(_ kind: Kind.Type) -> CommandConfiguration {
        CommandConfiguration(
            commandName: Kind.word,
            abstract: "Register and list \(Kind.word == "code" ? "code" : Kind.word + "s").",
            discussion: """
                The files have the format of `az ml \(Kind.word) create`. Versions are registered with the backend: local \
                keeps them in the emulator's store, azure in the workspace.

                EXAMPLES:
                  turnout \(Kind.word) create --file \(Kind.word).yml
                  turnout \(Kind.word) list
                  turnout \(Kind.word) show --name \(example) --version 1
                """,
            subcommands: [AssetCreate<Kind>.self, AssetList<Kind>.self, AssetShow<Kind>.self])
    }
    return configuration(kind)
}

/// `turnout model create`: registers a version.
struct AssetCreate<Kind: RegisteredKind>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "create", abstract: "Register \(Kind.one) from a file.",
            discussion: """
                Paths in the file are relative to it. Default for the version: the next number. A registered version \
                cannot be changed; registering the same content again has no effect.

                EXAMPLES:
                  turnout \(Kind.word) create --file \(Kind.word).yml
                  turnout \(Kind.word) create --file \(Kind.word).yml --name my-\(Kind.word) --version 2
                """)
    }

    @Option(
        name: .shortAndLong, help: ArgumentHelp("The YAML file that describes it.", valueName: "file"),
        completion: .file(extensions: ["yml", "yaml"]))
    var file: String?  // required; without it, the parser would take --version for the program's own

    @Option(name: .shortAndLong, help: "The name; overrides the file's.")
    var name: String?

    @Option(name: .shortAndLong, help: "The version; overrides the file's.")
    var version: String?

    @OptionGroup var options: BackendOptions

    func run() async throws {
        guard let file else {
            throw CommandFailure(
                .usage,
                "--file is missing: name the YAML file that describes the \(Kind.word), as for "
                    + "`az ml \(Kind.word) create`")
        }
        let document = try Self.document(file)
        guard let name = name ?? document["name"]?.versionText else {
            throw CommandFailure(.usage, "\(file) has no 'name': add one, or use --name")
        }
        let folder = PlaybookSyntax.folder(of: file)
        let registered = try await options.withAssets(.work) { uploader in
            let version: String
            if let said = self.version ?? document["version"]?.versionText {
                version = said
            } else {
                version = try await uploader.nextVersion(Kind.collection, name)
            }
            do {
                let id = AssetID(Kind.collection, name, version)
                let answer = try await Kind.create(document, folder: folder, as: id, uploader)
                return RegisteredAsset(answer, Kind.collection, named: name)
            } catch let problem as AssetProblem {
                throw CommandFailure(.failed, "\(file): \(problem.message)")
            }
        }
        guard !options.output.json else {
            StandardOutput.shared.line(try JSONText.pretty(registered))
            return
        }
        StandardOutput.shared.line("\(Kind.word) \(registered.name):\(registered.version) is registered")
        StandardOutput.shared.line("reference it as azureml:\(registered.name):\(registered.version)")
    }

    private static func document(_ file: String) throws -> Value {
        guard let bytes = FileManager.default.contents(atPath: file) else {
            throw CommandFailure(.usage, "cannot read the file \(file)")
        }
        let document: Value
        do {
            document = try pythonYAMLValue(of: String(decoding: bytes, as: UTF8.self))
        } catch {
            throw CommandFailure(.failed, "\(file): \(error)")
        }
        guard case .mapping(let members) = document else {
            throw CommandFailure(.failed, "\(file) must be a mapping with keys such as name, version and path")
        }
        if let key = members.keys.sorted().first(where: { !Kind.keys.contains($0) }) {
            let near = didYouMean(key, among: Kind.keys)
            throw CommandFailure(
                .failed,
                "\(file): unknown key '\(key)'; \(near ?? "the keys are \(Kind.keys.joined(separator: ", "))")"
            )
        }
        return document
    }
}

/// `turnout model list`: lists names with their latest versions, or all versions of one name.
struct AssetList<Kind: RegisteredKind>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "list", abstract: "List what is registered, or the versions of one name.",
            discussion: """
                EXAMPLES:
                  turnout \(Kind.word) list
                  turnout \(Kind.word) list --name my-\(Kind.word) --json
                """)
    }

    @Option(name: .shortAndLong, help: "List all versions of this name.")
    var name: String?

    @OptionGroup var options: BackendOptions

    func run() async throws {
        let found = try await options.withAssets(.look) { uploader in
            guard let name else {
                var assets: [RegisteredAsset] = []
                for container in try await uploader.client.assets(Kind.collection) {
                    guard let name = container["name"]?.string,
                        let latest = container["properties"]?["latestVersion"]?.string,
                        let answer = try await uploader.client.asset(AssetID(Kind.collection, name, latest))
                    else { continue }
                    assets.append(RegisteredAsset(answer, Kind.collection, named: name))
                }
                return assets.filter { !$0.isAnonymous }
            }
            return try await uploader.client.assets(Kind.collection, named: name).map {
                RegisteredAsset($0, Kind.collection, named: name)
            }
        }
        guard !options.output.json else {
            StandardOutput.shared.line(try JSONText.pretty(found))
            return
        }
        guard !found.isEmpty else {
            StandardOutput.shared.line(
                "Nothing is registered\(name.map { " as '\($0)'" } ?? "") yet; `turnout \(Kind.word) create` does it.")
            return
        }
        var table = Table(.init("NAME"), .init("VERSION"), .init("CREATED"), .init("WHAT"))
        table.rows = found.map { asset in
            [
                Table.Cell(asset.name, .bold), Table.Cell(asset.version), Table.Cell(asset.created ?? ""),
                Table.Cell(Kind.summary(asset.properties)),
            ]
        }
        StandardOutput.shared.line(table.lines(Terminal.standardOutput.style).joined(separator: "\n"))
    }
}

/// `turnout model show`: shows one version.
struct AssetShow<Kind: RegisteredKind>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "show", abstract: "Show one version of \(Kind.one).",
            discussion: """
                EXAMPLES:
                  turnout \(Kind.word) show --name my-\(Kind.word)
                  turnout \(Kind.word) show --name my-\(Kind.word) --version 2 --json
                """)
    }

    @Option(name: .shortAndLong, help: "The name.")
    var name: String

    @Option(name: .shortAndLong, help: "The version. Default: the latest.")
    var version: String?

    @OptionGroup var options: BackendOptions

    func run() async throws {
        let found: RegisteredAsset = try await options.withAssets(.look) { uploader in
            let latest = try await uploader.client.container(Kind.collection, name)?["properties"]?["latestVersion"]
            guard let version = version ?? latest?.string,
                let answer = try await uploader.client.asset(AssetID(Kind.collection, name, version))
            else {
                let what = "\(Kind.word) \(name)\(version.map { ":\($0)" } ?? "") is not registered"
                throw CommandFailure(
                    .failed,
                    "\(what); `turnout \(Kind.word) list` lists what is, `turnout \(Kind.word) create` registers it")
            }
            return RegisteredAsset(answer, Kind.collection, named: name)
        }
        guard !options.output.json else {
            StandardOutput.shared.line(try JSONText.pretty(found))
            return
        }
        StandardOutput.shared.line("\(found.name):\(found.version)  \(Kind.summary(found.properties))")
        for (key, value) in found.properties.plainMembers { StandardOutput.shared.line("  \(key): \(value)") }
    }
}

/// A registered version.
struct RegisteredAsset: Encodable {
    var name: String
    var version: String
    var id: String?
    var created: String?
    var properties: Value

    init(_ answer: Value, _ collection: AssetReference.Collection, named name: String) {
        let path = answer["id"]?.string
        let id = path.flatMap(AssetID.init(path:))
        self.name = id?.name ?? name
        version = id?.version ?? answer["name"]?.string ?? ""
        self.id = path
        created = answer["systemData"]?["createdAt"]?.string
        properties = answer["properties"] ?? [:]
    }

    var isAnonymous: Bool { properties["isAnonymous"]?.bool == true }
}

extension Value {
    /// The non-empty members, with their values as text.
    fileprivate var plainMembers: [(String, String)] {
        guard case .mapping(let members) = self else { return [] }
        return members.sorted { $0.key < $1.key }.compactMap { key, value in
            switch value {
            case .string(let text):
                (key, text.contains("\n") ? "\n    " + text.split(separator: "\n").joined(separator: "\n    ") : text)
            case .bool(let flag): (key, "\(flag)")
            case .integer(let number): (key, "\(number)")
            case .mapping(let inner) where inner.isEmpty: nil
            case .null: nil
            default: (key, (try? JSONText.line(value)) ?? "")  // any value can be written as JSON
            }
        }
    }
}

extension BackendOptions {
    /// Opens the backend, and runs `body` with its registered assets.
    ///
    /// - Throws: ``CommandFailure`` if the backend has no registered assets.
    func withAssets<Result>(
        _ use: BackendOpening.Use, _ body: (AssetUploader) async throws -> Result
    ) async throws -> Result {
        try await with(use) { _, session, selection in
            guard let assets = session as? any AssetRegistering else {
                throw CommandFailure(
                    .usage,
                    "the backend \(selection.name) has no registered assets; use --backend local or --backend azure")
            }
            return try await body(assets.uploader)
        }
    }
}
