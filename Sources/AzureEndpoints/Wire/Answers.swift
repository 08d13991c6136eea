package import Rollouts

/// One page of a list.
package struct ListResponse<Item: Codable & Hashable & Sendable>: Codable, Hashable, Sendable {
    package var value: [Item]
    /// The URL of the next page; `nil` on the last page.
    package var nextLink: String?

    package init(_ value: [Item], nextLink: String? = nil) {
        self.value = value
        self.nextLink = nextLink
    }
}

/// The error body of every refused request.
package struct ErrorResponse: Codable, Hashable, Sendable {
    package var error: ErrorDetail

    package init(_ error: ErrorDetail) { self.error = error }

    package init(code: String, message: String, target: String? = nil) {
        self.init(ErrorDetail(code: code, message: message, target: target, details: [], additionalInfo: []))
    }
}

package struct ErrorDetail: Codable, Hashable, Sendable {
    package var code: String?
    package var message: String?
    package var target: String?
    package var details: [ErrorDetail]?
    package var additionalInfo: [Value]?

    package init(
        code: String? = nil, message: String? = nil, target: String? = nil, details: [ErrorDetail]? = nil,
        additionalInfo: [Value]? = nil
    ) {
        self.code = code
        self.message = message
        self.target = target
        self.details = details
        self.additionalInfo = additionalInfo
    }
}

/// The response when polling `Azure-AsyncOperation`.
package struct OperationStatus: Codable, Hashable, Sendable {
    package var id: String?
    package var name: String?
    /// `Updating`, `InProgress` and the like while in progress; `Succeeded`, `Failed` or `Canceled` when finished.
    package var status: String
    /// ISO 8601.
    package var startTime: String?
    package var endTime: String?
    package var percentComplete: Double?
    package var error: ErrorDetail?

    package init(
        id: String? = nil, name: String? = nil, status: String, startTime: String? = nil, endTime: String? = nil,
        percentComplete: Double? = nil, error: ErrorDetail? = nil
    ) {
        self.id = id
        self.name = name
        self.status = status
        self.startTime = startTime
        self.endTime = endTime
        self.percentComplete = percentComplete
        self.error = error
    }
}

/// The request body of `getLogs`.
package struct LogsRequest: Codable, Hashable, Sendable {
    package enum Container: String, Codable, Hashable, Sendable {
        case inferenceServer = "InferenceServer"
        case storageInitializer = "StorageInitializer"
    }

    package var containerType: Container?
    /// The number of lines from the end of the log.
    package var tail: Int?

    package init(containerType: Container? = nil, tail: Int? = nil) {
        self.containerType = containerType
        self.tail = tail
    }
}

package struct LogsResponse: Codable, Hashable, Sendable {
    package var content: String

    package init(content: String) { self.content = content }
}
