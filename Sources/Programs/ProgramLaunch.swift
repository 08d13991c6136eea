#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import Subprocess
internal import SystemPackage

/// One run of another program, in a session and thus a process group of its own.
package struct ProgramLaunch: Sendable {
    /// The program and its arguments, which no shell sees; a name without a slash is looked up in `PATH`.
    package var words: [String]
    /// All of its variables; nil for those of this process.
    package var environment: [String: String]?
    /// The folder that it starts in, and that a relative path of the program is relative to; nil for that of this process.
    package var folder: String?
    /// What it reads, which is closed here once the program was started; nil for nothing.
    package var input: Int32?
    /// From SIGTERM to SIGKILL for the whole group when the task is cancelled; nil kills it at once.
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

    /// What a program that was run for its answer wrote, each at most ``limit`` bytes.
    package struct Printed: Hashable, Sendable {
        package var output: String
        package var errors: String
        package var end: End

        /// The last line of its errors, else how it ended.
        package var reason: String { errors.split(whereSeparator: \.isNewline).last.map(String.init) ?? "\(end)" }
    }

    package static let limit = 4 << 20

    /// Runs the program to its end and passes on what it writes, its errors among it.
    ///
    /// A process that it left behind with its output is not waited for. Cancelled, its group is ended, and what it still
    /// writes is passed on until then.
    /// - Throws: ``ProgramProblem`` if it cannot be started.
    package func run(
        started: @escaping @Sendable (_ group: Int32) -> Void = { _ in },
        output: @escaping @Sendable ([UInt8]) -> Void
    ) async throws -> End {
        let cancelled = AsyncStream.makeStream(of: Void.self)
        // Not a child task: a cancelled task reads nothing any more, and the program would fail to write.
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

    /// Runs the program for its answer; after `patience`, or cancelled, its group is killed.
    /// - Returns: What it wrote; nil if it did not end in time.
    /// - Throws: ``ProgramProblem`` if it cannot be started, or writes more than ``limit`` bytes.
    package func printed(within patience: Duration) async throws -> Printed? {
        try await withThrowingTaskGroup(of: Printed?.self) { group in
            group.addTask { try await answer() }
            group.addTask {
                try await Task.sleep(for: patience)
                return nil
            }
            // Cancelling ends the process that is still running.
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
        // A group of its own, so that its children end with it; a session, so that no terminal's signals reach it.
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

    /// An error of the library in words; it reports each of no such program, no right and no folder on the way as the first.
    private func problem(_ error: SubprocessError) -> ProgramProblem {
        let cause = error.underlyingError.map { String(cString: strerror($0.rawValue)) }
        switch error.code {
        case .failedToChangeWorkingDirectory:
            return ProgramProblem("its working folder \(folder ?? "."): \(cause ?? "cannot be set")")
        case .executableNotFound where !program.contains("/"):
            return ProgramProblem(
                program.isEmpty ? "it has no name" : "there is no \(program) in PATH", isMissing: true)
        case .executableNotFound:
            guard access(program, X_OK) != 0, errno != ENOENT else {
                return ProgramProblem("there is no \(program)", isMissing: true)
            }
            return ProgramProblem("\(program): \(String(cString: strerror(errno)))")
        case .outputLimitExceeded: return ProgramProblem("it writes more than \(Self.limit) bytes")
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

/// Why a program could not be run, in a sentence that goes on from what it was to do.
package struct ProgramProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package var description: String
    /// Whether there is no such program.
    package var isMissing: Bool

    init(_ description: String, isMissing: Bool = false) {
        self.description = description
        self.isMissing = isMissing
    }
}
