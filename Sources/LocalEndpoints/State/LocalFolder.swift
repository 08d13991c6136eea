internal import SQLiteState
internal import Support

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The emulator's folder, `local` in the folder of state.
package struct LocalFolder: Hashable, Sendable {
    package let path: String

    /// - Parameter state: The folder of state.
    package init(state: String) { path = state + "/local" }

    /// The authority's certificate, for clients to trust.
    package var certificate: String { path + "/ca.pem" }
    package var certificateKey: String { path + "/ca-key.pem" }
    /// The control plane's bearer token.
    package var token: String { path + "/token" }
    /// Where a running emulator listens; see ``ServeRecord``.
    package var serveRecord: String { path + "/serve.json" }
    package var serveLock: String { path + "/serve.lock" }
    /// Who uses the emulator; see ``EmulatorUser``.
    var users: String { path + "/users" }
    /// What an emulator in the background says of its own working.
    package var emulatorLog: String { path + "/emulator.log" }
    package var database: String { path + "/local.sqlite" }
    package var assets: String { path + "/assets" }
    package var environments: String { path + "/environments" }
    /// A folder for each endpoint, with one for each of its deployments.
    var instances: String { path + "/instances" }

    /// Of one deployment; names compare without case, so they are in lower case here.
    package func log(endpoint: String, deployment: String) -> String {
        "\(path)/logs/\(endpoint.lowercased())/\(deployment.lowercased())"
    }

    /// What the instances of one deployment keep on disk.
    package func instances(endpoint: String, incarnation: String) -> String {
        "\(instances)/\(endpoint.lowercased())/\(incarnation)"
    }

    /// Makes the folder, for its owner alone: it holds keys, uploaded code and logs.
    package func create() throws(EmulatorError) {
        do throws(StateError) {
            try Folder.create(path.parentFolder)
            try Folder.create(path)
        } catch {
            throw EmulatorError(.storage, error.message)
        }
        guard chmod(path, 0o700) == 0 else { throw .system(path, doing: "chmod", errno: errno) }
    }
}

extension LocalFolder {
    /// Makes a folder inside of this one, with what is missing above it.
    static func make(_ path: String) throws(EmulatorError) {
        do throws(StateError) {
            try Folder.create(path)
        } catch {
            throw EmulatorError(.storage, error.message)
        }
    }
}
