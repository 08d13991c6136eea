package import Rollouts

/// Some of what texts can hold: escapes, control characters, letters of several bytes.
package func randomText(_ dice: inout Dice) -> String {
    let pieces = ["a", "é", "😀", "\"", "\\", "\n", "\u{0}", "/", " ", "日本", "\u{2028}", "0", "e\u{301}"]
    return (0..<dice.number(0...6)).map { _ in dice.one(of: pieces) }.joined()
}

/// A value of any kind, at most `depth` levels deep.
package func randomValue(_ dice: inout Dice, depth: Int) -> Value {
    switch dice.number(0...(depth > 0 ? 7 : 5)) {
    case 0: .null
    case 1: .bool(dice.number(0...1) == 0)
    case 2: .integer(dice.number(-1_000_000...1_000_000))
    case 3: .number(Double(dice.number(-1000...1000)) / 8 + 0.0625)
    case 4, 5: .string(randomText(&dice))
    case 6: .list((0..<dice.number(0...4)).map { _ in randomValue(&dice, depth: depth - 1) })
    default:
        .mapping(
            Dictionary(
                (0..<dice.number(0...4)).map { _ in (randomText(&dice), randomValue(&dice, depth: depth - 1)) },
                uniquingKeysWith: { $1 }))
    }
}
