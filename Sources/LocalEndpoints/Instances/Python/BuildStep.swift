#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import Rollouts
internal import Subprocess
internal import Synchronization
internal import SystemPackage

/// One program that is run to its end while an environment is built.
struct BuildStep {
    var arguments: [String]
    var guardian: Guardian?

    /// Runs it, and passes its lines on.
    ///
    /// Throws `ImageBuildFailure` with the last of them when it fails. Cancelled, it is killed.
    func run(line: @escaping @Sendable (String) -> Void) async throws {
        let pipe = try OutputPipe(line: line)
        let group = Mutex<Int32?>(nil)
        var options = PlatformOptions()
        options.createSession = true
        let status: TerminationStatus = try await withTaskCancellationHandler {
            do {
                return try await Subprocess.run(
                    .program(arguments.first ?? ""), arguments: Arguments(Array(arguments.dropFirst())),
                    environment: .variables(ServerEnvironment.builders),
                    platformOptions: options, input: .none,
                    output: .fileDescriptor(FileDescriptor(rawValue: pipe.writeEnd), closeAfterSpawningProcess: true),
                    error: .combinedWithOutput
                ) { execution in
                    group.withLock { $0 = execution.processIdentifier.value }
                    guardian?.watch(execution.processIdentifier.value)
                }.terminationStatus
            } catch let error as SubprocessError {
                throw InstanceProblem(
                    code: "ImageBuildFailure", message: "\(arguments.first ?? "") cannot be started: \(error)")
            }
        } onCancel: {
            if let group = group.withLock({ $0 }) { kill(-group, SIGKILL) }
        }
        if let group = group.withLock({ $0.take() }) { guardian?.forget(group) }
        await pipe.finish(within: .milliseconds(500))
        try Task.checkCancellation()
        guard !status.isSuccess else { return }
        throw InstanceProblem(
            code: "ImageBuildFailure",
            message: "\(arguments.joined(separator: " ")) failed (\(status)): "
                + pipe.lastLines.joined(separator: " ⏎ "))
    }
}
