import AzureEndpoints
import Rollouts
import Testing

@Suite("ISO 8601 durations")
struct DurationTests {
    @Test(
        "are read in every form that ARM writes",
        arguments: [
            ("PT5S", 5000), ("PT0.5S", 500), ("PT0.05S", 50), ("PT1M30S", 90_000), ("PT2H", 7_200_000),
            ("P1D", 86_400_000), ("P1DT2H3M4.005S", 93_784_005), ("P1W", 604_800_000), ("PT0S", 0), ("-PT1S", -1000),
            ("PT0.0006S", 1), ("PT180S", 180_000),
        ] as [(String, Int64)])
    func reading(text: String, milliseconds: Int64) {
        #expect(ISO8601Duration(text)?.interval == .milliseconds(milliseconds))
    }

    @Test(
        "of no fixed length, without a number or with rubbish are none",
        arguments: [
            "", "P", "PT", "5S", "PTS", "P1Y", "P1M", "PT1S2M", "PT1.S", "PT.5S", "PT1.5M", "PT5S ", "PT-5S", "pt5s",
            "P1DT", "PT99999999999999999999S", "PT9223372036854775807H", "PT5SS", "PT+5S", "PT1e3S",
        ])
    func refusing(text: String) {
        #expect(ISO8601Duration(text) == nil)
    }

    @Test(
        "are written in seconds and read back",
        arguments: [0, 1, 50, 500, 5000, 90_000, 180_000, -1500, .max] as [Int64])
    func roundTrip(milliseconds: Int64) {
        let duration = ISO8601Duration(.milliseconds(milliseconds))
        #expect(ISO8601Duration(duration.description) == duration)
    }

    @Test("have the form of the Azure SDK")
    func form() {
        #expect(ISO8601Duration(.milliseconds(5000)).description == "PT5S")
        #expect(ISO8601Duration(.milliseconds(500)).description == "PT0.5S")
        #expect(ISO8601Duration(.milliseconds(90_020)).description == "PT90.02S")
    }
}
