import Support
import Testing

@Suite("What several targets need")
struct SupportTests {
    @Test(
        "the nearest word is found, and none where none is near",
        arguments: [
            ("instance_cuont", "instance_count"), ("instanceCount", "instance_count"), ("trafic", "traffic"),
            ("mirror-traffic", "mirror_traffic"), ("xyz", nil), ("", nil), ("delet", "delete"), ("q", nil),
        ] as [(String, String?)])
    func nearestWord(text: String, expected: String?) {
        let words = ["traffic", "mirror_traffic", "instance_count", "delete", "wait"]
        #expect(nearest(text, among: words) == expected)
    }

    @Test(
        "the folder of a path",
        arguments: [("a/b/c", "a/b"), ("/a", "/"), ("/a/b", "/a"), ("a", "."), ("a/", "a")])
    func parentFolder(path: String, expected: String) { #expect(path.parentFolder == expected) }

    @Test("digits and letters are those of ASCII, and nothing beside them")
    func ascii() {
        let bytes = UInt8.min ... .max
        #expect(bytes.filter(\.isDigit) == Array("0123456789".utf8))
        let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        #expect(bytes.filter(\.isLetter) == letters)
    }

    @Test("bytes are two hexadecimal digits each")
    func hexadecimal() {
        #expect(([0, 9, 16, 171, 255] as [UInt8]).hexadecimal == "000910abff")
        #expect([UInt8]().hexadecimal == "")
    }

    @Test(
        "what is reserved is percent-encoded, byte by byte, and decoded again",
        arguments: [("a-._~Z9", "a-._~Z9"), ("a b/ä:", "a%20b%2F%C3%A4%3A"), ("", "")])
    func percent(text: String, encoded: String) {
        #expect(PercentEncoding.encoded(text) == encoded)
        #expect(PercentEncoding.decoded(encoded) == text)
    }

    @Test("bytes that are to stay as they are, do")
    func kept() { #expect(PercentEncoding.encoded("/a b/c", keeping: "/") == "/a%20b/c") }

    @Test("what is not percent-encoded text is not decoded", arguments: ["%", "%4", "%GG", "%FF"])
    func broken(text: String) { #expect(PercentEncoding.decoded(text) == nil) }

    @Test("this machine has a name")
    func host() { #expect(!hostName().isEmpty && !hostName().contains("\0")) }
}
