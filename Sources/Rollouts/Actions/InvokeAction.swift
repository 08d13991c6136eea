/// Sends test requests and checks the answers.
package struct InvokeAction: PlaybookAction {
    package static let kind = StageAction.Kind.invoke
    package static let defaultTimeout = Interval.minutes(10)

    package var invocation: Invocation

    private enum CodingKeys: String, CodingKey {
        case invocation = "_0"
    }

    package func steps(on endpoint: EndpointSnapshot?) -> [Step] { [.invoke(invocation)] }
}

extension StageAction {
    package static func invoke(_ invocation: Invocation) -> StageAction {
        StageAction(InvokeAction(invocation: invocation))
    }
}

/// Test requests to a deployment or the endpoint, and the expected responses.
package struct Invocation: Hashable, Sendable, Codable {
    /// The deployment to call, or `nil` to call the endpoint as clients do.
    package var deployment: Name?
    package var request: InferenceRequest
    /// At least 1.
    package var times: Int
    package var expect: Expectation

    package struct Expectation: Hashable, Sendable, Codable {
        /// HTTP status.
        package var status: Int
        /// The longest time that any response may take.
        package var within: Interval?
        /// The members that the JSON body must contain (``Value/contains(_:)``).
        package var json: Value?

        package init(status: Int = 200, within: Interval? = nil, json: Value? = nil) {
            self.status = status
            self.within = within
            self.json = json
        }
    }

    package init(deployment: Name?, request: InferenceRequest, times: Int = 1, expect: Expectation = Expectation()) {
        self.deployment = deployment
        self.request = request
        self.times = times
        self.expect = expect
    }
}

/// An inference request: a JSON body, sent by POST.
package struct InferenceRequest: Hashable, Sendable, Codable {
    package var body: String
    package init(body: String) { self.body = body }
}
