internal import NIOCore
internal import NIOHTTP1
internal import Rollouts
internal import SimulatedEndpoints

/// The processing of one live request, from its complete receipt to the end of its answer.
final class Exchange: UpstreamCall, Seatable {
    private enum Phase {
        /// Waiting for the endpoint's bandwidth.
        case delayed
        case waiting(ticket: UInt64)
        case running
        /// The answer is being forwarded as it arrives.
        case streaming(AnswerStream)
        case over
    }

    let loop: DataLoop
    let client: ClientConnection
    let destination: ModelDestination
    let request: IncomingRequest
    private var phase = Phase.delayed
    private(set) var began = NIODeadline.now()
    /// The deadline of the model's answer, set when the first instance is assigned and kept across retries.
    private var due: NIODeadline?
    private var instance: Instance?
    private var connection: UpstreamConnection?
    private var pair: MirrorPair?
    /// The duration of the request, once it is over.
    private var nanoseconds: UInt64 = 0
    private var tries = RetryBudget()
    /// Whether the request waits for the deployment's first instance since the data plane started.
    private var waitsForFirst = false
    /// Whether a part of the answer is being held back briefly.
    private var isHolding = false
    private(set) var answer = ModelAnswer(status: 0, reason: "", headers: [:])
    /// How long the endpoint's bandwidth limit delayed the request and the answer.
    var delay = BandwidthDelay()

    var deployment: CompiledDeployment { destination.deployment }

    init(_ destination: ModelDestination, _ request: IncomingRequest, client: ClientConnection) {
        self.loop = client.loop
        self.client = client
        self.destination = destination
        self.request = request
    }

    func start() {
        guard let bandwidth = destination.endpoint.bandwidth else { return admit() }
        let wait = bandwidth.take(request.body.readableBytes, at: began)
        guard wait > .zero else { return admit() }
        delay.request = wait
        loop.after(wait) {
            guard case .delayed = self.phase else { return }
            self.began = .now()
            self.admit()
        }
    }

    private func admit() {
        requestPlace(isRetry: false)
        guard let shadow = destination.shadow else { return }
        let pair = MirrorPair(shadow: shadow, comparisons: loop.shared.comparisons)
        // The request may be over already if the model runs in process.
        if case .over = phase { pair.endLive(end) } else { self.pair = pair }
        let copy = MirrorCopy(of: request, for: shadow, pair: pair, load: destination.endpoint.load, on: loop)
        pair.copyUnderWay = copy
        copy?.start()
    }

    // MARK: Places

    private func requestPlace(isRetry: Bool) {
        let now = isRetry ? NIODeadline.now() : began
        let entry = deployment.state.enter(.live, at: now, isRetry: isRetry, mayWaitForFirst: loop.isStarting(at: now))
        {
            Waiter(self, on: loop.eventLoop)
        }
        switch entry {
        case .seated(let instance): run(at: instance, now)
        case .waits(let ticket):
            phase = .waiting(ticket: ticket)
            client.expire(after: deployment.maxQueueWait, at: now)
        case .waitsForFirst(let ticket):
            phase = .waiting(ticket: ticket)
            waitsForFirst = true
            client.expire(after: loop.limits.firstInstance, at: now)
        case .full: refuse(.tooMany, .refused)
        case .noInstanceReady: refuse(.noInstanceReady, .platformFailed)
        }
    }

    func seat(at instance: Instance) {
        guard case .waiting = phase else { return deployment.state.leave(.live, instance, at: .now()) }
        run(at: instance, .now())
    }

    private func run(at instance: Instance, _ now: NIODeadline) {
        phase = .running
        waitsForFirst = false
        self.instance = instance
        let due = self.due ?? now + deployment.timeout
        self.due = due
        client.expire(after: due - now, at: now)
        if let player = instance.player { return play(player) }
        if case .server(let address) = instance.target {
            let pool = loop.upstream.pool(.live, for: instance, at: address)
            let connection = pool.take(fresh: tries.needsNewConnection)
            self.connection = connection
            let message = loop.message { request.write(destination, to: &$0, for: instance) }
            connection.send(
                message, body: request.separateBody, asksForHead: request.head.method == .HEAD, for: self)
        }
    }

