/// A calendar date, like Python's `datetime.date`.
struct PythonDate: Hashable, Sendable {
    let year: Int
    let month: Int
    let day: Int

    /// Returns `nil` if the date does not exist.
    init?(year: Int, month: Int, day: Int) {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...9999).contains(year), (1...12).contains(month), (1...lengths[month - 1]).contains(day) else {
            return nil
        }
        self.year = year
        self.month = month
        self.day = day
    }

    var text: String { year.padded(4) + "-" + month.padded(2) + "-" + day.padded(2) }

    var representation: String { "datetime.date(\(year), \(month), \(day))" }
}

/// A point in time, like Python's `datetime.datetime`.
struct PythonTime: Hashable, Sendable {
    let date: PythonDate
    let hour: Int
    let minute: Int
    let second: Int
    let microsecond: Int
    let zone: Zone?

    enum Zone: Hashable, Sendable {
        case utc
        /// Minutes east of UTC.
        case offset(Int)
    }

    /// Returns `nil` if the time does not exist.
    init?(date: PythonDate, hour: Int, minute: Int, second: Int, microsecond: Int, zone: Zone?) {
        guard (0...23).contains(hour), (0...59).contains(minute), (0...59).contains(second) else { return nil }
        if case .offset(let minutes)? = zone, abs(minutes) >= 24 * 60 { return nil }
        self.date = date
        self.hour = hour
        self.minute = minute
        self.second = second
        self.microsecond = microsecond
        self.zone = zone
    }

    var text: String {
        var text = date.text + " " + hour.padded(2) + ":" + minute.padded(2) + ":" + second.padded(2)
        if microsecond != 0 { text += "." + microsecond.padded(6) }
        switch zone {
        case nil: break
        case .utc: text += "+00:00"
        case .offset(let minutes):
            text += (minutes < 0 ? "-" : "+") + (abs(minutes) / 60).padded(2) + ":" + (abs(minutes) % 60).padded(2)
        }
        return text
    }

    var representation: String {
        var parts = [date.year, date.month, date.day, hour, minute].map(String.init)
        if second != 0 || microsecond != 0 { parts.append(String(second)) }
        if microsecond != 0 { parts.append(String(microsecond)) }
        switch zone {
        case nil: break
        case .utc, .offset(0): parts.append("tzinfo=datetime.timezone.utc")
        case .offset(let minutes):
            let days = minutes < 0 ? -1 : 0
            let seconds = (minutes - days * 24 * 60) * 60
            let delta = (days == 0 ? "" : "days=-1, ") + "seconds=\(seconds)"
            parts.append("tzinfo=datetime.timezone(datetime.timedelta(\(delta)))")
        }
        return "datetime.datetime(\(parts.joined(separator: ", ")))"
    }
}

extension Int {
    fileprivate func padded(_ width: Int) -> String {
        let text = String(self)
        return String(repeating: "0", count: Swift.max(0, width - text.count)) + text
    }
}
