import Testing

@testable import LocalEndpoints

@Suite("Code that is in memory")
struct ResidentCodeTests {
    private static let maps = """
        55d0a0000000-55d0a2300000 r-xp 00000000 fe:00 1234                       /usr/bin/turnout
        55d0a2300000-55d0a2400000 r--p 02300000 fe:00 1234                       /usr/bin/turnout
        55d0a2400000-55d0a2600000 rw-p 02400000 fe:00 1234                       /usr/bin/turnout
        55d0a3000000-55d0a3100000 rw-p 00000000 00:00 0                          [heap]
        7f0000000000-7f0000010000 r-xp 00000000 fe:00 99                         /lib/a name (deleted)
        7f0000020000-7f0000021000 r-xp 00000000 00:00 0
        7ffc00000000-7ffc00002000 r-xp 00000000 00:00 0                          [vdso]
        7f0000030000 r-xp 0 0 0 /broken
        """

    @Test("only a file's code is given back: what was written, as relocations are, would be lost")
    func ranges() {
        #expect(
            ResidentCode.codeRanges(in: Self.maps) == [
                0x55d0_a000_0000..<0x55d0_a230_0000, 0x7f00_0000_0000..<0x7f00_0001_0000,
            ])
    }

    @Test("everything works as before when it is given back")
    func release() {
        ResidentCode.release()
        #expect(ResidentCode.codeRanges(in: Self.maps).count == 2)
    }
}
