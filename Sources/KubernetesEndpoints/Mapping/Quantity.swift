internal import Support

/// A quantity in Kubernetes' notation: `500m`, `0.5Gi`, `2e3`.
///
/// The API server returns quantities in canonical form, `512Mi` for `0.5Gi`, so they are compared by value.
struct Quantity: Hashable, Sendable {
    /// The value in millionths, exact for numbers with up to six decimals.
    private let micro: Double

    /// Fails if the text is not a quantity (apimachinery, resource.Quantity).
    init?(_ text: String) {
        let suffixes: [(String, Double)] = [
            ("Ki", 1024), ("Mi", 1_048_576), ("Gi", 1_073_741_824), ("Ti", 1_099_511_627_776),
            ("Pi", 1_125_899_906_842_624), ("Ei", 1_152_921_504_606_846_976), ("n", 1e-9), ("u", 1e-6), ("m", 1e-3),
            ("k", 1e3), ("M", 1e6), ("G", 1e9), ("T", 1e12), ("P", 1e15), ("E", 1e18),
        ]
        let suffix = suffixes.first { text.hasSuffix($0.0) }
        let digits = text.dropLast(suffix?.0.count ?? 0)
        let isNumber = digits.utf8.allSatisfy { $0.isDigit || "+-.eE".utf8.contains($0) }
        guard isNumber, digits.first?.isLetter == false, let number = Double(digits), number.isFinite else {
            return nil
        }
        micro = (number * (suffix?.1 ?? 1) * 1e6).rounded()
    }
}
