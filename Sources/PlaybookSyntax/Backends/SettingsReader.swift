internal import FoundationEssentials
package import Rollouts

/// Reads values by key from a mapping of settings that matches its shape.
///
/// `null` and the empty string count as not given. Values are parsed with the grammars of ``Shape``. For a value that
/// does not fit, which the shape's check has already reported, the reader returns `nil`.
package struct SettingsReader: Sendable {
    package let members: [String: Value]
    /// The beginning of ``path`` in problems: `backends.NAME`.
    private let root: String
    private let path: [String]

    /// Checks `settings` against `shape`.
    ///
    /// - Throws: The first mismatch.
    package init(_ settings: Value, _ shape: Shape, root: String) throws(SettingsProblem) {
        var check = ShapeCheck(source: SourceFile(path: root, data: Data()), ignoresBlanks: true)
        if settings != .null { check.check(Node(settings), shape, root) }
        if let finding = check.findings.first {
            throw SettingsProblem(
                path: check.paths[0], message: "is wrong: " + finding.message + (finding.help.map { "; \($0)" } ?? ""),
                root: root)
        }
        self.init(settings, [], root)
    }

    private init(_ value: Value, _ path: [String], _ root: String) {
        members = if case .mapping(let members) = value { members } else { [:] }
        self.path = path
        self.root = root
    }

    package var keys: [String] { members.keys.sorted() }

    /// The value of a key, or `nil` if it is missing, `null` or the empty string.
    package subscript(key: String) -> Value? { members[key].flatMap { $0 == .null || $0 == "" ? nil : $0 } }

    /// Returns a problem with the value of `key` or, without a key, with the whole mapping.
    ///
    /// `message` is the rest of a sentence that begins with the location.
    package func problem(_ key: String? = nil, _ message: String) -> SettingsProblem {
        SettingsProblem(path: path + (key.map { [$0] } ?? []), message: message, root: root)
    }

    /// Returns a string, or an unquoted number or Boolean as text.
    package func text(_ key: String) -> String? { self[key]?.scalarText }

    /// Returns the strings of a list, or a single string as a list.
    package func texts(_ key: String) -> [String] {
        guard case .list(let items)? = self[key] else { return text(key).map { [$0] } ?? [] }
        return items.compactMap(\.scalarText)
    }

    package func word<Word: RawRepresentable<String>>(_ key: String) -> Word? { text(key).flatMap(Word.init) }

    package func integer(_ key: String) -> Int? { self[key]?.integer }

    package func number(_ key: String) -> Double? { self[key]?.double }

    package func flag(_ key: String) -> Bool? { self[key]?.bool }

    package func fraction(_ key: String) -> Double? { self[key]?.fraction }

    /// Returns a rate in requests per second.
    package func rate(_ key: String) -> Double? {
        do throws(ValueProblem) { return try readRate(self[key] ?? .null, bare: true) } catch { return nil }
    }

    package func interval(_ key: String) -> Interval? { self[key]?.interval }

    /// Returns the mapping at a key, which is empty if the key has no value.
    package func mapping(_ key: String) -> SettingsReader? {
        members[key].map { SettingsReader($0, path + [key], root) }
    }

    /// Returns the mappings of a list, whose paths include their index: `incidents.0`.
    package func mappings(_ key: String) -> [SettingsReader] {
        guard case .list(let items)? = self[key] else { return [] }
        return items.enumerated().map { SettingsReader($1, path + [key, "\($0)"], root) }
    }
}

/// An invalid setting of a backend, and its location.
package struct SettingsProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// The keys below ``root``; empty for the settings as a whole.
    package var path: [String]
    /// The rest of a sentence that begins with the location.
    package var message: String
    /// The location of the settings: `backends.NAME`.
    package var root: String

    package init(path: [String], message: String, root: String = "") {
        self.path = path
        self.message = message
        self.root = root
    }

    package var description: String { ([root] + path).joined(separator: ".") + " " + message }
}

extension Value {
    /// The duration that a scalar holds, or `nil`.
    var interval: Interval? {
        do throws(ValueProblem) { return try readDuration(self, seconds: true) } catch { return nil }
    }

    /// The fraction that a scalar holds, or `nil`; the shape's check has reported values out of range.
    var fraction: Double? {
        do throws(ValueProblem) { return try readFraction(self, in: -Double.infinity...Double.infinity) } catch {
            return nil
        }
    }
}

extension Node {
    /// Creates a node for a value that does not come from a file.
    fileprivate init(_ value: Value) {
        span = .beginning
        switch value {
        case .list(let items): content = .list(items.map { Node($0) })
        case .mapping(let members):
            content = .mapping(
                members.sorted { $0.key < $1.key }.map { key, value in
                    let scalar = Scalar(text: key, style: .plain, value: .string(key))
                    return Member(key: Key(scalar: scalar, span: .beginning), value: Node(value))
                })
        default: content = .scalar(Scalar(text: value.scalarText ?? "", style: .plain, value: value))
        }
    }
}
