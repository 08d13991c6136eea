import Testing

@testable import LocalEndpoints

@Suite("Who of a deployment's instances answers which request")
struct DataAdmissionTests {
    typealias Places = Admission<String, Int>

    private static func places(_ instances: [String], limit: Int) -> Places {
        var places = Places()
        _ = places.update(instances.map { ($0, true) }, limit: limit, at: 0)
        return places
    }

    /// Who enters: an instance, or `waits`, `full`, `nobody`.
    private static func enter(
        _ places: inout Places, _ waiter: Int = 0, isRetry: Bool = false, first: Bool = false, at now: UInt64 = 0
    )
        -> String
    {
        switch places.enter(at: now, isRetry: isRetry, mayWaitForFirst: first, waiter: { waiter }) {
        case .seated(let instance): instance
        case .waits(let ticket): "waits \(ticket)"
        case .waitsForFirst(let ticket): "first \(ticket)"
        case .full: "full"
        case .noInstanceReady: "nobody"
        }
    }

    @Test("the least busy instance is chosen, and equals take turns")
    func leastBusy() {
        var places = Self.places(["a", "b", "c"], limit: 2)
        let first = (0..<3).map { _ in Self.enter(&places) }
        #expect(Set(first) == ["a", "b", "c"])
        _ = places.leave("b", at: 0)
        #expect(Self.enter(&places) == "b")
    }

    @Test("as many wait as are answered, and the rest is refused")
    func bound() {
        var places = Self.places(["a", "b"], limit: 2)
        let entries = (0..<9).map { Self.enter(&places, $0) }
        #expect(Set(entries[0..<4]) == ["a", "b"])
        #expect(entries[4..<8].allSatisfy { $0.hasPrefix("waits") })
        #expect(entries[8] == "full")
        #expect(places.inFlight == 8)
        #expect(Self.enter(&places, isRetry: true).hasPrefix("waits"))
    }

    @Test("requests wait for a first instance, and for no later one")
    func first() {
        var places = Places()
        #expect(Self.enter(&places) == "nobody")
        #expect((0..<1024).allSatisfy { Self.enter(&places, $0, first: true).hasPrefix("first") })
        #expect(Self.enter(&places, first: true) == "full")
        #expect(places.update([("a", true)], limit: 2, at: 0).map(\.1) == [0, 1])
        _ = places.update([("a", false)], limit: 2, at: 0)
        #expect(Self.enter(&places, first: true) == "nobody")
    }

    @Test("a free place goes to who waits longest")
    func order() {
        var places = Self.places(["a"], limit: 1)
        let entries = (0..<2).map { Self.enter(&places, $0) }
        #expect(entries == ["a", "waits 1"])
        #expect(places.leave("a", at: 0)?.1 == 1)
        #expect(places.leave("a", at: 0) == nil)
        #expect(places.inFlight == 0)
    }

    @Test("who waits no longer is passed over, and who was seated is told so")
    func abandoned() {
        var places = Self.places(["a"], limit: 2)
        for waiter in 0..<4 { _ = Self.enter(&places, waiter) }
        let abandoned = [places.abandon(1), places.abandon(1)]
        #expect(abandoned == [true, false])
        #expect(places.leave("a", at: 0)?.1 == 3)
        let seated = places.abandon(2)
        #expect(!seated)
        #expect(places.inFlight == 2)
    }

    @Test("a suspended instance is chosen only where no other is ready")
    func suspended() {
        var places = Self.places(["a", "b"], limit: 3)
        places.suspend("a", until: 100)
        let meanwhile = (0..<2).map { _ in Self.enter(&places, at: 50) }
        #expect(meanwhile == ["b", "b"])
        #expect(Self.enter(&places, at: 100) == "a")
        places.suspend("a", until: 300)
        places.suspend("b", until: 300)
        #expect(["a", "b"].contains(Self.enter(&places, at: 200)))
    }

    @Test("an instance that is not ready finishes what it has and gets nothing new")
    func draining() {
        var places = Self.places(["a", "b"], limit: 1)
        let both = (0..<2).map { _ in Self.enter(&places) }
        #expect(Set(both) == ["a", "b"])
        _ = places.update([("a", true)], limit: 1, at: 0)
        #expect(places.inFlight == 2)
        #expect(Self.enter(&places, 7).hasPrefix("waits"))
        #expect(places.leave("b", at: 0) == nil)
        #expect(places.seats.map(\.instance) == ["a"])
        #expect(places.leave("a", at: 0)?.1 == 7)
    }

    @Test("where no instance is ready, nobody waits for one")
    func nobody() {
        var places = Places()
        #expect(Self.enter(&places) == "nobody")
        _ = places.update([("a", false)], limit: 1, at: 0)
        #expect(Self.enter(&places) == "nobody")
    }

    @Test("more places seat those that wait")
    func more() {
        var places = Self.places(["a"], limit: 1)
        for waiter in 0..<2 { _ = Self.enter(&places, waiter) }
        #expect(places.update([("a", true), ("b", true)], limit: 1, at: 0).map(\.1) == [1])
        #expect(places.inFlight == 2)
    }

    @Test("whatever comes in whatever order, no place is lost and none is given twice")
    func sequences() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<50 {
            var places = Self.places(["a", "b", "c"], limit: 2)
            var seated: [String] = []
            var tickets: [UInt64] = []
            for step in 0..<400 {
                switch Int.random(in: 0..<4, using: &generator) {
                case 0, 1:
                    switch places.enter(at: UInt64(step), waiter: { step }) {
                    case .seated(let instance): seated.append(instance)
                    case .waits(let ticket), .waitsForFirst(let ticket): tickets.append(ticket)
                    case .full, .noInstanceReady: break
                    }
                case 2:
                    guard let instance = seated.randomElement(using: &generator) else { continue }
                    seated.remove(at: seated.firstIndex(of: instance) ?? 0)
                    if let (next, _) = places.leave(instance, at: UInt64(step)) { seated.append(next) }
                default:
                    guard let ticket = tickets.randomElement(using: &generator) else { continue }
                    _ = places.abandon(ticket)
                }
                #expect(places.inFlight == seated.count + places.waiting)
                #expect(places.seats.allSatisfy { $0.busy >= 0 && $0.busy <= 2 })
                #expect(places.waiting == 0 || seated.count == 6)
            }
        }
    }
}
