internal import NIOCore

/// Assigns requests to a deployment's instances: each answers a limited number at a time, some requests wait, and the
/// rest are refused.
///
/// This is a pure state machine: the caller reports events with their times and gets the assignments back. `Instance`
/// is compared by equality; `Waiter` represents a waiting request.
struct Admission<Instance: Equatable & Sendable, Waiter: Sendable>: Sendable {
    struct Seat: Sendable {
        var instance: Instance
        /// Whether the instance accepts new requests; if not, it only finishes those it has.
        var isReady: Bool
        var busy = 0
        /// Until this time in nanoseconds, other instances are preferred, because this one could not be reached.
        var suspendedUntil: UInt64 = 0
    }

    enum Entry: Sendable {
        case seated(Instance)
        /// The request waits; the ticket is for ``abandon(_:)``.
        case waits(ticket: UInt64)
        /// Like ``waits``, but for the first instance, which is not ready yet.
        case waitsForFirst(ticket: UInt64)
        /// The maximum number of requests is already waiting.
        case full
        /// No instance is ready.
        case noInstanceReady
    }

    private(set) var seats: [Seat] = []
    /// The number of concurrent requests per instance, at least 1.
    private(set) var limit = 1
    private var queue = CircularBuffer<(ticket: UInt64, waiter: Waiter?)>(initialCapacity: 0)
    private(set) var waiting = 0
    private var lastTicket: UInt64 = 0
    /// Where the search for an instance begins, so that equally busy instances take turns.
    private var turn = 0
    /// Whether any instance has been ready so far.
    private var wasReady = false

    /// The maximum number of requests that wait for the first instance.
    ///
    /// It is larger than the number that one instance answers at a time, because clients that waited for the start
    /// arrive all at once.
    private static var waitersForFirst: Int { 1024 }

    /// The number of requests being answered or waiting.
    var inFlight: Int { seats.reduce(waiting) { $0 + $1.busy } }

    /// Admits a request at `now`; `waiter` is called only if the request has to wait.
    ///
    /// At most as many requests wait as are answered, so together at most twice the limit per instance
    /// (AzureCompatibility.md). A request that lost its place through no fault of its own (`isRetry`) is not refused.
    /// If no instance has been ready yet, a request with `mayWaitForFirst` waits for the first one.
    mutating func enter(
        at now: UInt64, isRetry: Bool = false, mayWaitForFirst: Bool = false, waiter: () -> Waiter
    ) -> Entry {
        if waiting == 0, let index = freeSeat(at: now) {
            seats[index].busy += 1
            return .seated(seats[index].instance)
        }
        let ready = seats.count { $0.isReady }
        guard ready > 0 else {
            guard mayWaitForFirst, !wasReady else { return .noInstanceReady }
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

    /// Ends a request at `instance`, and assigns its place to the request that has waited longest.
    mutating func leave(_ instance: Instance, at now: UInt64) -> (Instance, Waiter)? {
        guard let index = seats.firstIndex(where: { $0.instance == instance }) else { return nil }
        seats[index].busy -= 1
        if !seats[index].isReady, seats[index].busy == 0 { seats.remove(at: index) }
        return seatNext(at: now)
    }

    /// Makes requests prefer other instances until `end`, because this one failed or could not be reached.
    mutating func suspend(_ instance: Instance, until end: UInt64) {
        guard let index = seats.firstIndex(where: { $0.instance == instance }) else { return }
        seats[index].suspendedUntil = end
    }

    /// Stops waiting; returns false if the request has been assigned an instance, of which it is being notified.
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

    /// Replaces the instances and the limit, and returns the waiting requests that are assigned now.
    ///
    /// An instance that is no longer listed finishes its requests.
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

    /// The least busy ready instance with a free place; a suspended one only if all ready ones are suspended.
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
