import Rollouts
import Testing

@Suite("Interval")
struct IntervalTests {
    @Test(
        "is described as playbooks write it",
        arguments: [
            (0, "0s"), (1, "1ms"), (250, "250ms"), (999, "999ms"), (1000, "1s"), (1500, "1.5s"), (1050, "1.05s"),
            (1001, "1.001s"), (60_000, "1m"), (600_000, "10m"), (5_400_000, "1h30m"), (172_800_000, "2d"),
            (90_061_001, "1d1h1m1.001s"), (-1500, "-1.5s"), (-250, "-250ms"),
        ] as [(Int64, String)])
    func description(_ milliseconds: Int64, _ text: String) {
        #expect(Interval(milliseconds: milliseconds).description == text)
    }

    @Test("the longest and the shortest are described too")
    func extremes() {
        #expect(Interval(milliseconds: .max).description == "106751991167d7h12m55.807s")
        #expect(Interval(milliseconds: .min).description == "-106751991167d7h12m55.808s")
    }

    @Test("what can't be counted is the longest, or the shortest")
    func overflow() {
        #expect(Interval.seconds(.max) == .distantFuture)
        #expect(Interval.minutes(.max) == .distantFuture)
        #expect(Interval.hours(.max / 2) == .distantFuture)
        #expect(Interval.seconds(.min) == Interval(milliseconds: .min))
        #expect(Interval.hours(1) * .max == .distantFuture)
        #expect(Interval.hours(-1) * .max == Interval(milliseconds: .min))
        #expect(Interval.hours(-1) * .min == .distantFuture)
        #expect(Interval.seconds(3) * 4 == .seconds(12))
    }

    @Test("is coded as milliseconds")
    func coding() throws { #expect(try encoded(Interval.seconds(2)) == "2000") }
}

@Suite("Timestamp")
struct TimestampTests {
    @Test("is described in ISO 8601 with milliseconds")
    func description() {
        #expect(Timestamp(milliseconds: 1_795_341_600_250).description == "2026-11-22T10:00:00.250Z")
        #expect(Timestamp(milliseconds: 0).description == "1970-01-01T00:00:00.000Z")
        #expect(Timestamp(milliseconds: -1).description == "1969-12-31T23:59:59.999Z")
        #expect(Timestamp(milliseconds: 951_782_400_001).description == "2000-02-29T00:00:00.001Z")
        #expect(Timestamp(milliseconds: 4_107_542_399_999).description == "2100-02-28T23:59:59.999Z")
        #expect(Timestamp(milliseconds: 4_107_542_400_000).description == "2100-03-01T00:00:00.000Z")
        #expect(Timestamp.distantFuture.description == "never")
        #expect(Timestamp(milliseconds: .max - 1).description == "292278994-08-17T07:12:55.806Z")
    }

    @Test(
        "every day follows the one before it, in leap years and others",
        arguments: [
            (-25_932, "1899-01-01T00:00:00.000Z"), (10_592, "1999-01-01T00:00:00.000Z"),
            (47_117, "2099-01-01T00:00:00.000Z"),
        ] as [(Int64, String)])
    func days(_ first: Int64, _ text: String) {
        #expect(Timestamp(milliseconds: first * 86_400_000).description == text)
        let days = (first..<first + 1096).map { Timestamp(milliseconds: $0 * 86_400_000).description }
        #expect(days == Array(Set(days)).sorted())
    }

    @Test("later and earlier are counted as far as they can be")
    func arithmetics() {
        let time = Timestamp(milliseconds: 1000)
        #expect(time + .seconds(1) == Timestamp(milliseconds: 2000))
        #expect(time + Interval.seconds(-1) == Timestamp(milliseconds: 0))
        #expect(time + .distantFuture == .distantFuture)
        #expect(Timestamp(milliseconds: .min) + Interval(milliseconds: -1) == Timestamp(milliseconds: .min))
        #expect(time - Timestamp(milliseconds: 400) == .milliseconds(600))
        #expect(Timestamp.distantFuture - Timestamp(milliseconds: -1) == .distantFuture)
        #expect(Timestamp(milliseconds: .min) - Timestamp(milliseconds: 1) == Interval(milliseconds: .min))
    }
}
