/// An integer of any length, as the decimal text that Python writes.
struct PythonInteger: Hashable, Sendable {
    /// A sign where it is negative, and digits without leading zeros.
    let text: String

    init(_ value: Int) { text = String(value) }

    /// `digits`, most significant first and each below `base`, as one number.
    ///
    /// - Returns: Nil where Python refuses to write the number: it has more than 4300 decimal digits.
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

    /// What Python's `int(text)` gives for decimal text: spaces around it and single underscores between digits count
    /// for nothing.
    init?(pythonText: String) {
        var rest = pythonText.unicodeScalars[...]
        rest = rest.drop(while: \.properties.isWhitespace)
        while let last = rest.last, last.properties.isWhitespace { rest.removeLast() }
        let sign = rest.first
        if sign == "+" || sign == "-" { rest.removeFirst() }
        var digits: [Int] = []
        var isSeparated = true  // an underscore may not come first
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

    /// Nil where 64 bits are too few.
    var value: Int? { Int(text) }
}

extension Double {
    /// What Python's `float(text)` gives.
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
                // The names of what is not finite.
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
        // Swift takes neither `1.` nor `.5e3` in every form, nor a bare point.
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