    private func play(_ player: SimulatedPlayer) {
        guard destination.kind == .score else {
            answer = ModelAnswer(status: 404, reason: "Not Found", headers: [:])
            return complete(at: .now())
        }
        let load = destination.endpoint.load
        let simulated =
            destination.isNamed
            ? player.answerOther(load, using: &loop.random) : player.answerLive(load, using: &loop.random)
        loop.after(.nanoseconds(simulated.nanoseconds)) {
            guard case .running = self.phase else { return }
            self.answer = ModelAnswer(simulated)
            self.complete(at: .now())
        }
    }

    // MARK: The model's answer

    func receive(_ head: HTTPResponseHead) { answer = ModelAnswer(head) }

    func receive(_ body: ByteBuffer) {
        if case .streaming(let stream) = phase { return stream.pass(body) }
        answer.append(body)
        if answer.body.readableBytes > loop.limits.heldAnswerBytes { forwardSoFar() }
    }

    func receivedSoFar() {
        guard case .running = phase, destination.kind == .score, !isHolding else { return }
        guard !answer.isStream else { return forwardSoFar() }
        isHolding = true
        client.expire(after: loop.limits.holding, at: .now())
    }

    /// Forwards the part of the answer received so far, and from now on every part as it arrives.
    private func forwardSoFar() {
        guard case .running = phase, answer.hasBegun, let connection else { return }
        let stream = AnswerStream(self, from: connection)
        phase = .streaming(stream)
        let now = NIODeadline.now()
        stream.begin(nanoseconds: latency(at: now), at: now)
    }

    func complete(at now: NIODeadline) {
        connection = nil
        if case .streaming(let stream) = phase { return stream.end() }
        guard destination.kind == .score else { return answerDescription(at: now) }
        if let bandwidth = destination.endpoint.bandwidth {
            delay.answer = bandwidth.take(answer.body.readableBytes, at: now)
        }
        let nanoseconds = latency(at: now)
        guard delay.answer > .zero else { return finish(nanoseconds: nanoseconds, at: now) }
        // The model has answered: release its instance and end its timeout.
        leave()
        client.expiry.moment = .distantFuture
        loop.after(delay.answer) {
            guard case .running = self.phase else { return }
            self.finish(nanoseconds: nanoseconds, at: .now())
        }
    }

    private func finish(nanoseconds: UInt64, at now: NIODeadline) {
        // Count first, so that a client that has its answer also finds it counted.
        settle(answer.failed ? .modelFailed : .answered, nanoseconds: nanoseconds, at: now)
        AnswerMessage(self, nanoseconds: nanoseconds, at: now).send(by: client)
        client.ended(at: now)
    }

    /// Returns the part of the body received so far, which is forwarded first.
    func takeHeldBody() -> ByteBuffer {
        let body = answer.body
        answer.body = ByteBuffer()
        if pair != nil {
            answer.compared = ComparedBody(limit: loop.limits.comparedBytes)
            answer.compared?.append(body)
        }
        return body
    }

    func countPassed(_ part: ByteBuffer) { answer.pass(part) }

    /// The answer was forwarded completely.
    func streamEnded() {
        let now = settle(answer.failed ? .modelFailed : .answered)
        client.ended(at: now)
    }

    /// Answers with the model's own description of itself, or with a generic one if the model has none.
    private func answerDescription(at now: NIODeadline) {
        if answer.status != 200 {
            answer = ModelAnswer(
                status: 200, reason: "OK", headers: ["content-type": "application/json"],
                body: ByteBuffer(string: Swagger.document(endpoint: destination.endpoint.name.text)))
        }
        AnswerMessage(self, nanoseconds: latency(at: now), at: now).send(by: client)
        free()
        client.ended(at: now)
    }

