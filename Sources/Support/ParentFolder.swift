extension String {
    /// The parent folder of a path: `code/src` for `code/src/score.py`, `.` for a name alone.
    package var parentFolder: String {
        guard let slash = lastIndex(of: "/") else { return "." }
        return slash == startIndex ? "/" : String(self[..<slash])
    }
}
