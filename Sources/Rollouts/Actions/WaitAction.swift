/// Waits for a fixed time.
package struct WaitAction: PlaybookAction {
    package static let kind = StageAction.Kind.wait
    package static let defaultTimeout = Interval.distantFuture
    package static let touchesEndpoint = false

    package var length: Interval

    private enum CodingKeys: String, CodingKey {
        case length = "_0"
    }

    package func steps(on endpoint: EndpointSnapshot?) -> [Step] { [] }

    package var rest: Interval { length }
}

extension StageAction {
    package static func wait(_ length: Interval) -> StageAction { StageAction(WaitAction(length: length)) }
}
