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

    init(_ record: ServeRecord, _ folder: LocalFolder) {
        process = record.pid
        control = record.control
        data = record.data
        certificate = folder.certificate
        token = folder.token
    }

    /// A subscription, a resource group and a workspace: any are taken, and all lead to the same endpoints.
    private static let workspace =
        "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local"
        + "/providers/Microsoft.MachineLearningServices/workspaces/turnout"

    func lines(_ style: Style) -> [String] {
        [
            style.bold("serving the local endpoints") + style.dim(" in process \(process); end it with ^C"),
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
