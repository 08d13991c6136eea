internal import Rollouts

/// A mapping of the settings with the path at which it stands.
struct SettingsMembers {
    let path: [String]
    let members: [String: Value]

    /// `keys` are those that it may have; nil: any.
    init(_ value: Value, _ path: [String], keys: [String]?) throws(KubernetesSettingsProblem) {
        self.path = path
        switch value {
        case .null: members = [:]
        case .mapping(let members): self.members = members
        default: throw KubernetesSettingsProblem(path: path, message: "is no mapping")
        }
        guard let keys else { return }
        for key in members.keys.sorted() where !keys.contains(key) {
            throw problem(key, "is not known: possible are \(keys.joined(separator: ", "))")
        }
    }

    /// Nil where there is nothing, or null.
    subscript(key: String) -> Value? { members[key].flatMap { $0 == .null ? nil : $0 } }

    func problem(_ key: String, _ message: String) -> KubernetesSettingsProblem {
        KubernetesSettingsProblem(path: path + [key], message: message)
    }

    func inner(_ key: String, keys: [String]?) throws(KubernetesSettingsProblem) -> SettingsMembers? {
        guard let value = self[key] else { return nil }
        return try SettingsMembers(value, path + [key], keys: keys)
    }

    /// Text, or a number or truth value written without quotes; nil where it is empty.
    func text(_ key: String) throws(KubernetesSettingsProblem) -> String? {
        switch self[key] {
        case nil: return nil
        case .string(let text)?: return text.isEmpty ? nil : text
        case .integer(let number)?: return String(number)
        case .number(let number)?: return String(number)
        case .bool(let flag)?: return String(flag)
        default: throw problem(key, "is no text")
        }
    }

    /// A name of an object or namespace.
    func label(_ key: String) throws(KubernetesSettingsProblem) -> String? {
        guard let text = try text(key) else { return nil }
        let isName = text.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 46 }
        guard isName, text.utf8.count <= 253, text.first != "-", text.last != "-" else {
            throw problem(key, "is '\(text)': names in Kubernetes have small letters, digits and hyphens")
        }
        return text
    }

    func texts(_ key: String) throws(KubernetesSettingsProblem) -> [String] {
        switch self[key] {
        case nil: return []
        case .string(let text)?: return text.isEmpty ? [] : [text]
        case .list(let items)?:
            let texts = items.compactMap(\.string)
            guard texts.count == items.count else { throw problem(key, "has something that is no text") }
            return texts.filter { !$0.isEmpty }
        default: throw problem(key, "is no list of texts")
        }
    }

    func count(_ key: String) throws(KubernetesSettingsProblem) -> Int? {
        guard let value = self[key] else { return nil }
        guard let number = value.integer, number >= 0 else { throw problem(key, "is no count, 0 or more") }
        return number
    }

    /// A duration, as in the rest of the playbook.
    func interval(_ key: String) throws(KubernetesSettingsProblem) -> Interval? {
        guard let text = try text(key) else { return nil }
        do throws(ValueProblem) { return try Interval(durationText: text) } catch {
            throw problem(key, "is '\(text)', which \(error.sentence)")
        }
    }
}
