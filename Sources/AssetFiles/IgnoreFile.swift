internal import Support
internal import FoundationEssentials

/// The ignore file of an asset's folder: its `.amlignore` or, if there is none, its `.gitignore`.
///
/// As in `az ml`, only the one at the top of the folder counts.
struct IgnoreFile: Sendable {
    static let none = IgnoreFile(folder: "/", patterns: [])

    /// The folder that patterns are relative to; for an ignore file that is a link, the folder of its target.
    private let folder: String
    private let patterns: [IgnorePattern]

    private static let names = [".amlignore", ".gitignore"]
    /// The largest size of an ignore file, in bytes.
    private static let limit = 1 << 20

    private init(folder: String, patterns: [IgnorePattern]) {
        self.folder = folder
        self.patterns = patterns
    }

    /// Reads the ignore file of the folder `root`; the result is ``none`` if there is none.
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

    /// Returns whether the file at `place`, an absolute path, is left out; the last pattern that matches decides.
    func excludes(_ place: String) -> Bool {
        guard !patterns.isEmpty else { return false }
        let path = Array(DiskPath.relative(place, to: folder).unicodeScalars)
        return patterns.last { $0.matches(path) }?.excludes ?? false
    }
}

extension Character {
    /// Whether the character is one of Python's universal newlines.
    fileprivate var isLineEnd: Bool { self == "\n" || self == "\r" || self == "\r\n" }
}
