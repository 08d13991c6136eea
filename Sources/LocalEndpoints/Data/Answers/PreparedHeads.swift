internal import NIOCore

/// The beginnings of a deployment's answers, up to the request's id.
struct PreparedHeads: Sendable {
    private let answered: ByteBuffer
    private let modelFailed: ByteBuffer
    /// The header line that names the deployment.
    let line: String

    init(deployment: String) {
        line = "azureml-model-deployment: \(deployment)\r\n"
        answered = ByteBuffer(string: "HTTP/1.1 200 OK\r\n\(line)x-request-id: ")
        modelFailed = ByteBuffer(string: "HTTP/1.1 424 Failed Dependency\r\n\(line)x-request-id: ")
    }

    /// What the model answered is passed on: as it is when it is 200, else as 424 (AZURE.md, Data plane).
    func begin(modelStatus: Int) -> ByteBuffer { modelStatus == 200 ? answered : modelFailed }
}
