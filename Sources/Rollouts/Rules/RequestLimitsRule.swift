/// A request may take 1 ms to 180 s, and at least one concurrent request is served (AzureCompatibility.md).
package struct RequestLimitsRule: ChangeRule {
    package init() {}

    package func violation(of change: Change, on endpoint: EndpointSnapshot?, kind: EndpointKind) -> Violation? {
        guard case .putDeployment(let definition) = change else { return nil }
        let settings = definition.requestSettings
        guard settings.timeout > .zero, settings.timeout <= .seconds(180) else {
            return Violation(
                rule: "request-limits",
                message: "deployment \(definition.name): request_timeout_ms is \(settings.timeout.milliseconds), "
                    + "but must be 1 to 180000")
        }
        guard settings.maxConcurrentRequestsPerInstance > 0 else {
            return Violation(
                rule: "request-limits",
                message: "deployment \(definition.name): max_concurrent_requests_per_instance must be at least 1")
        }
        guard settings.maxQueueWait >= .zero else {
            return Violation(
                rule: "request-limits", message: "deployment \(definition.name): max_queue_wait_ms must be at least 0")
        }
        return nil
    }
}
