import Foundation
import Rollouts
import Testing

@testable import LocalEndpoints

/// Microsoft's `azure-ai-ml`, unmodified from PyPI, goes through the article; it is installed once and kept for later
/// runs of the tests.
@Suite("The Azure SDK", .integration, .serialized, .timeLimit(.minutes(15)))
struct AzureSDKTests {
    /// Real servers are the matter of ``ArticleTests``.
    @Test("goes through the whole article, and is refused what the cloud refuses")
    func article() async throws {
        let python = try await AzureSDK.python()
        // Long enough that the SDK meets an endpoint that is Updating.
        try await EmulatorFixture.with(times: ProvisioningTimes(traffic: .milliseconds(800))) { fixture in
            let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "azure_sdk_article.py")
                .path
            let samples = TurnoutHome.repository.path + "/Playbooks/samples"
            let end = try await Programs.run(python, [script, fixture.record.control, fixture.state, samples])
            #expect(end.status == 0 && end.output.hasSuffix("all steps passed\n"), "\(end.output)")
        }
    }
}

/// The SDK's virtual environment.
enum AzureSDK {
    private static let version = "1.35.2"

    /// The interpreter that has the SDK; installs it where it is not there yet.
    static func python() async throws -> String {
        try await Programs.python("azure-ai-ml-\(version)", with: ["azure-ai-ml==\(version)"])
    }
}
