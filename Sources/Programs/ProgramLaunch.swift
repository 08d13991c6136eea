#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import Subprocess
internal import SystemPackage

/// One run of another program, in its own session and therefore its own process group.
package struct ProgramLaunch: Sendable {
    /// The program and its arguments, passed without a shell.
    ///
    /// A name without a slash is looked up in `PATH`.
    package var words: [String]
    /// All environment variables of the program; `nil` to inherit those of this process.
    package var environment: [String: String]?
    /// The working folder, which a relative path of the program is resolved against; `nil` for that of this process.
    package var folder: String?
    /// The descriptor of standard input, which this process closes after starting the program; `nil` for no input.
    package var input: Int32?
    /// The time between SIGTERM and SIGKILL for the whole group when the task is cancelled; `nil` sends SIGKILL at
    /// once.
    package var grace: Duration?

    package init(
        _ words: [String], environment: [String: String]? = nil, folder: String? = nil, input: Int32? = nil,
        grace: Duration? = nil
    ) {
        self.words = words
        self.environment = environment
        self.folder = folder
        self.input = input
        self.grace = grace
    }

    package enum End: Hashable, Sendable, CustomStringConvertible {
        case exited(Int32)
        case signalled(Int32)

        package var description: String {
            switch self {
            case .exited(let code): "exited with \(code)"
            case .signalled(let number): "was ended by signal \(number)"
            }
        }
    }

    /// The output of a program that was run for its result, at most ``limit`` bytes per stream.
    package struct Printed: Hashable, Sendable {
        package var output: String
        package var errors: String
        package var end: End

        /// The last line of standard error, or else how the program ended.
        package var reason: String { errors.split(whereSeparator: \.isNewline).last.map(String.init) ?? "\(end)" }
    }

    package static let limit = 4 << 20

    /// Runs the program to its end and passes on its standard output and standard error, combined.
    ///
    /// Processes that it left behind with its output are not waited for. If the task is cancelled, the program's
    /// process
    /// group is terminated, and output is passed on until the group has ended.
    ///
    /// - Throws: ``ProgramProblem`` if the program cannot be started.
    package func run(
        started: @escaping @Sendable (_ group: Int32) -> Void = { _ in },
        output: @escaping @Sendable ([UInt8]) -> Void
    ) async throws -> End {
        let cancelled = AsyncStream.makeStream(of: Void.self)
        // Not a child task: a cancelled task stops reading, and the program's writes would then fail.
        let work = Task { try await untilEnd(cancelled.stream, started, output) }
        return try await withTaskCancellationHandler {
            try await work.value
        } onCancel: {
            cancelled.continuation.finish()
        }
    }

    private func untilEnd(
        _ cancelled: AsyncStream<Void>, _ started: @escaping @Sendable (Int32) -> Void,
        _ output: @escaping @Sendable ([UInt8]) -> Void
    ) async throws -> End {
        let groups = AsyncStream.makeStream(of: Int32.self)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            defer { tasks.cancelAll() }
            tasks.addTask {
                for await group in groups.stream {
                    for await _ in cancelled {}
                    guard !Task.isCancelled else { return }
                    if let grace {
                        kill(-group, SIGTERM)
                        do { try await Task.sleep(for: grace) } catch { return }
                    }
                    kill(-group, SIGKILL)
                }
            }
            let begun: @Sendable (Int32) -> Void = { group in
                started(group)
                groups.continuation.yield(group)
            }
            do {
                guard let input else { return try await launch(.none, begun, output) }
                let descriptor = FileDescriptor(rawValue: input)
                return try await launch(
                    .fileDescriptor(descriptor, closeAfterSpawningProcess: true), begun, output)
            } catch let error as SubprocessError {
                throw problem(error)
            }
        }
    }

    private func launch(
        _ input: some InputProtocol, _ started: @Sendable (Int32) -> Void, _ output: @Sendable ([UInt8]) -> Void
    ) async throws -> End {
        let result = try await Subprocess.run(
            executable, arguments: arguments, environment: variables, workingDirectory: folder.map { FilePath($0) },
            platformOptions: Self.options, input: input, output: .sequence, error: .combinedWithOutput
        ) { execution in
            started(execution.processIdentifier.value)
            for try await chunk in execution.standardOutput { output(chunk.withUnsafeBytes { Array($0) }) }
        }
        return End(result.terminationStatus)
    }

    /// Runs the program and returns its output.
    ///
    /// Its group is killed after `patience`, or if the task is cancelled.
    ///
    /// - Returns: The output, or `nil` if the program did not end in time.
    /// - Throws: ``ProgramProblem`` if it cannot be started or writes more than ``limit`` bytes.
    package func printed(within patience: Duration) async throws -> Printed? {
        try await withThrowingTaskGroup(of: Printed?.self) { group in
            group.addTask { try await answer() }
            group.addTask {
                try await Task.sleep(for: patience)
                return nil
            }
            // Cancelling kills the process if it is still running.
            defer { group.cancelAll() }
            return try await group.next() ?? nil
        }
    }

    private func answer() async throws -> Printed {
        var options = Self.options
        options.teardownSequence = [
            .send(signal: .kill, toProcessGroup: true, allowedDurationToNextStep: .seconds(1))
        ]
        do {
            let result = try await Subprocess.run(
                executable, arguments: arguments, environment: variables,
                workingDirectory: folder.map { FilePath($0) }, platformOptions: options,
                output: .string(limit: Self.limit), error: .string(limit: Self.limit))
            return Printed(
                output: result.standardOutput, errors: result.standardError, end: End(result.terminationStatus))
        } catch let error as SubprocessError {
            throw problem(error)
        }
    }

    private static var options: PlatformOptions {
        var options = PlatformOptions()
        // Its own group, so that its children end with it; its own session, so that no terminal's signals reach it.
        options.createSession = true
        return options
    }

    private var program: String {
        let word = words.first ?? ""
        guard word.contains("/"), !word.hasPrefix("/"), let folder else { return word }
        return folder + "/" + word
    }

    private var executable: Executable { program.contains("/") ? .path(FilePath(program)) : .name(program) }

    private var arguments: Arguments { Arguments(Array(words.dropFirst())) }

    private var variables: Environment {
        guard let environment else { return .inherit }
        return .custom(
            Dictionary(
                environment.map { (Environment.Key(stringLiteral: $0.key), $0.value) }, uniquingKeysWith: { $1 }))
    }

    /// Describes an error of Subprocess, which reports a missing program, missing permission and a missing folder
    /// alike.
    private func problem(_ error: SubprocessError) -> ProgramProblem {
        let cause = error.underlyingError.map { String(cString: strerror($0.rawValue)) }
        switch error.code {
        case .failedToChangeWorkingDirectory:
            return ProgramProblem("its working folder \(folder ?? ".") cannot be used: \(cause ?? "\(error)")")
        case .executableNotFound where !program.contains("/"):
            return ProgramProblem(
                program.isEmpty ? "it has no name" : "there is no \(program) in PATH", isMissing: true)
        case .executableNotFound:
            guard access(program, X_OK) != 0, errno != ENOENT else {
                return ProgramProblem("there is no \(program)", isMissing: true)
            }
            return ProgramProblem("\(program): \(String(cString: strerror(errno)))")
        case .outputLimitExceeded: return ProgramProblem("its output exceeds \(Self.limit) bytes")
        default: return ProgramProblem("\(program): \(cause ?? "\(error)")")
        }
    }
}

extension ProgramLaunch.End {
    fileprivate init(_ status: TerminationStatus) {
        self =
            switch status {
            case .exited(let code): .exited(code)
            case .signaled(let number): .signalled(number)
            }
    }
}

/// Why a program could not be run, as a clause that follows the description of its purpose.
package struct ProgramProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String
    /// Whether the program does not exist.
    package var isMissing: Bool

    init(_ description: String, isMissing: Bool = false) {
        self.description = description
        self.isMissing = isMissing
    }
}
