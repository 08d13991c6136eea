internal import Support
internal import FoundationEssentials

/// What of a folder is not part of an asset: its `.amlignore`, or without one its `.gitignore`.
///
/// Only the one at the top of the folder counts, as for `az ml`.
struct IgnoreFile: Sendable {
    static let none = IgnoreFile(folder: "/", patterns: [])

    /// The folder that patterns are relative to: the one that the file really is in, if it is reached by a link.
    private let folder: String
    private let patterns: [IgnorePattern]

    private static let names = [".amlignore", ".gitignore"]
    /// The largest ignore file.
    private static let limit = 1 << 20

    private init(folder: String, patterns: [IgnorePattern]) {
        self.folder = folder
        self.patterns = patterns
    }

    /// Of the folder `root`; ``none`` if it has no ignore file.
    init(of root: String) throws(AssetProblem) {
        guard let place = Self.names.lazy.compactMap({ DiskPath.resolved("\(root)/\($0)") }).first else {
            self = .none
            return
        }
        let bytes = try DiskFile.contents(of: place, limit: Self.limit)
        let text = String(decoding: bytes.dropFirst(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0), as: UTF8.self)
        var patterns: [IgnorePattern] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isLineEnd).enumerated() {
            do {
                if let pattern = try IgnorePattern(line) { patterns.append(pattern) }
            } catch {
                throw AssetProblem("\(place):\(index + 1): \(error.message)")
            }
        }
        self.init(folder: place.parentFolder, patterns: patterns)
    }

    /// Whether the file at `place`, an absolute path, is left out; of several patterns that match, the last one counts.
    func excludes(_ place: String) -> Bool {
        guard !patterns.isEmpty else { return false }
        let path = Array(DiskPath.relative(place, to: folder).unicodeScalars)
        return patterns.last { $0.matches(path) }?.excludes ?? false
    }
}

extension Character {
    /// Python's universal line ends, and no others.
    fileprivate var isLineEnd: Bool { self == "\n" || self == "\r" || self == "\r\n" }
}
