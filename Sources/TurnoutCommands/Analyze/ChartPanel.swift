#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A panel of a drawing, with time on the horizontal axis and a value on the vertical one.
struct ChartPanel {
    let top: Double
    let height: Double
    /// The time at the right edge, in seconds.
    let time: Double
    let values: ClosedRange<Double>

    private let left = 64.0
    private let width = 760.0

    private func x(_ seconds: Double) -> Double { left + width * seconds / time }

    private func y(_ value: Double) -> Double {
        let span = max(values.upperBound - values.lowerBound, .leastNormalMagnitude)
        // Values far outside are clamped to just outside, where the frame hides them.
        let near = min(max(value, values.lowerBound - span), values.upperBound + span)
        return top + height * (1 - (near - values.lowerBound) / span)
    }

    /// Returns the elements, clipped to the frame.
    func clipped(_ elements: [String]) -> [String] {
        let name = "frame-\(Self.number(top))"
        return [
            "<clipPath id=\"\(name)\"><rect x=\"\(left)\" y=\"\(top)\" width=\"\(width)\" height=\"\(height)\"/>"
                + "</clipPath>",
            "<g clip-path=\"url(#\(name))\">",
        ] + elements + ["</g>"]
    }

    /// Draws a dot; returns an empty string if the value is outside the panel.
    func dot(_ point: (Double, Double)?, color: String, radius: Double = 2.5) -> String {
        guard let point, values.contains(point.1) else { return "" }
        return "<circle cx=\"\(Self.number(x(point.0)))\" cy=\"\(Self.number(y(point.1)))\" r=\"\(radius)\" "
            + "fill=\"\(color)\"/>"
    }

    /// Draws a vertical line at the time of the verdict.
    func verdict(_ seconds: Double, _ name: String, color: String) -> [String] {
        let x = Self.number(x(seconds))
        return [
            "<line x1=\"\(x)\" x2=\"\(x)\" y1=\"\(top)\" y2=\"\(top + height)\" stroke=\"\(color)\" "
                + "stroke-width=\"1.6\"/>",
            Self.label(name, x: self.x(seconds) - 6, y: top + 14, anchor: "end", weight: "600", fill: color),
        ]
    }

    func axes(_ text: (Double) -> String) -> [String] {
        var elements = [
            "<rect x=\"\(left)\" y=\"\(top)\" width=\"\(width)\" height=\"\(height)\" fill=\"none\" stroke=\"#d1d5db\"/>"
        ]
        for value in Self.ticks(values, count: 5) {
            let y = Self.number(y(value))
            elements.append(
                "<line x1=\"\(left)\" x2=\"\(left + width)\" y1=\"\(y)\" y2=\"\(y)\" stroke=\"#e5e7eb\"/>")
            elements.append(Self.label(text(value), x: left - 6, y: self.y(value) + 4, anchor: "end"))
        }
        for seconds in Self.ticks(0...time, count: 8) {
            elements.append(
                Self.label("\(VerdictText.number(seconds)) s", x: x(seconds), y: top + height + 16, anchor: "middle"))
        }
        return elements
    }

    func line(_ points: [(Double, Double)], color: String, dash: String? = nil) -> String {
        guard !points.isEmpty else { return "" }
        let path = points.map { "\(Self.number(x($0.0))),\(Self.number(y($0.1)))" }.joined(separator: " ")
        let dashes = dash.map { " stroke-dasharray=\"\($0)\"" } ?? ""
        return "<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"1.6\"\(dashes)/>"
    }

    /// Fills the area between the second and the third value of each point.
    func band(_ points: [(Double, Double, Double)], color: String) -> String {
        guard !points.isEmpty else { return "" }
        let upper = points.map { "\(Self.number(x($0.0))),\(Self.number(y($0.2)))" }
        let lower = points.reversed().map { "\(Self.number(x($0.0))),\(Self.number(y($0.1)))" }
        let path = (upper + lower).joined(separator: " ")
        return "<polygon points=\"\(path)\" fill=\"\(color)\" fill-opacity=\"0.13\"/>"
    }

    func threshold(_ value: Double, _ name: String, color: String) -> [String] {
        let y = Self.number(y(value))
        return [
            "<line x1=\"\(left)\" x2=\"\(left + width)\" y1=\"\(y)\" y2=\"\(y)\" stroke=\"\(color)\" "
                + "stroke-width=\"1.2\" stroke-dasharray=\"2 3\"/>",
            Self.label(name, x: left + 6, y: self.y(value) - 5, fill: color),
        ]
    }

    func legend(_ name: String, color: String, row: Double, dash: String? = nil) -> [String] {
        let dashes = dash.map { " stroke-dasharray=\"\($0)\"" } ?? ""
        let y = top + 10 + row * 20
        return [
            "<line x1=\"\(left + width + 12)\" x2=\"\(left + width + 32)\" y1=\"\(y)\" y2=\"\(y)\" stroke=\"\(color)\" "
                + "stroke-width=\"2\"\(dashes)/>",
            Self.label(name, x: left + width + 38, y: y + 4),
        ]
    }

    static func label(
        _ text: String, x: Double, y: Double, size: Int = 12, anchor: String = "start", weight: String = "400",
        fill: String = "#111827"
    ) -> String {
        "<text x=\"\(number(x))\" y=\"\(number(y))\" font-size=\"\(size)\" font-weight=\"\(weight)\" "
            + "text-anchor=\"\(anchor)\" fill=\"\(fill)\">\(escaped(text))</text>"
    }

    static func escaped(_ text: String) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            default: result.append(character)
            }
        }
    }

    private static func number(_ value: Double) -> String { VerdictText.number(value, digits: 1) }

    /// Returns about `count` round values inside a range.
    private static func ticks(_ range: ClosedRange<Double>, count: Int) -> [Double] {
        let span = range.upperBound - range.lowerBound
        guard span > 0, span.isFinite else { return [range.lowerBound] }
        let rough = span / Double(count)
        let power = pow(10, floor(log10(rough)))
        let step = ([1, 2, 5, 10].first { $0 * power >= rough } ?? 10) * power
        let first = Int((range.lowerBound / step).rounded(.up))
        let last = Int((range.upperBound / step).rounded(.down))
        return first > last ? [] : (first...last).map { Double($0) * step }
    }
}
