internal import Support

/// Returns `did you mean 'X'?`, or the possible values if none is similar.
package func suggestion(for text: String, among candidates: [String], noun: String) -> String {
    if let near = didYouMean(text, among: candidates) { return near }
    guard !candidates.isEmpty else { return "no \(noun) are possible here" }
    let shown = candidates.prefix(30).joined(separator: ", ")
    return "possible \(noun): \(shown)" + (candidates.count > 30 ? ", …" : "")
}
