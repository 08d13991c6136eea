#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import Rollouts

/// The time of day, read without allocation.
enum WallClock {
    static var now: Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
