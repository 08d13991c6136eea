/// The precomputed beginnings of a deployment's answers, up to the request ID.
struct PreparedHeads: Sendable {
    private let answered: [UInt8]
    private let modelFailed: [UInt8]
    /// The header line that names the deployment.
    let line: String

    init(deployment: String) {
        line = "azureml-model-deployment: \(deployment)\r\n"
        answered = Array("HTTP/1.1 200 OK\r\n\(line)x-request-id: ".utf8)
        modelFailed = Array("HTTP/1.1 424 Failed Dependency\r\n\(line)x-request-id: ".utf8)
    }

    /// The beginning of an answer: a model status of 200 is passed on, any other becomes 424 (AzureCompatibility.md).
    func begin(modelStatus: Int) -> [UInt8] { modelStatus == 200 ? answered : modelFailed }
}
