internal import NIOCore
internal import Synchronization

/// The bandwidth limit of one endpoint, shared by all loops.
final class EndpointBandwidth: Sendable {
    private let bucket: Mutex<BandwidthBucket>

    init(bytesPerSecond: Int) { bucket = Mutex(BandwidthBucket(bytesPerSecond: bytesPerSecond)) }

    /// Takes `bytes` and returns how long they have to wait.
    func take(_ bytes: Int, at now: NIODeadline) -> TimeAmount {
        .nanoseconds(Int64(clamping: bucket.withLock { $0.take(bytes, at: now.uptimeNanoseconds) }))
    }
}
