internal import FoundationEssentials
internal import Logging

/// Diagnostic logging, which is off unless `TURNOUT_LOG` names a level.
enum Log {
    /// Writes messages of the level in `TURNOUT_LOG` (`trace`, `debug`, `info`, …) and above to standard error.
    static func start(environment: [String: String] = ProcessInfo.processInfo.environment) {
        guard let name = environment["TURNOUT_LOG"], !name.isEmpty else {
            return LoggingSystem.bootstrap { _ in SwiftLogNoOpLogHandler() }
        }
        let level = Logger.Level(rawValue: name)
        if level == nil {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            Notices.warn("TURNOUT_LOG: unknown level '\(name)', using info; the levels are \(levels)")
        }
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level ?? .info
            return handler
        }
    }
}
