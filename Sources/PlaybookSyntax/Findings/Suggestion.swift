internal import Support

/// `did you mean 'X'?`, or what is possible where nothing is near.
func suggestion(for text: String, among candidates: [String], noun: String) -> String {
    if let near = didYouMean(text, among: candidates) { return near }
    guard !candidates.isEmpty else { return "there are no \(noun) here" }
    let shown = candidates.prefix(30).joined(separator: ", ")
    return "possible \(noun): \(shown)" + (candidates.count > 30 ? ", …" : "")
}
