internal import Support
/// Formats rows of text in columns that fit their content.
struct Table {
    struct Column {
        var title: String
        var isRightAligned: Bool

        init(_ title: String, rightAligned: Bool = false) {
            self.title = title
            isRightAligned = rightAligned
        }
    }

    struct Cell: ExpressibleByStringInterpolation {
        var text: String
        var tint: Style.Tint?

        init(_ text: String, _ tint: Style.Tint? = nil) {
            self.text = text.printable
            self.tint = tint
        }

        init(stringLiteral value: String) { self.init(value) }
    }

    var columns: [Column]
    var rows: [[Cell]] = []

    init(_ columns: Column...) { self.columns = columns }

    /// Returns lines without trailing spaces, cut at `width`.
    ///
    /// The titles come first, unless all of them are empty.
    func lines(_ style: Style, width: Int = .max) -> [String] {
        let widths = columns.indices.map { column in
            max(columns[column].title.count, rows.map { column < $0.count ? $0[column].text.count : 0 }.max() ?? 0)
        }
        var all = rows
        if columns.contains(where: { !$0.title.isEmpty }) {
            all.insert(columns.map { Cell($0.title, .dim) }, at: 0)
        }
        return all.map { row in line(row, widths, style, width).withoutTrailingSpaces }
    }

    private func line(_ row: [Cell], _ widths: [Int], _ style: Style, _ width: Int) -> String {
        var line = ""
        var used = 0
        let last = row.lastIndex { !$0.text.isEmpty } ?? -1
        for (column, cell) in row.enumerated() where column <= last {
            let padding = String(repeating: " ", count: widths[column] - cell.text.count)
            let gap = column == 0 ? "" : "  "
            let before = gap + (columns[column].isRightAligned ? padding : "")
            let room = width - used - before.count
            guard room > 0 else { break }
            let text = cell.text.cut(to: room)
            let after = columns[column].isRightAligned || column == last ? "" : padding
            line += before + style(text, cell.tint) + after
            used += before.count + text.count + after.count
        }
        return line
    }
}

extension String {
    var withoutTrailingSpaces: String {
        guard let last = lastIndex(where: { $0 != " " }) else { return "" }
        return String(self[...last])
    }

    func padded(to width: Int) -> String {
        count >= width ? self : self + String(repeating: " ", count: width - count)
    }
}
