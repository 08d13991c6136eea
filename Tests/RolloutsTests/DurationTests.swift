import Rollouts
import Testing

@Suite("Durations")
struct DurationTests {
    @Test(
        "durations are read",
        arguments: [
            ("250ms", 250), ("10s", 10_000), ("1.5s", 1500), ("10m", 600_000), ("1h30m", 5_400_000),
            ("2d", 172_800_000),
            ("0s", 0), ("1.5h", 5_400_000), ("1d2h3m4s5ms", 93_784_005), ("365d", 31_536_000_000), ("0.001s", 1),
        ] as [(String, Int64)])
    func durations(text: String, milliseconds: Int64) throws {
        #expect(try Interval(durationText: text).milliseconds == milliseconds)
    }

    @Test(
        "what is no duration is refused",
        arguments: [
            "", "10", "s", "-1s", "1.5ms", "0.0001s", "1m1h", "1s1s", "1.5h3m", "366d", "1x", "1.s", ".5s", "1 s",
            "99999999999999999999s", "10M", "1e3s", "365d1ms",
        ])
    func noDurations(text: String) {
        #expect(throws: ValueProblem.self) { try Interval(durationText: text) }
    }

    @Test("what an interval prints is read as the same interval", arguments: [0, 1, 999, 1500, 61_001, 90_000_000])
    func roundTrip(milliseconds: Int64) throws {
        let interval = Interval(milliseconds: milliseconds)
        #expect(try Interval(durationText: "\(interval)") == interval)
    }
}
