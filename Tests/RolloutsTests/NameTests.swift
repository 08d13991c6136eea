import Rollouts
import Testing

@Suite("Name")
struct NameTests {
    @Test("compares without case and keeps how it was written")
    func folding() {
        #expect(Name("Blue") == "blue")
        #expect(Set<Name>(["Blue", "blue", "BLUE"]).count == 1)
        #expect(Name("Blue").description == "Blue")
        #expect([Name("green"), "Blue", "azure"].sorted() == ["azure", "blue", "green"])
    }

    @Test("is coded as text, also as a key")
    func coding() throws {
        #expect(try encoded(Name("Blue")) == #""Blue""#)
        #expect(try encoded([Name("blue"): 1, "Amber": 2]) == #"{"Amber":2,"blue":1}"#)
        #expect(try decoded([Name: Int].self, #"{"BLUE":3}"#) == ["blue": 3])
    }
}

@Suite("Traffic")
struct TrafficTests {
    @Test("keeps no entries of 0: a deployment that is not named has 0")
    func zero() {
        var traffic: Traffic = ["blue": 100, "green": 0]
        #expect(traffic == ["blue": 100])
        #expect(traffic["green"] == 0)
        traffic["blue"] = 0
        #expect(traffic == .none)
        #expect(traffic.isEmpty)
    }

    @Test("is described by name")
    func description() {
        #expect("\(["green": 10, "blue": 90] as Traffic)" == "{blue: 90, green: 10}")
        #expect("\(Traffic.none)" == "{}")
    }

    @Test("sums, also where the sum can't be counted")
    func sum() {
        #expect((["blue": 90, "green": 10] as Traffic).sum == 100)
        #expect((["blue": .max, "green": 1] as Traffic).sum == .max)
        #expect(Traffic.none.sum == 0)
    }

    @Test("is coded as its percents")
    func coding() throws {
        #expect(try encoded(["blue": 90, "green": 10] as Traffic) == #"{"blue":90,"green":10}"#)
        #expect(try decoded(Traffic.self, #"{"blue":90,"green":0}"#) == ["blue": 90])
    }
}
