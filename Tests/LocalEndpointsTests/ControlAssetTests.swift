import AzureEndpoints
import Foundation
import HTTPTypes
import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("Assets of the control plane", .timeLimit(.minutes(2)))
struct ControlAssetTests {
    @Test("code is uploaded, registered and found again by its hash")
    func code() async throws {
        try await ScratchFolder.with { state in
            try await ControlPlaneFixture.with(state) { fixture in
                let versions = "codes/c1/versions"
                #expect(try await fixture.get(versions + "?hash=abc").body["value"] == [])
                let upload = try await fixture.send(.post, versions + "/1/startPendingUpload", [:])
                let reference = upload.body["blobReferenceForConsumption"]
                let signed = try #require(reference?["credential"]?["sasUri"]?.string).dropFirst(
                    "https://127.0.0.1:1234".count)
                let parts = signed.split(separator: "?", maxSplits: 1)
                let blob = "\(parts[0])/code/score.py?\(parts[1])"
                #expect(try await fixture.send(.head, blob, token: nil).status == 404)
                let text = Data("def run(): pass".utf8)
                #expect(try await fixture.send(.put, blob, token: nil, bytes: text).status == 201)
                let noted = try await fixture.send(
                    .put, blob + "&comp=metadata", headers: ["x-ms-meta-upload_status": "completed"], token: nil)
                #expect(noted.status == 200)
                let head = try await fixture.send(.head, blob, token: nil)
                #expect(head.status == 200 && head.headers[.contentLength] == "15")
                #expect(head.headers["x-ms-meta-upload_status"] == "completed")

                let address = try #require(reference?["blobUri"]?.string) + "/code"
                let body: Value = [
                    "properties": ["codeUri": .string(address), "properties": ["hash_sha256": "abc"]]
                ]
                #expect(try await fixture.send(.put, versions + "/1", body).status == 201)
                #expect(try await fixture.send(.put, versions + "/1", body).status == 200)
                let moved: Value = ["properties": ["codeUri": "https://127.0.0.1/store/x/y"]]
                #expect(try await fixture.send(.put, versions + "/1", moved).status == 409)
                // Clients ask by a random name.
                let found = try await fixture.get("codes/another/versions?hash=abc").body["value"]
                guard case .list(let items) = found else { throw ControlPlaneFixture.NeverSettled(path: versions) }
                #expect(items.first?["id"]?.string?.hasSuffix("/codes/c1/versions/1") == true)
            }
        }
    }

    @Test("a registered environment keeps its content, and what its labels say may change")
    func environments() async throws {
        try await ScratchFolder.with { state in
            try await ControlPlaneFixture.with(state) { fixture in
                let path = "environments/sklearn/versions/1"
                func body(_ conda: String, _ owner: String) -> Value {
                    ["properties": ["condaFile": .string(conda), "image": "x/y:1", "tags": ["owner": .string(owner)]]]
                }
                #expect(try await fixture.send(.put, path, body("dependencies: []", "a")).status == 201)
                #expect(try await fixture.send(.put, path, body("dependencies: []", "b")).status == 200)
                let other = try await fixture.send(.put, path, body("dependencies: [pip]", "a"))
                #expect(other.status == 409 && other.body["error"]?["message"]?.string?.contains("condaFile") == true)
            }
        }
    }

    @Test("an address without its signature, or with another's, opens nothing")
    func signatures() async throws {
        try await ScratchFolder.with { state in
            try await ControlPlaneFixture.with(state) { fixture in
                let upload = try await fixture.send(.post, "codes/c/versions/1/startPendingUpload", [:])
                let signed = try #require(
                    upload.body["blobReferenceForConsumption"]?["credential"]?["sasUri"]?.string)
                let query = try #require(signed.split(separator: "?").last)
                for path in [
                    "/store/other/x", "/store/other/x?\(query)", "/store/azureml-blobstore/x?\(query)",
                    "/store/c/x?se=2999&sig=0",
                ] {
                    #expect(try await fixture.send(.put, path, token: nil, bytes: Data("x".utf8)).status == 403)
                    #expect(try await fixture.send(.put, path, bytes: Data("x".utf8)).status == 403)
                }
            }
        }
    }

    @Test("blocks are put together in the order of their list")
    func blocks() async throws {
        try await ScratchFolder.with { state in
            try await ControlPlaneFixture.with(state) { fixture in
                let secrets = try await fixture.send(.post, "datastores/workspaceblobstore/listSecrets", [:])
                let query = try #require(secrets.body["sasToken"]?.string)
                let blob = "/store.blob.core.windows.net/azureml-blobstore/LocalUpload/1/model.bin?\(query)"
                for (id, text) in [("Yg%3D%3D", "world"), ("YQ%3D%3D", "hello ")] {
                    let sent = try await fixture.send(
                        .put, blob + "&comp=block&blockid=\(id)", token: nil, bytes: Data(text.utf8))
                    #expect(sent.status == 201)
                }
                let list = "<?xml version='1.0'?><BlockList><Latest>YQ==</Latest><Latest>Yg==</Latest></BlockList>"
                let joined = try await fixture.send(.put, blob + "&comp=blocklist", token: nil, bytes: Data(list.utf8))
                #expect(joined.status == 201, "\(joined.body)")
                let path = fixture.folder.assets + "/blobs/azureml-blobstore/LocalUpload/1/model.bin"
                #expect(try String(contentsOfFile: path, encoding: .utf8) == "hello world")
            }
        }
    }

    @Test(
        "code that is not registered, or leads out of its folder, makes no deployment",
        arguments: [
            ["codeConfiguration": ["codeId": "azureml:none:1", "scoringScript": "score.py"]],
            ["codeConfiguration": ["codeId": "/etc", "scoringScript": "passwd"]],
            ["codeConfiguration": ["codeId": "../x", "scoringScript": "score.py"]],
            [
                "codeConfiguration": ["codeId": ".", "scoringScript": "../../etc/passwd"],
                "properties": ["turnout.dev/contents": "{}"],
            ],
        ] as [Value])
    func outside(properties: Value) async throws {
        try await ScratchFolder.with { state in
            try await ControlPlaneFixture.with(state) { fixture in
                _ = try await fixture.send(.put, "onlineEndpoints/houses", ControlPlaneFixture.endpoint())
                try await fixture.settled("onlineEndpoints/houses")
                let answer = try await fixture.send(
                    .put, "onlineEndpoints/houses/deployments/blue", ["properties": properties])
                #expect(answer.status == 400 || answer.status == 404, "\(answer.body)")
                #expect(try await fixture.get("onlineEndpoints/houses/deployments/blue").status == 404)
            }
        }
    }
}
