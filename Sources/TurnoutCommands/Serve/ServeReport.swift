internal import LocalEndpoints
internal import Rollouts

/// The addresses and credentials of an emulator.
struct ServeReport: Encodable {
    var event = "serving"
    var process: Int32
    /// The URL of the control plane, over TLS.
    var control: String
    /// The URL of the data plane, over HTTP.
    var data: String
    /// The path of the certificate to trust.
    var certificate: String
    /// The path of the file with the control plane's bearer token.
    var token: String
    /// Whether the emulator is a background process, not the one that reports it.
    var isKept: Bool
    /// How long it keeps running when unused, in milliseconds; nil if it runs until it is stopped.
    var idle: Interval?

    init(_ record: ServeRecord, _ folder: LocalFolder, isKept: Bool = false) {
        self.isKept = isKept
        idle = record.idle
        process = record.pid
        control = record.control
        data = record.data
        certificate = folder.certificate
        token = folder.token
    }

    private enum CodingKeys: String, CodingKey {
        case event, process, control, data, certificate, token
        case isKept = "in_background"
        case idle = "idle_milliseconds"
    }

    /// An example of a workspace path.
    ///
    /// The emulator accepts any, and all lead to the same endpoints.
    private static let workspace =
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local"
        + "/providers/Microsoft.MachineLearningServices/workspaces/turnout"

    private var end: String {
        guard isKept else { return "; stop it with ^C" }
        guard let idle else { return " in the background; stop it with `turnout serve --stop`" }
        return " in the background; it exits when unused for \(idle.short)"
    }

    func lines(_ style: Style) -> [String] {
        [
            style.bold("serving the local endpoints") + style.dim(" in process \(process)\(end)"),
            "  clients        \(data)/endpoints/NAME/score",
            "  metrics        \(data)/metrics",
            "  control plane  \(control)",
            "  certificate    \(certificate)",
            "  token          \(token)",
            "",
            style.dim("# list the endpoints with Azure's REST API"),
            "curl --cacert \(certificate.shellWord) -H \"Authorization: Bearer $(cat \(token.shellWord))\" "
                + "\(control)\(Self.workspace)/onlineEndpoints",
            style.dim("# send a request as a client"),
            "KEY=$(turnout endpoint keys NAME | awk '/^primary/ {print $2}')",
            "curl --request POST \(data)/endpoints/NAME/score --header \"Authorization: Bearer $KEY\" "
                + "--header 'Content-Type: application/json' --data @Playbooks/samples/sample-request.json",
        ]
    }
}

extension String {
    /// The text quoted as one word for a shell.
    var shellWord: String {
        let isPlain = !isEmpty && utf8.allSatisfy { Self.plainBytes.contains($0) }
        guard !isPlain else { return self }
        return "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    private static let plainBytes = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:=@%,".utf8)
}
