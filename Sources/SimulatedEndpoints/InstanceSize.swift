/// The number of cores of an instance type.
struct InstanceSize {
    let name: String
    let cores: Int

    /// Reads the number of cores from the name, as in `Standard_F4s_v2`; for the D and DS series v2 it is a size index.
    init(_ type: String?) {
        name = type ?? "the cluster's default instance type"
        let size = (type ?? "").split(separator: "_").dropFirst().first ?? ""
        let number = Int(size.drop { !("0"..."9").contains($0) }.prefix { ("0"..."9").contains($0) }) ?? 0
        let isRow = (size.hasPrefix("DS") || size.hasPrefix("D\(number)")) && name.hasSuffix("_v2")
        cores = isRow && (1...5).contains(number) ? 1 << (number - 1) : max(number, 1)
    }

    /// Returns the cores that count against the quota: an upgrade needs 20 % more instances (AzureCompatibility.md).
    func coresReserved(instances: Int) -> Int {
        let (product, overflow) = instances.multipliedReportingOverflow(by: 6)
        return overflow ? .max : (product + 4) / 5 * cores
    }
}
