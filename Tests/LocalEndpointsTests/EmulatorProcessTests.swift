import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("What is passed to an emulator in the background")
struct EmulatorProcessTests {
    @Test(
        "an idle time is a duration of a second or more, or never",
        arguments: [("30s", .seconds(30)), ("1h30m", .minutes(90)), ("never", nil)] as [(String, Interval?)])
    func idle(text: String, interval: Interval?) throws {
        let time = try #require(IdleTime(text))
        #expect(time.interval == interval)
        #expect(time.description == text)
        #expect(try IdleTime.current(environment: ["TURNOUT_SERVE_IDLE": text]) == time)
    }

    @Test("anything else is refused", arguments: ["", "0s", "999ms", "5", "-1m", "soon"])
    func noIdle(text: String) throws {
        #expect(IdleTime(text) == nil)
        guard !text.isEmpty else {
            #expect(try IdleTime.current(environment: ["TURNOUT_SERVE_IDLE": text]) == .standard)
            return
        }
        #expect(throws: EmulatorError.self) { try IdleTime.current(environment: ["TURNOUT_SERVE_IDLE": text]) }
    }

    @Test("it keeps what servers need of the environment, and no secret")
    func environment() {
        let cleaned = EmulatorEnvironment.cleaned(
            [
                "PATH": "/bin", "LC_ALL": "C", "CUDA_VISIBLE_DEVICES": "0", "PIP_INDEX_URL": "https://x",
                "AZURE_ACCESS_TOKEN": "t", "AWS_SECRET_ACCESS_KEY": "s", "TURNOUT_HOME": "/h", "PYTHONPATH": "/p",
                "GITHUB_TOKEN": "g", "TURNOUT_BACKEND": "azure",
            ], state: "/s")
        #expect(
            cleaned == [
                "PATH": "/bin", "LC_ALL": "C", "CUDA_VISIBLE_DEVICES": "0", "PIP_INDEX_URL": "https://x",
                "TURNOUT_STATE": "/s", "TURNOUT_LOG": "notice",
            ])
    }

    @Test("a user is named by its command line up to the first option")
    func purpose() {
        let words = ["/bin/turnout", "endpoint", "invoke", "my-endpoint", "--data", "secret"]
        #expect(EmulatorSupervisor.purpose(of: words) == "turnout endpoint invoke my-endpoint")
    }
}
