import Testing

@testable import RolloutStatistics

@Suite("Special functions") struct FunctionTests {
    /// The rows of a table, each with its arguments and, last, the value.
    private func rows(_ table: String) throws -> [[Double]] {
        try table.split(separator: "\n").map { line in
            try line.split(separator: " ").map { try #require(Double($0)) }
        }
    }

    private func expect(
        _ table: String, within tolerance: Double = 1e-12, relativeTo least: Double = 1e-3,
        sourceLocation: SourceLocation = #_sourceLocation, by function: ([Double]) -> Double
    ) throws {
        let rows = try rows(table)
        #expect(rows.count > 10)
        for row in rows {
            let wanted = row[row.count - 1]
            let value = function(row)
            #expect(
                (value - wanted).magnitude <= tolerance * max(wanted.magnitude, least), "\(row): \(value)",
                sourceLocation: sourceLocation)
        }
    }

    @Test("ln B agrees with 60 digits")
    func logBeta() throws {
        try expect(ReferenceValues.logBeta) { Beta.log($0[0], $0[1]) }
        try expect(ReferenceValues.logBeta) { Beta.log($0[1], $0[0]) }
    }

    @Test("ln I agrees with 60 digits, in both tails")
    func logRegularized() throws {
        // The error of a logarithm is the relative error of I.
        try expect(ReferenceValues.logRegularized, relativeTo: 1) { Beta.logRegularized($0[0], $0[1], $0[2]) }
        let halves = try rows(ReferenceValues.logRegularized).filter { $0[0] == 0.5 }
        #expect(halves.count > 10)
        for row in halves {
            let value = Beta.logUpperHalf(row[2], row[1])
            #expect((value - row[3]).magnitude <= 1e-12 * max(row[3].magnitude, 1), "\(row): \(value)")
        }
    }

    @Test("Φ agrees with 60 digits, to the last tail that a Double can hold")
    func cdf() throws { try expect(ReferenceValues.cdf, relativeTo: 0) { Normal.cdf($0[0]) } }

    @Test("Φ⁻¹ agrees with 60 digits, from the least probability that a Double can hold")
    func quantile() throws { try expect(ReferenceValues.quantile, relativeTo: 0) { Normal.quantile($0[0]) } }

    @Test("At the edges of their domains and beyond, functions say so")
    func edges() {
        #expect(Normal.cdf(-.infinity) == 0)
        #expect(Normal.cdf(.infinity) == 1)
        #expect(Normal.quantile(0) == -.infinity)
        #expect(Normal.quantile(1) == .infinity)
        #expect(Normal.quantile(0.5) == 0)
        for outside in [-0.1, 1.1, .nan, .infinity] { #expect(Normal.quantile(outside).isNaN) }
        #expect(Beta.log(0, 3) == .infinity)
        #expect(Beta.log(3, .infinity) == -.infinity)
        #expect(Beta.log(1, 1) == 0)
        for (a, b) in [(-1.0, 1.0), (0, .infinity), (.nan, 1), (1, -0.5)] { #expect(Beta.log(a, b).isNaN) }
        #expect(Beta.regularized(0, 2, 3) == 0)
        #expect(Beta.regularized(1, 2, 3) == 1)
        #expect(Beta.regularized(-1, 2, 3) == 0)
        for (x, a, b) in [(0.5, 0.0, 1.0), (0.5, 1, -1), (.nan, 1, 1), (0.5, .infinity, 1)] {
            #expect(Beta.regularized(x, a, b).isNaN)
        }
    }
}
