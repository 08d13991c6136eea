internal import ArgumentParser
internal import LocalEndpoints

/// The value of `--access-log`: `logs`, `off`, `-`, or the path of a file.
struct AccessLogOption: ExpressibleByArgument, Hashable {
    var place: AccessLog.Place

    init(_ place: AccessLog.Place) { self.place = place }

    init?(argument: String) {
        switch argument {
        case "": return nil
        case "logs": place = .deployments
        case "off": place = .nowhere
        case "-": place = .standardOutput
        default: place = .file(path: argument)
        }
    }

    var defaultValueDescription: String { "logs" }
}
