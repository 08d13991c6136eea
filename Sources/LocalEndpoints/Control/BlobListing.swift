internal import Rollouts

/// Lists a container's blobs page by page, in the XML of Azure's `List Blobs`.
struct BlobListing: Sendable {
    /// The maximum number of blobs on a page.
    static let most = 5000

    var prefix: String
    /// Names that continue after the delimiter are listed as one folder.
    var delimiter: String?
    /// The last name on the previous page.
    var marker: String
    var most: Int

    private enum Entry {
        case blob(BlobPath)
        case folder(String)

        var name: String {
            switch self {
            case .blob(let blob): blob.name
            case .folder(let name): name
            }
        }
    }

    /// Renders the page; `look` returns a blob's attributes and metadata, or nil if it was removed in the meantime.
    func xml(
        of blobs: [BlobPath], container: String, service: String,
        _ look: (BlobPath) throws -> (BlobStore.Attributes, metadata: [String: String])?
    ) throws -> String {
        let (entries, next) = page(of: blobs)
        var text = #"<?xml version="1.0" encoding="utf-8"?>"#
        text += "<EnumerationResults ServiceEndpoint=\"\(service.xml)\" ContainerName=\"\(container.xml)\">"
        text += Self.element("Prefix", prefix) + Self.element("Marker", marker)
        text += Self.element("MaxResults", String(most))
        if let delimiter { text += Self.element("Delimiter", delimiter) }
        text += "<Blobs>"
        for entry in entries {
            switch entry {
            case .folder(let name): text += "<BlobPrefix>\(Self.element("Name", name))</BlobPrefix>"
            case .blob(let blob):
                guard let (attributes, metadata) = try look(blob) else { continue }
                text += Self.element(blob.name, attributes, metadata)
            }
        }
        return text + "</Blobs>\(Self.element("NextMarker", next ?? ""))</EnumerationResults>"
    }

    private func page(of blobs: [BlobPath]) -> (entries: [Entry], next: String?) {
        var entries: [Entry] = []
        for blob in blobs where blob.name.hasPrefix(prefix) {
            var entry = Entry.blob(blob)
            let rest = blob.name.dropFirst(prefix.count)
            if let delimiter, let end = rest.firstRange(of: delimiter)?.upperBound {
                entry = .folder(prefix + rest[..<end])
            }
            // The list is sorted by bytes, so the marker is compared by bytes.
            guard marker.isEmpty || marker.utf8.lexicographicallyPrecedes(entry.name.utf8) else { continue }
            guard entry.name != entries.last?.name else { continue }
            guard entries.count < most else { return (entries, entries.last?.name) }
            entries.append(entry)
        }
        return (entries, nil)
    }

    private static func element(_ name: String, _ attributes: BlobStore.Attributes, _ metadata: [String: String])
        -> String
    {
        let date = HTTPDate.text(at: attributes.modified)
        let properties = [
            ("Creation-Time", date), ("Last-Modified", date), ("Etag", attributes.etag),
            ("Content-Length", String(attributes.size)), ("Content-Type", "application/octet-stream"),
            ("BlobType", "BlockBlob"), ("LeaseStatus", "unlocked"), ("LeaseState", "available"),
        ]
        var text = "<Blob>\(element("Name", name))<Properties>"
        text += properties.map { element($0.0, $0.1) }.joined() + "</Properties>"
        if !metadata.isEmpty {
            let items = metadata.sorted { $0.key < $1.key }.map { element($0.key, $0.value) }
            text += "<Metadata>\(items.joined())</Metadata>"
        }
        return text + "</Blob>"
    }

    private static func element(_ tag: String, _ text: String) -> String { "<\(tag)>\(text.xml)</\(tag)>" }
}

extension String {
    /// The string with XML's special characters escaped.
    fileprivate var xml: String {
        guard utf8.contains(where: { "&<>\"'".utf8.contains($0) }) else { return self }
        return reduce(into: "") { text, character in
            switch character {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            case "'": text += "&apos;"
            default: text.append(character)
            }
        }
    }
}
