import Testing

@testable import LocalEndpoints

@Suite("What programs say")
struct LineSplitterTests {
    @Test("lines are whole, however the bytes are cut", arguments: 1...9)
    func pieces(size: Int) {
        let bytes = Array("one\r\n\ntwo ü\nthree".utf8)
        var splitter = LineSplitter()
        var lines: [String] = []
        for begin in stride(from: 0, to: bytes.count, by: size) {
            lines += splitter.receive(bytes[begin..<min(begin + size, bytes.count)])
        }
        #expect(lines == ["one", "", "two ü"])
        #expect(splitter.finish() == "three")
        #expect(splitter.finish() == nil)
    }

    @Test("a line without end is told in parts, and takes no more memory than one")
    func endless() {
        var splitter = LineSplitter()
        var lines: [String] = []
        for _ in 0..<100 { lines += splitter.receive([UInt8](repeating: 120, count: 1000)) }
        #expect(lines.count == 100_000 / LineSplitter.longest)
        #expect(lines.allSatisfy { $0.utf8.count == LineSplitter.longest })
    }
}
