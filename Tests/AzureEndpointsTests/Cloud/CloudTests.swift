import AzureEndpoints
import RolloutEngine
import RolloutTesting
import Rollouts
import Synchronization
import Testing

@Suite("The workspace of the cloud")
struct CloudWorkspaceTests {
    private let silent = AzureCommand { _ in throw BackendError(.refused, "the program 'az' is not installed") }

    private func found(
        _ flags: CloudWorkspace = CloudWorkspace(), _ environment: [String: String] = [:], config: String = "",
        az: AzureCommand? = nil
    ) async throws -> WorkspaceID {
        try await flags.found(in: environment, AzureConfiguration(config), asking: az ?? silent)
    }

    @Test("flags go before the environment, and that before az's defaults")
    func order() async throws {
        let config = "[defaults]\ngroup = config-group\nworkspace = config-workspace\n"
        let environment = ["AZURE_SUBSCRIPTION_ID": "env-sub", "AZURE_RESOURCE_GROUP": "env-group"]
        let byFlags = try await found(
            CloudWorkspace(subscription: "flag-sub", resourceGroup: "flag-group"), environment, config: config)
        #expect(
            byFlags == WorkspaceID(subscription: "flag-sub", resourceGroup: "flag-group", name: "config-workspace"))
        let byEnvironment = try await found(CloudWorkspace(), environment, config: config)
        #expect(
            byEnvironment == WorkspaceID(subscription: "env-sub", resourceGroup: "env-group", name: "config-workspace"))
    }

    @Test("az is asked for the subscription where nothing else names it")
    func asking() async throws {
        let az = AzureCommand { arguments in
            #expect(arguments == ["account", "show", "--query", "id", "--output", "tsv"])
            return "az-sub\n"
        }
        let id = try await found(CloudWorkspace(resourceGroup: "g", workspace: "w"), az: az)
        #expect(id == WorkspaceID(subscription: "az-sub", resourceGroup: "g", name: "w"))
    }

    @Test("what is missing is named with the ways to say it")
    func missing() async {
        let noGroup = await #expect(throws: BackendError.self) {
            try await found(CloudWorkspace(subscription: "s", workspace: "w"))
        }
        #expect(
            noGroup?.message == "no Azure resource group is set; use --resource-group or AZURE_RESOURCE_GROUP, "
                + "or `az configure --defaults group=NAME`")
        let noSubscription = await #expect(throws: BackendError.self) {
            try await found(CloudWorkspace(resourceGroup: "g", workspace: "w"))
        }
        #expect(
            noSubscription?.message == "no Azure subscription is set: the program 'az' is not installed; "
                + "use --subscription or AZURE_SUBSCRIPTION_ID, or sign in with `az login`")
    }

    @Test("az's file is read as configparser reads it")
    func configuration() {
        let text = """
            # a comment
            [core]
            group = not-this
            [Defaults]
            ; another
            GROUP = rg-1
            workspace=ws 1
            empty =
            rubbish
            """
        let configuration = AzureConfiguration(text)
        #expect(configuration.value("group", in: "defaults") == "rg-1")
        #expect(configuration.value("workspace", in: "defaults") == "ws 1")
        #expect(configuration.value("empty", in: "defaults") == nil)
        #expect(configuration.value("group", in: "core") == "not-this")
    }

    @Test(
        "tokens go to HTTPS servers only",
        arguments: [
            "http://127.0.0.1:1", "https://", "https://host/path", "ftp://host", "host",
        ])
    func clearText(origin: String) {
        #expect(throws: BackendError.self) {
            try AzureBackend.origin(in: [AzureBackend.originVariable: origin])
        }
    }

    @Test("the server is Azure's unless the SDK's own variable names another")
    func origin() throws {
        #expect(try AzureBackend.origin(in: [:]) == "https://management.azure.com")
        #expect(
            try AzureBackend.origin(in: [AzureBackend.originVariable: "https://127.0.0.1:8443/"])
                == "https://127.0.0.1:8443")
    }
}

@Suite("Tokens of the cloud")
struct CloudTokenTests {
    private let clock = ManualClock()

    /// Answers `printed` and counts how often it was asked.
    private final class Counter: Sendable {
        let calls = Mutex(0)

        func command(_ printed: @escaping @Sendable (Int) -> String) -> AzureCommand {
            AzureCommand { _ in
                printed(
                    self.calls.withLock { count in
                        count += 1
                        return count
                    })
            }
        }
    }

    @Test("the environment's is used as it is, and az is not asked")
    func given() async throws {
        let counter = Counter()
        let token = CloudToken(
            environment: [CloudToken.variable: "given"], asking: counter.command { _ in "" }, clock: clock)
        #expect(try await token.value() == "given")
        #expect(counter.calls.withLock { $0 } == 0)
    }

    @Test("az's is kept until five minutes before it expires")
    func kept() async throws {
        let counter = Counter()
        let expiry = clock.now().milliseconds / 1000 + 3600
        let az = counter.command {
            #"{"accessToken": "token-\#($0)", "expires_on": \#(expiry + Int64($0 - 1) * 3600)}"#
        }
        let token = CloudToken(environment: [:], asking: az, clock: clock)
        #expect(try await token.value() == "token-1")
        clock.advance(by: .minutes(54))
        #expect(try await token.value() == "token-1")
        clock.advance(by: .minutes(2))
        #expect(try await token.value() == "token-2")
        #expect(counter.calls.withLock { $0 } == 2)
    }

    @Test("one that does not say when it expires is kept for five minutes")
    func withoutExpiry() async throws {
        let counter = Counter()
        let token = CloudToken(
            environment: [:], asking: counter.command { #"{"accessToken": "token-\#($0)"}"# }, clock: clock)
        #expect(try await token.value() == "token-1")
        clock.advance(by: .minutes(4))
        #expect(try await token.value() == "token-1")
        clock.advance(by: .minutes(1))
        #expect(try await token.value() == "token-2")
    }

    @Test("what az printed is never told, whatever it is")
    func secret() async {
        let token = CloudToken(
            environment: [:], asking: AzureCommand { _ in #"{"access_token": "swordfish"}"# }, clock: clock)
        let error = await #expect(throws: BackendError.self) { try await token.value() }
        #expect(error?.message.contains("swordfish") == false)
    }
}
