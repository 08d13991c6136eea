extension String {
    /// The folder of a file's or folder's path: `code/src` of `code/src/score.py`, `.` of a name alone.
    package var parentFolder: String {
        guard let slash = lastIndex(of: "/") else { return "." }
        return slash == startIndex ? "/" : String(self[..<slash])
    }
}
