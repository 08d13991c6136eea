internal import Rollouts

/// Dates in header fields: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
enum HTTPDate {
    static func text(at time: Timestamp) -> String {
        // 2026-11-22T10:15:30.250Z
        let parts = time.description.split { !$0.isNumber }
        guard parts.count >= 6, let month = Int(parts[1]), (1...12).contains(month) else { return "" }
        let days = (time.milliseconds / 86_400_000 + 4) % 7
        let weekday = weekdays[Int((days + 7) % 7)]
        return "\(weekday), \(parts[2]) \(months[month - 1]) \(parts[0]) \(parts[3]):\(parts[4]):\(parts[5]) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
