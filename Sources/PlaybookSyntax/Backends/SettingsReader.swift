internal import FoundationEssentials
package import Rollouts

/// A mapping of settings that its shape has passed, read by key.
///
/// What is `null` or empty text counts as not given. Values are read by the grammars of ``Shape``, which has reported
/// what does not fit: for such a value the reader gives nil.
package struct SettingsReader: Sendable {
    package let members: [String: Value]
    /// What ``path`` begins from, as problems name it: `backends.NAME`.
    private let root: String
    private let path: [String]

    /// - Throws: The first thing in `settings` that does not fit `shape`.
    package init(_ settings: Value, _ shape: Shape, root: String) throws(SettingsProblem) {
        var check = ShapeCheck(source: SourceFile(path: root, data: Data()), takesBlanks: true)
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

    /// Nil where there is nothing, or text of no length.
    package subscript(key: String) -> Value? { members[key].flatMap { $0 == .null || $0 == "" ? nil : $0 } }

    /// That `message` holds of what stands at `key` or, without one, of the whole mapping: the rest of a sentence.
    package func problem(_ key: String? = nil, _ message: String) -> SettingsProblem {
        SettingsProblem(path: path + (key.map { [$0] } ?? []), message: message, root: root)
    }

    /// Text, also where it is a number or a truth value that is written without quotes.
    package func text(_ key: String) -> String? { self[key]?.scalarText }

    /// The texts of a list, or the only one.
    package func texts(_ key: String) -> [String] {
        guard case .list(let items)? = self[key] else { return text(key).map { [$0] } ?? [] }
        return items.compactMap(\.scalarText)
    }

    package func word<Word: RawRepresentable<String>>(_ key: String) -> Word? { text(key).flatMap(Word.init) }

    package func integer(_ key: String) -> Int? { self[key]?.integer }

    package func number(_ key: String) -> Double? { self[key]?.double }

    package func flag(_ key: String) -> Bool? { self[key]?.bool }

    package func fraction(_ key: String) -> Double? { self[key]?.fraction }

    /// Requests a second.
    package func rate(_ key: String) -> Double? {
        do throws(ValueProblem) { return try readRate(self[key] ?? .null, bare: true) } catch { return nil }
    }

    package func interval(_ key: String) -> Interval? { self[key]?.interval }

    /// Also where the key has no value, so that the mapping is empty.
    package func mapping(_ key: String) -> SettingsReader? {
        members[key].map { SettingsReader($0, path + [key], root) }
    }

    /// The mappings of a list, whose paths have their places in it: `incidents.0`.
    package func mappings(_ key: String) -> [SettingsReader] {
        guard case .list(let items)? = self[key] else { return [] }
        return items.enumerated().map { SettingsReader($1, path + [key, "\($0)"], root) }
    }
}

/// Something wrong in the settings of a backend, and where.
package struct SettingsProblem: Error, Hashable, Sendable, CustomStringConvertible {
    /// Keys from ``root`` on; empty for the whole.
    package var path: [String]
    /// As the rest of a sentence about what stands there.
    package var message: String
    /// Where the settings stand: `backends.NAME`.
    package var root: String

    package init(path: [String], message: String, root: String = "") {
        self.path = path
        self.message = message
        self.root = root
    }

    package var description: String { ([root] + path).joined(separator: ".") + " " + message }
}

extension Value {
    /// The duration that a scalar holds, or nil.
    var interval: Interval? {
        do throws(ValueProblem) { return try readDuration(self, seconds: true) } catch { return nil }
    }

    /// The fraction that a scalar holds, or nil; the check of the shape has reported whether it is in its range.
    var fraction: Double? {
        do throws(ValueProblem) { return try readFraction(self, in: -Double.infinity...Double.infinity) } catch {
            return nil
        }
    }
}

extension Node {
    /// A value that stands in no file.
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