    func fail(_ failure: UpstreamFailure) {
        connection = nil
        if case .streaming = phase {
            settle(.platformFailed)
            return client.abortAnswer()
        }
        guard let instance, case .running = phase else { return }
        self.instance = nil
        answer = ModelAnswer(status: 0, reason: "", headers: [:])
        isHolding = false
        let suspension = failure.indicatesUnhealthyServer ? loop.limits.suspension : nil
        deployment.state.leave(.live, instance, at: .now(), suspension: suspension)
        if tries.mayRetry(after: failure, instances: deployment.instances.count) {
            requestPlace(isRetry: true)
        } else if case .broken = failure {
            refuse(.brokenAnswer, .platformFailed)
        } else {
            refuse(.unreachable, .platformFailed)
        }
    }

    // MARK: Ends

    /// Called when the deadline that this exchange has set on the client's connection expires.
    func expire(at now: NIODeadline) {
        switch phase {
        case .delayed, .over: break
        case .waiting(let ticket):
            // Otherwise it has been assigned an instance, and is about to be notified.
            guard deployment.state.abandon(.live, ticket) else { break }
            if waitsForFirst { refuse(.noInstanceReady, .platformFailed) } else { refuse(.waitedTooLong, .refused) }
        case .running: if isHolding { forwardSoFar() } else { refuse(.timedOut, .timedOut) }
        case .streaming:
            // A client that does not read is not the model's fault.
            settle(client.isWritable ? .timedOut : .abandoned)
            client.abortAnswer()
        }
    }

    /// The data plane stops: the client gets the part that the model has sent, and can see that it is incomplete.
    func cutOff() {
        forwardSoFar()
        settle(.platformFailed)
        client.abortAnswer()
    }

    func clientIsWritable() {
        if case .streaming(let stream) = phase { stream.clientIsWritable() }
    }

    /// The client has disconnected.
    func abandon() {
        if case .waiting(let ticket) = phase { _ = deployment.state.abandon(.live, ticket) }
        settle(.abandoned)
    }

    private func refuse(_ refusal: PlatformAnswer, _ outcome: RequestOutcome) {
        let now = settle(outcome)
        client.send(
            loop.message { writer in
                refusal.write(
                    to: &writer, id: request.id, clientRequestID: request.facts.clientRequestID,
                    deployment: deployment.heads.line, to: client, connection: client.connectionLine)
            })
        client.ended(at: now)
    }

    private func latency(at now: NIODeadline) -> UInt64 { UInt64(clamping: (now - began).nanoseconds) }

    /// The result of the live request, for the comparison with its mirrored copy.
    private var end: MirrorPair.End {
        let isAnswered = answer.status == 200 && !answer.wasCutOff
        return MirrorPair.End(
            answer: isAnswered ? answer.compared ?? ComparedBody(answer.body) : nil, nanoseconds: nanoseconds)
    }

    /// Ends the request now and returns the time of its end.
    @discardableResult
    private func settle(_ outcome: RequestOutcome) -> NIODeadline {
        let now = NIODeadline.now()
        settle(outcome, nanoseconds: latency(at: now), at: now)
        return now
    }

    /// Counts the request and releases its resources.
    private func settle(_ outcome: RequestOutcome, nanoseconds: UInt64, at now: NIODeadline) {
        if case .over = phase { return }
        self.nanoseconds = nanoseconds
        if outcome != .answered { answer.wasCutOff = true }
        if destination.kind == .score {
            if loop.logsRequests { log(outcome, nanoseconds) }
            deployment.state.end(.live, outcome, nanoseconds: nanoseconds, leaving: instance, at: now)
            instance = nil
        }
        pair?.endLive(end)
        pair = nil
        free()
    }

    private func log(_ outcome: RequestOutcome, _ nanoseconds: UInt64) {
        RequestLine(
            outcome: outcome, method: request.head.method.rawValue, path: destination.loggedPath,
            modelStatus: answer.status, bytes: answer.length,
            nanoseconds: Int64(clamping: nanoseconds), id: request.id,
            clientRequestID: request.facts.clientRequestID, isCopy: false
        ).append(to: deployment, by: instance, on: loop)
    }

    private func free() {
        phase = .over
        connection?.cancel()
        connection = nil
        leave()
    }

    private func leave() {
        if let instance { deployment.state.leave(.live, instance, at: .now()) }
        instance = nil
    }
}
