internal import ArgumentParser

/// A limit in bytes per second, with decimal units as in Azure: `5MBps`, `800KBps`, `1.5GBps`, `250000Bps`, or `off`.
struct BandwidthLimit: ExpressibleByArgument, Hashable, CustomStringConvertible {
    /// Nil for no limit.
    var bytesPerSecond: Int?

    /// The limit of managed online endpoints.
    static let azure = BandwidthLimit(bytesPerSecond: 5_000_000)

    private static let units = [("GBps", 1_000_000_000), ("MBps", 1_000_000), ("KBps", 1000), ("Bps", 1)]
    private static let largest = 1_000_000_000_000.0

    init(bytesPerSecond: Int?) { self.bytesPerSecond = bytesPerSecond }

    init?(argument: String) {
        let text = argument.lowercased()
        guard text != "off" else {
            self.init(bytesPerSecond: nil)
            return
        }
        guard let (unit, factor) = Self.units.first(where: { text.hasSuffix($0.0.lowercased()) }) else { return nil }
        let digits = text.dropLast(unit.count)
        guard let first = digits.first, first.isNumber, let number = Double(digits),
            (1...Self.largest).contains(number * Double(factor))
        else { return nil }
        self.init(bytesPerSecond: Int(number * Double(factor)))
    }

    var description: String {
        guard let bytesPerSecond else { return "off" }
        let (unit, factor) = Self.units.first { bytesPerSecond % $0.1 == 0 } ?? ("Bps", 1)
        return "\(bytesPerSecond / factor)\(unit)"
    }

    var defaultValueDescription: String { description }
}
