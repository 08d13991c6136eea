internal import FoundationEssentials
internal import Rollouts

/// The time of day, read without allocation.
enum WallClock {
    static var now: Timestamp { Timestamp(Date()) }
}
