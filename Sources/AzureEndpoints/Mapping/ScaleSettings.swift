internal import Rollouts

/// Translates between `scale_settings` of a file and `scaleSettings` on the wire.
///
/// Files omit Azure's defaults.
enum ScaleSettings {
    static func wire(_ document: Value) -> Value {
        let type = document["type"]?.string ?? "default"
        var members: [String: Value] = ["scaleType": .string(type.pascalCased)]
        // Azure's default type has no further members, even if the file sets some.
        guard type == "target_utilization" else { return .mapping(members) }
        for name in Autoscaling.defaults.keys { members[name.camelCased] = document[name] }
        let interval = document["polling_interval"]?.time(unit: .seconds(1))
        members["pollingInterval"] = interval.map { .string($0.description) }
        return .mapping(members)
    }

    static func document(_ wire: Value) -> Value? {
        let type = wire["scaleType"]?.string?.snakeCased ?? "default"
        guard type != "default" else { return nil }
        var members: [String: Value?] = ["type": .string(type)]
        for (name, usual) in Autoscaling.defaults {
            members[name] = .count(wire[name.camelCased]?.integer, default: usual)
        }
        let interval = wire["pollingInterval"]?.string.flatMap(ISO8601Duration.init)
        members["polling_interval"] = .time(interval, unit: .seconds(1), default: .seconds(1))
        return .present(members)
    }
}
