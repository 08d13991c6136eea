#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import Rollouts

/// The process metrics that Prometheus' client libraries export.
enum ProcessMetrics {
    static func families(since began: Timestamp) -> [MetricFamily] {
        var start = MetricFamily(
            "process_start_time_seconds", .gauge, help: "Start of the data plane, in seconds since the Unix epoch.")
        start.add(Double(began.milliseconds) / 1000)
        var usage = rusage()
        #if os(Linux)
            let who = __rusage_who_t(RUSAGE_SELF.rawValue)
        #else
            let who = RUSAGE_SELF
        #endif
        guard getrusage(who, &usage) == 0 else { return [start] }
        var cpu = MetricFamily("process_cpu_seconds_total", .counter, help: "User and system CPU time, in seconds.")
        cpu.add(seconds(usage.ru_utime) + seconds(usage.ru_stime))
        return [start, cpu]
    }

    private static func seconds(_ time: timeval) -> Double {
        Double(time.tv_sec) + Double(time.tv_usec) / 1_000_000
    }
}
