internal import RolloutService
internal import Rollouts
internal import Support

/// Formats a bar for each deployment that has or should have live or mirrored traffic.
struct TrafficLines {
    var style: Style
    var columns: Int

    /// Returns the bars, or one line that says that no deployment has traffic.
    func lines(of endpoint: EndpointSnapshot) -> [String] {
        let bars = bars("traffic", endpoint.traffic) + bars("mirror", endpoint.mirrorTraffic)
        return bars.isEmpty ? ["No deployment of \(endpoint.name) has traffic."] : bars
    }

    private func bars(_ title: String, _ traffic: DesiredAndActual<Traffic>) -> [String] {
        let names = traffic.deployments
        let width = min(names.map(\.text.count).max() ?? 0, 32)
        let bar = TrafficBar(width: min(max(columns - width - 36, 10), 40))
        return names.enumerated().map { index, name in
            let (wanted, actual) = (traffic.wanted[name], traffic.actual[name])
            let head = (index == 0 ? title : "").padded(to: 8) + name.text.printable.cut(to: width).padded(to: width)
            let percent = "\(actual) %"
            let padding = String(repeating: " ", count: max(6 - percent.count, 0))
            let change = wanted == actual ? "" : style("  desired \(wanted) %", .yellow)
            return head + " " + padding + percent + " "
                + style(bar.text(wanted: wanted, actual: actual).withoutTrailingSpaces, .cyan) + change
        }
    }
}
