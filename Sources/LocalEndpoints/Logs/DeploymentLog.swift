package import RolloutEngine
package import Rollouts

/// What is kept of a deployment's log: event lines, its instances' output, a line for each request.
package final class DeploymentLog: Sendable {
    /// Appends to the file at `path`; creates it where it is not there.
    package init(path: String) throws {}

    /// May be called on any thread, an event loop too: it never waits for the disk.
    package func append(_ line: LogLine) {}

    /// The last `count` lines, oldest first; also those of earlier processes.
    package func tail(_ count: Int) throws -> [LogLine] { [] }

    /// Returns when everything that was appended is in the file.
    package func flush() async {}
}
