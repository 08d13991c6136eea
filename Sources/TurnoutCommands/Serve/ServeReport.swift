internal import LocalEndpoints
internal import Rollouts

/// Where an emulator listens, and what its clients need.
struct ServeReport: Encodable {
    var event = "serving"
    var process: Int32
    /// The control plane, over TLS.
    var control: String
    /// The data plane, over HTTP.
    var data: String
    /// The certificate to trust, and the file with the control plane's bearer token.
    var certificate: String
    var token: String
    /// Whether the emulator is another process than the one that says so.
    var isKept: Bool
    /// How long it stays when nothing uses it, in milliseconds; nil: until it is ended.
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

    /// A subscription, a resource group and a workspace: any are taken, and all lead to the same endpoints.
    private static let workspace =
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local"
        + "/providers/Microsoft.MachineLearningServices/workspaces/turnout"

    private var end: String {
        guard isKept else { return "; end it with ^C" }
        guard let idle else { return " in the background; end it by `turnout serve --stop`" }
        return " in the background; it leaves once unused for \(idle.short)"
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
            style.dim("# lists the endpoints as Azure's REST API does"),
            "curl --cacert \(certificate.shellWord) -H \"Authorization: Bearer $(cat \(token.shellWord))\" "
                + "\(control)\(Self.workspace)/onlineEndpoints",
            style.dim("# sends a request as a client does"),
            "KEY=$(turnout endpoint keys NAME | awk '/^primary/ {print $2}')",
            "curl --request POST \(data)/endpoints/NAME/score --header \"Authorization: Bearer $KEY\" "
                + "--header 'Content-Type: application/json' --data @Playbooks/samples/sample-request.json",
        ]
    }
}

extension String {
    /// The text as one word of a shell's command line.
    var shellWord: String {
        let isPlain = !isEmpty && utf8.allSatisfy { Self.plainBytes.contains($0) }
        guard !isPlain else { return self }
        return "'" + split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }

    private static let plainBytes = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+:=@%,".utf8)
}
