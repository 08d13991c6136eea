import FoundationEssentials
import HTTPTypes
import Rollouts
import Testing

@testable import LocalEndpoints

@Suite("Reading of blobs", .timeLimit(.minutes(2)))
struct BlobReadingTests {
    private static let store = "/store/azureml-blobstore"

    /// A control plane whose store has these blobs, and the query that opens their container.
    private func with(
        _ blobs: [String: String], _ body: (ControlPlaneFixture, _ query: String) async throws -> Void
    ) async throws {
        try await ScratchFolder.with { state in
            try await ControlPlaneFixture.with(state) { fixture in
                let secrets = try await fixture.send(.post, "datastores/workspaceblobstore/listSecrets", [:])
                let query = try #require(secrets.body["sasToken"]?.string)
                for (name, text) in blobs {
                    let sent = try await fixture.send(
                        .put, "\(Self.store)/\(name)?\(query)", token: nil, bytes: Data(text.utf8))
                    #expect(sent.status == 201 && sent.headers[.eTag] != nil)
                }
                try await body(fixture, query)
            }
        }
    }

    @Test("a blob comes back whole and in ranges, to whoever has its signature or the token")
    func ranges() async throws {
        try await with(["m/model.bin": "0123456789", "empty": ""]) { fixture, query in
            let blob = "\(Self.store)/m/model.bin"
            let whole = try await fixture.send(.get, "\(blob)?\(query)", token: nil)
            #expect(whole.status == 200 && whole.text == "0123456789" && whole.headers[.contentLength] == "10")
            #expect(try await fixture.send(.get, blob).text == "0123456789")
            #expect(try await fixture.send(.get, blob, token: nil).status == 403)
            for (header, text, told) in [
                ("bytes=2-4", "234", "bytes 2-4/10"), ("bytes=7-", "789", "bytes 7-9/10"),
                ("bytes=-2", "89", "bytes 8-9/10"), ("bytes=8-99", "89", "bytes 8-9/10"),
            ] {
                for name in ["Range", "x-ms-range"] {
                    let part = try await fixture.send(.get, blob, headers: [name: header])
                    #expect(part.status == 206 && part.text == text && part.headers[.contentRange] == told, "\(header)")
                }
            }
            let beyond = try await fixture.send(.get, blob, headers: ["Range": "bytes=10-"])
            #expect(beyond.status == 416 && beyond.error.code == "InvalidRange")
            #expect(beyond.headers[.contentRange] == "bytes */10")
            #expect(
                try await fixture.send(.get, "\(Self.store)/empty", headers: ["Range": "bytes=0-9"]).status == 416)
            // What is no single range is as if it were not there.
            for header in ["bytes=0-1,3-4", "bytes=4-2", "bytes=-", "lines=0-1", "bytes=a-b"] {
                let all = try await fixture.send(.get, blob, headers: ["Range": header])
                #expect(all.status == 200 && all.text == "0123456789", "\(header)")
            }
            let head = try await fixture.send(.head, blob)
            #expect(head.status == 200 && head.text.isEmpty && head.headers[.contentLength] == "10")
            let missing = try await fixture.get("\(Self.store)/m/none")
            #expect(missing.status == 404 && missing.error.code == "BlobNotFound")
            #expect(try await fixture.get("\(Self.store)/m").status == 404)
        }
    }

    @Test("an ETag changes with every write, and conditions are held against it")
    func conditions() async throws {
        try await with(["a": "one"]) { fixture, query in
            let blob = "\(Self.store)/a"
            let first = try #require(try await fixture.get(blob).headers[.eTag])
            #expect(try await fixture.send(.get, blob, headers: ["If-Match": first]).status == 200)
            let known = try await fixture.send(.get, blob, headers: ["If-None-Match": "\"x\", \(first)"])
            #expect(known.status == 304 && known.text.isEmpty)
            let again = try await fixture.send(.put, "\(blob)?\(query)", bytes: Data("two".utf8))
            #expect(again.headers[.eTag] != first)
            #expect(try await fixture.send(.get, blob, headers: ["If-Match": first]).status == 412)
            #expect(try await fixture.send(.get, blob, headers: ["If-None-Match": first]).text == "two")
        }
    }

    @Test("a container is listed in order, by prefix, by folder and page by page")
    func lists() async throws {
        let names = ["a", "b/1", "b/2", "b/c/3", "d & e"]
        try await with(Dictionary(uniqueKeysWithValues: names.map { ($0.replacing(" ", with: "%20"), $0) })) {
            fixture, _ in
            func list(_ query: String = "") async throws -> (names: [String], text: String) {
                let answer = try await fixture.get("\(Self.store)?restype=container&comp=list\(query)")
                #expect(answer.status == 200 && answer.headers[.contentType] == "application/xml; charset=utf-8")
                let found = answer.text.split(separator: "<Name>").dropFirst().compactMap {
                    $0.split(separator: "</Name>").first.map(String.init)
                }
                return (found, answer.text)
            }
            #expect(try await list().names == ["a", "b/1", "b/2", "b/c/3", "d &amp; e"])
            #expect(try await list("&prefix=b/").names == ["b/1", "b/2", "b/c/3"])
            let folders = try await list("&delimiter=/")
            #expect(folders.names == ["a", "b/", "d &amp; e"] && folders.text.contains("<BlobPrefix><Name>b/</Name>"))
            #expect(try await list("&prefix=b/&delimiter=/").names == ["b/1", "b/2", "b/c/"])
            for query in ["", "&delimiter=/"] {
                let whole = try await list(query).names
                var (pages, marker) = ([String](), "")
                for _ in 0...whole.count {
                    let page = try await list("&maxresults=1&marker=\(marker)\(query)")
                    pages += page.names
                    guard !page.text.contains("<NextMarker></NextMarker>") else { break }
                    let next = page.text.split(separator: "<NextMarker>").last?.split(separator: "</NextMarker>").first
                    marker = String(try #require(next)).replacing("&amp;", with: "%26").replacing(" ", with: "%20")
                }
                #expect(pages == whole)
            }
            #expect(try await list("&prefix=a").text.contains("<Content-Length>1</Content-Length>"))
            #expect(try await fixture.get("/store/none?restype=container&comp=list").text.contains("<Blobs></Blobs>"))
            #expect(try await fixture.get("\(Self.store)?comp=list").status == 400)
            #expect(try await fixture.get("\(Self.store)?restype=container&comp=list&maxresults=0").status == 400)
            let closed = try await fixture.send(.get, "\(Self.store)?restype=container&comp=list", token: nil)
            #expect(closed.status == 403)
        }
    }
}
