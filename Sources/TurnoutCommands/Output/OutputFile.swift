internal import Support
#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// An output file that the user named.
struct OutputFile {
    var path: String

    /// Writes the text, replacing the file's content.
    func write(_ text: String) throws(CommandFailure) {
        guard !path.utf8.contains(0), let file = fopen(path, "w") else { throw failure(errno) }
        let written = fputs(text, file) >= 0
        let code = errno
        guard fclose(file) == 0 else { throw failure(errno) }
        guard written else { throw failure(code) }
    }

    private func failure(_ code: Int32) -> CommandFailure {
        CommandFailure(.usage, "cannot write \(path.printable): \(String(cString: strerror(code)))")
    }
}
