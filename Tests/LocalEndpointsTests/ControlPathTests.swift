import AzureEndpoints
import Foundation
import HTTPTypes
import HummingbirdCore
import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("Paths of the control plane")
struct ControlPathTests {
    @Test("fixed words match without case, and names keep theirs")
    func withoutCase() {
        var routes = RouteTable()
        routes.on(.get, "/a/{name}/Things/{thing}") { _ in .init(status: .ok) }
        guard case .handler(_, let parameters) = routes.match(.get, "/A/MyName/tHINGS/X%20y") else {
            Issue.record("there is no such route")
            return
        }
        #expect(parameters == ["name": "MyName", "thing": "X y"])
    }

    @Test("a known path under another method tells which are possible")
    func otherMethods() {
        var routes = RouteTable()
        routes.on(.get, "/a/{name}") { _ in .init(status: .ok) }
        routes.on(.put, "/a/{name}") { _ in .init(status: .ok) }
        guard case .otherMethods(let methods) = routes.match(.post, "/a/b") else {
            Issue.record("405 was expected")
            return
        }
        #expect(methods == [.get, .put])
        for path in ["/a", "/a/b/c", "/b/c", "a/b", "/a/%zz", ""] {
            guard case .none = routes.match(.get, path) else {
                Issue.record("\(path) leads somewhere")
                continue
            }
        }
    }

    @Test("the rest of a path is one parameter")
    func rest() {
        var routes = RouteTable()
        routes.on(.put, "/store/{container}/{path...}") { _ in .init(status: .ok) }
        guard case .handler(_, let parameters) = routes.match(.put, "/store/c/a/b/c.txt") else {
            Issue.record("there is no such route")
            return
        }
        #expect(parameters == ["container": "c", "path": "a/b/c.txt"])
    }

    @Test(
        "a blob's path never leads out of its container",
        arguments: [
            "../x", "a/../b", "a/./b", "..", "a/\u{0}b", "a\\b", String(repeating: "x", count: 256),
            String(repeating: "x/", count: 600),
        ])
    func blobs(path: String) {
        #expect(BlobPath(container: "c", path: path) == nil)
    }

    @Test("containers are names, too", arguments: ["..", ".", "", "a/b", "a\u{0}"])
    func containers(name: String) {
        #expect(BlobPath(container: name, path: "x") == nil)
    }

    @Test(
        "an asset's address leads to its files, whatever the port was",
        arguments: [
            ("https://127.0.0.1:1234/store/upload-1/code", "upload-1/code"),
            ("https://localhost/store/upload-1/code/?x=y", "upload-1/code"),
            ("https://127.0.0.1:1/store.blob.core.windows.net/c/LocalUpload/ab/model", "c/LocalUpload/ab/model"),
            (
                "azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/workspaceblobstore/paths/LocalUpload/1/m",
                "azureml-blobstore/LocalUpload/1/m"
            ),
        ])
    func addresses(uri: String, path: String) {
        #expect(BlobPath(uri: uri)?.relative == path)
    }

    @Test(
        "other addresses lead nowhere",
        arguments: [
            "https://account.blob.core.windows.net/c/x", "https://127.0.0.1/store", "/store/c/x", "azureml://x/y",
            "https://127.0.0.1/store/c/../../x", "https://h/store/c/%2e%2e/x",
        ])
    func noAddresses(uri: String) {
        #expect(BlobPath(uri: uri) == nil)
    }

    @Test(
        "assets are named in four ways",
        arguments: [
            ("azureml:houses:3", "houses", "3"), ("azureml:houses@latest", "houses", nil),
            (
                "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/Models/houses/versions/3",
                "houses", "3"
            ),
            (
                "azureml:/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w/models/houses/labels/latest",
                "houses", nil
            ),
        ] as [(String, String, String?)])
    func references(text: String, name: String, version: String?) throws {
        let reference = try #require(AssetReference(text, .models))
        #expect(reference.name == name && reference.version == version)
    }

    @Test(
        "what is no asset is none",
        arguments: [
            "houses", "azureml:houses", "azureml://registries/r/models/m/versions/1", "./model", "azureml:a:b:c",
            "azureml:houses@newest", "/model",
        ])
    func noReferences(text: String) {
        #expect(AssetReference(text, .models) == nil)
    }
}
