internal import Support

/// An amount as Kubernetes writes it: `500m`, `0.5Gi`, `2e3`.
///
/// The API server gives amounts back in a form of its own, `512Mi` for `0.5Gi`: they compare by what they are.
struct Quantity: Hashable, Sendable {
    /// In thousandths of a thousandth, exact for all that is written with up to six digits behind the point.
    private let micro: Double

    /// Nil for what is no quantity (apimachinery, resource.Quantity).
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
