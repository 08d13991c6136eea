import Rollouts
import Testing

@testable import PlaybookSyntax

@Suite("Rates and percents")
struct RateTests {
    @Test("rates are requests a second")
    func rates() throws {
        #expect(try readRate("50/s") == 50)
        #expect(try readRate("90/m") == 1.5)
        for text in ["50", "0/s", "-1/s", "50/h", "/s", "1e9/s", "5/s/s"] {
            #expect(throws: ValueProblem.self) { try readRate(.string(text)) }
        }
    }

    @Test("percents are whole and at most 100")
    func percents() throws {
        #expect(try readPercent(10) == 10)
        #expect(try readPercent("10%") == 10)
        for value in [101, -1, "10", "1.5%", .number(1.5), .null] as [Value] {
            #expect(throws: ValueProblem.self) { try readPercent(value) }
        }
    }
}
