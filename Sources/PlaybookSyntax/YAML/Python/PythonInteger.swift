/// An integer of any length, as the decimal text that Python writes.
struct PythonInteger: Hashable, Sendable {
    /// The digits without leading zeros, with a minus sign if the number is negative.
    let text: String

    init(_ value: Int) { text = String(value) }

    /// Creates a number from `digits`, most significant first and each below `base`.
    ///
    /// - Returns: `nil` if the number has more than 4300 decimal digits, which Python refuses to write.
    init?(digits: some Sequence<Int>, base: Int, isNegative: Bool) {
        var limbs = [0]  // least significant first, each below 10^9
        for digit in digits {
            var carry = digit
            for index in limbs.indices {
                let product = limbs[index] * base + carry
                limbs[index] = product % 1_000_000_000
                carry = product / 1_000_000_000
            }
            while carry > 0 {
                limbs.append(carry % 1_000_000_000)
                carry /= 1_000_000_000
            }
            guard limbs.count <= 480 else { return nil }
        }
        var text = String(limbs[limbs.count - 1])
        for limb in limbs.dropLast().reversed() {
            let part = String(limb)
            text += String(repeating: "0", count: 9 - part.count) + part
        }
        guard text.utf8.count <= 4300 else { return nil }
        self.text = isNegative && text != "0" ? "-" + text : text
    }

    /// Parses decimal text like Python's `int(text)`.
    ///
    /// White space around the number and single underscores between digits are ignored.
    init?(pythonText: String) {
        var rest = pythonText.unicodeScalars[...]
        rest = rest.drop(while: \.properties.isWhitespace)
        while let last = rest.last, last.properties.isWhitespace { rest.removeLast() }
        let sign = rest.first
        if sign == "+" || sign == "-" { rest.removeFirst() }
        var digits: [Int] = []
        var isSeparated = true  // an underscore must not come first
        for scalar in rest {
            if scalar == "_" {
                guard !isSeparated else { return nil }
                isSeparated = true
            } else {
                guard scalar.properties.numericType == .decimal, let value = scalar.properties.numericValue else {
                    return nil
                }
                digits.append(Int(value))
                isSeparated = false
            }
        }
        guard !isSeparated else { return nil }
        self.init(digits: digits, base: 10, isNegative: sign == "-")
    }

    /// The value, or `nil` if it does not fit into 64 bits.
    var value: Int? { Int(text) }
}

extension Double {
    /// Parses text like Python's `float(text)`.
    init?(pythonText: String) {
        var rest = pythonText.unicodeScalars[...]
        rest = rest.drop(while: \.properties.isWhitespace)
        while let last = rest.last, last.properties.isWhitespace { rest.removeLast() }
        var text = ""
        var before: Unicode.Scalar = " "
        for (offset, scalar) in rest.enumerated() {
            let isDigit = ("0"..."9").contains(scalar)
            switch scalar {
            case "_":
                guard ("0"..."9").contains(before), offset < rest.count - 1 else { return nil }
            case "0"..."9", "+", "-", ".", "e", "E":
                guard before != "_" || isDigit else { return nil }
                text.unicodeScalars.append(scalar)
            default:
                // The names of infinity and of not-a-number.
                let word = String(String.UnicodeScalarView(rest)).lowercased()
                let unsigned = word.hasPrefix("+") || word.hasPrefix("-") ? String(word.dropFirst()) : word
                switch unsigned {
                case "inf", "infinity": self = word.hasPrefix("-") ? -.infinity : .infinity
                case "nan": self = .nan
                default: return nil
                }
                return
            }
            before = scalar
        }
        // Swift does not accept every form of `1.` and `.5e3`; a lone point is not a number.
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2 {
            let hasWhole = parts[0].last.map { $0.isNumber } ?? false
            let hasFraction = parts[1].first.map { $0.isNumber } ?? false
            guard hasWhole || hasFraction else { return nil }
            text = parts[0] + (hasWhole ? "" : "0") + "." + (hasFraction ? "" : "0") + parts[1]
        }
        guard let number = Double(text) else { return nil }
        self = number
    }
}
