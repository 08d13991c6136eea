internal import NIOCore

/// A request that can be assigned to an instance.
protocol Seatable: AnyObject {
    func seat(at instance: Instance)
}

/// A request that waits for an instance on its own event loop.
struct Waiter: Sendable {
    private let request: NIOLoopBound<any Seatable>

    init(_ request: any Seatable, on eventLoop: any EventLoop) {
        self.request = NIOLoopBound(request, eventLoop: eventLoop)
    }

    /// Assigns the request to an instance; may be called on any thread.
    ///
    /// The request is notified later on its event loop, never within the call.
    func seat(at instance: Instance) {
        let request = request
        request.eventLoop.execute { request.value.seat(at: instance) }
    }
}
