internal import NIOCore

/// Who of a deployment's instances answers which request: so many at a time each, some wait, the rest are refused.
///
/// A pure state machine: the caller tells what happened and when, and is told who goes where. `Instance` is compared
/// by what it is, `Waiter` is whatever stands for a request that waits.
struct Admission<Instance: Equatable & Sendable, Waiter: Sendable>: Sendable {
    struct Seat: Sendable {
        var instance: Instance
        /// Not ready: it finishes what it has, and gets nothing new.
        var isReady: Bool
        var busy = 0
        /// Until then it is chosen only where nobody else is there: it could not be reached a moment ago.
        var suspendedUntil: UInt64 = 0
    }

    enum Entry: Sendable {
        case seated(Instance)
        /// Waits; the ticket is for ``abandon(_:)``.
        case waits(ticket: UInt64)
        /// As ``waits``, but for the first instance, which has still to become ready.
        case waitsForFirst(ticket: UInt64)
        /// As many wait as may.
        case full
        /// No instance is ready.
        case nobodyReady
    }

    private(set) var seats: [Seat] = []
    /// Requests at a time for each instance, at least 1.
    private(set) var limit = 1
    private var queue = CircularBuffer<(ticket: UInt64, waiter: Waiter?)>(initialCapacity: 0)
    private(set) var waiting = 0
    private var lastTicket: UInt64 = 0
    /// Where the search begins, so that instances that are equally busy take turns.
    private var turn = 0
    /// An instance has been ready.
    private var wasReady = false

    /// Requests that may wait for the first instance: more than one instance may answer at a time, as clients that
    /// waited for the start come all at once.
    private static var waitersForFirst: Int { 1024 }

    /// Requests that are being answered, and those that wait.
    var inFlight: Int { seats.reduce(waiting) { $0 + $1.busy } }

    /// A request comes at `now`; `waiter` is asked for only if it has to wait.
    ///
    /// At most as many wait as are answered: with those that are, twice the limit for each instance (AzureCompatibility.md).
    /// One that had a place and lost it by no fault of its own is not refused: `isRetry`. Where no instance has been
    /// ready yet, a request waits for the first one if it may: `mayWaitForFirst`.
    mutating func enter(
        at now: UInt64, isRetry: Bool = false, mayWaitForFirst: Bool = false, waiter: () -> Waiter
    ) -> Entry {
        if waiting == 0, let index = freeSeat(at: now) {
            seats[index].busy += 1
            return .seated(seats[index].instance)
        }
        let ready = seats.count { $0.isReady }
        guard ready > 0 else {
            guard mayWaitForFirst, !wasReady else { return .nobodyReady }
            return waiting < Self.waitersForFirst ? .waitsForFirst(ticket: append(waiter())) : .full
        }
        guard isRetry || waiting < ready * limit else { return .full }
        return .waits(ticket: append(waiter()))
    }

    private mutating func append(_ waiter: Waiter) -> UInt64 {
        lastTicket += 1
        queue.append((lastTicket, waiter))
        waiting += 1
        return lastTicket
    }

    /// A request at `instance` has ended; who waits longest takes its place.
    mutating func leave(_ instance: Instance, at now: UInt64) -> (Instance, Waiter)? {
        guard let index = seats.firstIndex(where: { $0.instance == instance }) else { return nil }
        seats[index].busy -= 1
        if !seats[index].isReady, seats[index].busy == 0 { seats.remove(at: index) }
        return seatNext(at: now)
    }

    /// The instance could not be reached, or ended: others are preferred until `end`.
    mutating func suspend(_ instance: Instance, until end: UInt64) {
        guard let index = seats.firstIndex(where: { $0.instance == instance }) else { return }
        seats[index].suspendedUntil = end
    }

    /// It waits no longer; false where it has been seated, which its waiter is being told.
    mutating func abandon(_ ticket: UInt64) -> Bool {
        var (low, high) = (0, queue.count)
        while low < high {
            let middle = (low + high) / 2
            if place(middle).ticket < ticket { low = middle + 1 } else { high = middle }
        }
        guard low < queue.count, place(low).ticket == ticket, place(low).waiter != nil else { return false }
        queue[queue.index(queue.startIndex, offsetBy: low)].waiter = nil
        waiting -= 1
        dropAbandoned()
        return true
    }

    /// Exchanges instances and limit, and answers who can be seated now.
    ///
    /// An instance that is not named any more finishes what it has.
    mutating func update(_ instances: [(instance: Instance, isReady: Bool)], limit: Int, at now: UInt64)
        -> [(Instance, Waiter)]
    {
        self.limit = max(limit, 1)
        var updated = instances.map { entry in
            let old = seats.first { $0.instance == entry.instance }
            return Seat(
                instance: entry.instance, isReady: entry.isReady, busy: old?.busy ?? 0,
                suspendedUntil: old?.suspendedUntil ?? 0)
        }
        for seat in seats where seat.busy > 0 && !updated.contains(where: { $0.instance == seat.instance }) {
            updated.append(Seat(instance: seat.instance, isReady: false, busy: seat.busy))
        }
        seats = updated
        if seats.contains(where: \.isReady) { wasReady = true }
        var seated: [(Instance, Waiter)] = []
        while let next = seatNext(at: now) { seated.append(next) }
        return seated
    }

    private func place(_ offset: Int) -> (ticket: UInt64, waiter: Waiter?) {
        queue[queue.index(queue.startIndex, offsetBy: offset)]
    }

    private mutating func seatNext(at now: UInt64) -> (Instance, Waiter)? {
        guard waiting > 0, let index = freeSeat(at: now) else { return nil }
        dropAbandoned()
        guard let waiter = queue.popFirst()?.waiter else { return nil }
        waiting -= 1
        seats[index].busy += 1
        return (seats[index].instance, waiter)
    }

    private mutating func dropAbandoned() {
        while let first = queue.first, first.waiter == nil { queue.removeFirst() }
    }

    /// The least busy ready instance with a free place; suspended ones only where all ready ones are.
    private mutating func freeSeat(at now: UInt64) -> Int? {
        guard seats.count > 1 else {
            guard let seat = seats.first, seat.isReady, seat.busy < limit else { return nil }
            return 0
        }
        turn &+= 1
        let count = seats.count
        var best: Int?
        var bestIsSuspended = true
        for step in 0..<count {
            let index = (turn + step) % count
            let seat = seats[index]
            guard seat.isReady else { continue }
            let isSuspended = seat.suspendedUntil > now
            guard let present = best else {
                (best, bestIsSuspended) = (index, isSuspended)
                continue
            }
            let isBetter =
                isSuspended == bestIsSuspended ? seat.busy < seats[present].busy : bestIsSuspended
            if isBetter { (best, bestIsSuspended) = (index, isSuspended) }
        }
        guard let best, seats[best].busy < limit else { return nil }
        return best
    }
}
