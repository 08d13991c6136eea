package import Rollouts

/// Probes and request settings are numbers in files and ISO 8601 on the wire.
///
/// Files omit values that equal Azure's defaults.
extension ProbeBody {
    /// Reads a file's probe, whose times are in seconds.
    init(document: Value) {
        self.init(
            initialDelay: document["initial_delay"]?.time(unit: .seconds(1)),
            period: document["period"]?.time(unit: .seconds(1)),
            timeout: document["timeout"]?.time(unit: .seconds(1)),
            successThreshold: document["success_threshold"]?.integer,
            failureThreshold: document["failure_threshold"]?.integer)
    }

    var document: Value? {
        .present([
            "initial_delay": .time(initialDelay, unit: .seconds(1), default: .seconds(10)),
            "period": .time(period, unit: .seconds(1), default: .seconds(10)),
            "timeout": .time(timeout, unit: .seconds(1), default: .seconds(2)),
            "success_threshold": .count(successThreshold, default: 1),
            "failure_threshold": .count(failureThreshold, default: 30),
        ])
    }
}

extension RequestSettingsBody {
    package init(_ settings: RequestSettings) {
        self.init(
            requestTimeout: ISO8601Duration(settings.timeout),
            maxConcurrentRequestsPerInstance: settings.maxConcurrentRequestsPerInstance,
            maxQueueWait: ISO8601Duration(settings.maxQueueWait))
    }

    /// The settings, with Azure's defaults for absent members.
    package var settings: RequestSettings {
        let usual = RequestSettings()
        return RequestSettings(
            timeout: requestTimeout?.interval ?? usual.timeout,
            maxConcurrentRequestsPerInstance: maxConcurrentRequestsPerInstance
                ?? usual.maxConcurrentRequestsPerInstance,
            maxQueueWait: maxQueueWait?.interval ?? usual.maxQueueWait)
    }

    var document: Value? {
        let usual = RequestSettings()
        return .present([
            "request_timeout_ms": .time(requestTimeout, unit: .milliseconds(1), default: usual.timeout),
            "max_concurrent_requests_per_instance": .count(
                maxConcurrentRequestsPerInstance, default: usual.maxConcurrentRequestsPerInstance),
            "max_queue_wait_ms": .time(maxQueueWait, unit: .milliseconds(1), default: usual.maxQueueWait),
        ])
    }
}
