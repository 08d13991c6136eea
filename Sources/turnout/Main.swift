internal import TurnoutCommands

@main
struct Main {
    static func main() async {
        await Turnout.start()
    }
}
