/// The bearer token of the control plane: generated once and kept in a file that only its owner can read.
enum BearerToken {
    /// Reads the token, or generates one if the file does not exist.
    static func load(_ path: String) throws(EmulatorError) -> String {
        if let bytes = try StateFile.read(path, secret: true) {
            let token = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
            guard token.utf8.count >= 32, token.utf8.allSatisfy({ (33...126).contains($0) }) else {
                throw EmulatorError(.unsafe, "\(path): not a valid token; remove the file to get a new one")
            }
            return token
        }
        let token = Secrets.draw()
        try StateFile.write(Array((token + "\n").utf8), to: path, secret: true)
        return token
    }
}
