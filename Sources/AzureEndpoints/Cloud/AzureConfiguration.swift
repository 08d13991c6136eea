internal import FoundationEssentials
package import RolloutEngine

/// Defaults set with `az configure --defaults group=… workspace=…`, stored in the file `config` in `~/.azure`.
package struct AzureConfiguration: Hashable, Sendable {
    /// The values by section and key, both in lower case.
    private var values: [String: [String: String]] = [:]

    /// Parses the format of Python's configparser, which `az` writes.
    ///
    /// Other lines are ignored.
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

    /// Reads the file of the user to whom the environment belongs; empty if the file does not exist.
    ///
    /// - Throws: ``BackendError`` if the file exists but cannot be read.
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
    /// The text without whitespace at both ends.
    fileprivate var trimmed: Substring {
        guard let first = firstIndex(where: { !$0.isWhitespace }), let last = lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return self[first...last]
    }
}
