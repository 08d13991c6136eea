import Foundation

@main struct AnalysisBenchmark {
    static func main() throws {
        let arguments = Array(CommandLine.arguments.dropFirst())
        func number(_ name: String, _ otherwise: Int) -> Int {
            guard let index = arguments.firstIndex(of: name), index + 1 < arguments.count else { return otherwise }
            return Int(arguments[index + 1]) ?? otherwise
        }
        switch arguments.first {
        case "cost": if try !Cost.report(readings: number("--readings", 1_000_000)) { exit(1) }
        case "half-hour": if try !HalfHour.report() { exit(1) }
        case "table":
            let rates = arguments.firstIndex(of: "--rates").flatMap { arguments.dropFirst($0 + 1).first }
            var table = Table(
                nullTrials: number("--null-trials", 2000), trials: number("--trials", 500),
                rates: (rates ?? "5,50,500").split(separator: ",").compactMap { Int($0) })
            if let index = arguments.firstIndex(of: "--only"), let names = arguments.dropFirst(index + 1).first {
                table.scenarios = Scenario.all.filter { names.split(separator: ",").contains(Substring($0.name)) }
            }
            let start = ContinuousClock.now
            let holds = table.run()
            print("the table took \(ContinuousClock.now - start)")
            if !holds { exit(1) }
        default:
            print(
                """
                AnalysisBenchmark cost [--readings N]
                AnalysisBenchmark half-hour
                AnalysisBenchmark table [--null-trials N] [--trials N] [--rates 5,50,500] [--only NAME,…]
                """)
        }
    }
}
