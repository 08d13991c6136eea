internal import FoundationEssentials
package import RolloutEngine

/// Defaults that `az configure --defaults group=… workspace=…` wrote: the file `config` in `~/.azure`.
package struct AzureConfiguration: Hashable, Sendable {
    /// By section and key, both in lower case.
    private var values: [String: [String: String]] = [:]

    /// Reads the form of Python's configparser, in which `az` writes; a line of another form says nothing.
    package init(_ text: String = "") {
        var section = ""
        for line in text.split(whereSeparator: \.isNewline).map(\.trimmed) {
            guard let first = line.first, first != "#", first != ";" else { continue }
            if first == "[", line.last == "]" {
                section = line.dropFirst().dropLast().lowercased()
            } else if let separator = line.firstIndex(where: { $0 == "=" || $0 == ":" }) {
                let key = line[..<separator].trimmed.lowercased()
                values[section, default: [:]][key] = String(line[line.index(after: separator)...].trimmed)
            }
        }
    }

    /// The file of whoever has this environment; nothing where there is none.
    /// - Throws: ``BackendError`` where it is there and can't be read.
    package init(of environment: [String: String]) throws(BackendError) {
        guard let folder = environment["AZURE_CONFIG_DIR"] ?? environment["HOME"].map({ $0 + "/.azure" }),
            FileManager.default.fileExists(atPath: folder + "/config")
        else {
            self.init()
            return
        }
        do {
            self.init(try String(contentsOfFile: folder + "/config", encoding: .utf8))
        } catch {
            throw BackendError(.storage, "\(folder)/config cannot be read: \(error)")
        }
    }

    package func value(_ key: String, in section: String) -> String? {
        values[section.lowercased()]?[key.lowercased()].flatMap { $0.isEmpty ? nil : $0 }
    }
}

extension Substring {
    /// Without the spaces at both ends.
    fileprivate var trimmed: Substring {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return self[first...last]
    }
}
