/// A line of a JSON recording: a request, or a mirrored pair.
struct JSONRequest {
    struct Answer {
        /// The HTTP status; 0 if there was no answer.
        var status: Double?
        /// The latency in milliseconds.
        var latency: Double?

        /// Whether the answer is not 2xx or 3xx.
        var failed: Bool { status.map { $0 < 200 || $0 >= 400 } ?? false }
        /// Whether the platform answered instead of the model: too many requests in flight, a timeout, or no instance.
        var isRefused: Bool { status == 429 || status == 408 || status == 500 }
    }

    enum Kind {
        case single(deployment: Slice<UnsafeBufferPointer<UInt8>>, Answer)
        case pair(live: Answer, mirror: Answer, agree: Bool?)
    }

    var time: Double
    var kind: Kind

    init(_ bytes: UnsafeBufferPointer<UInt8>) throws(LineScanner.Problem) {
        var scanner = LineScanner(bytes)
        var time: Double?
        var deployment: Slice<UnsafeBufferPointer<UInt8>>?
        var answer = Answer()
        var pair: Kind?
        try scanner.members { scanner, key throws(LineScanner.Problem) in
            if key.equals("t") {
                time = try scanner.number()
            } else if key.equals("deployment") {
                deployment = try scanner.string()
            } else if key.equals("pair") {
                pair = try Self.pair(&scanner)
            } else if try !answer.take(key, &scanner) {
                try scanner.skipValue()
            }
        }
        scanner.skipSpace()
        guard scanner.isAtEnd else {
            throw Problem(offset: scanner.offset, message: "unexpected text after the object")
        }
        guard let time else { throw Problem(offset: 0, message: "'t' is missing") }
        self.time = time
        if let pair {
            kind = pair
        } else {
            guard let deployment else { throw Problem(offset: 0, message: "'deployment' is missing") }
            try answer.check()
            kind = .single(deployment: deployment, answer)
        }
    }

    private typealias Problem = LineScanner.Problem

    private static func pair(_ scanner: inout LineScanner) throws(LineScanner.Problem) -> Kind {
        var live = Answer()
        var mirror = Answer()
        var agree: Bool?
        let start = scanner.offset
        try scanner.members { scanner, key throws(LineScanner.Problem) in
            if key.equals("live") {
                live = try Answer(&scanner)
            } else if key.equals("mirror") {
                mirror = try Answer(&scanner)
            } else if key.equals("agree") {
                agree = try scanner.boolean()
            } else {
                try scanner.skipValue()
            }
        }
        guard live.status != nil, mirror.status != nil else {
            throw Problem(
                offset: start, message: "'\(live.status == nil ? "live" : "mirror")' is missing from the pair")
        }
        return .pair(live: live, mirror: mirror, agree: agree)
    }
}

extension JSONRequest.Answer {
    fileprivate init(_ scanner: inout LineScanner) throws(LineScanner.Problem) {
        var answer = JSONRequest.Answer()
        try scanner.members { scanner, key throws(LineScanner.Problem) in
            if try !answer.take(key, &scanner) { try scanner.skipValue() }
        }
        try answer.check()
        self = answer
    }

    /// Reads a member; returns false if it does not belong to an answer.
    fileprivate mutating func take(
        _ key: Slice<UnsafeBufferPointer<UInt8>>, _ scanner: inout LineScanner
    ) throws(LineScanner.Problem) -> Bool {
        let start = scanner.offset
        if key.equals("status") {
            let status = try scanner.number()
            guard status >= 0, status < 1000 else {
                throw LineScanner.Problem(offset: start, message: "'status' must be from 0 to 999")
            }
            self.status = status
        } else if key.equals("ms") {
            let milliseconds = try scanner.number()
            guard milliseconds >= 0 else {
                throw LineScanner.Problem(offset: start, message: "'ms' must not be negative")
            }
            latency = milliseconds
        } else {
            return false
        }
        return true
    }

    fileprivate func check() throws(LineScanner.Problem) {
        guard status != nil else { throw LineScanner.Problem(offset: 0, message: "'status' is missing") }
    }
}
