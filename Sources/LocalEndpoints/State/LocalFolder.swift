internal import SQLiteState
internal import Support

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// The emulator's folder: `local` in the state folder.
package struct LocalFolder: Hashable, Sendable {
    package let path: String

    /// - Parameter state: The state folder.
    package init(state: String) { path = state + "/local" }

    /// The certificate authority's certificate, which clients must trust.
    package var certificate: String { path + "/ca.pem" }
    package var certificateKey: String { path + "/ca-key.pem" }
    /// The control plane's bearer token.
    package var token: String { path + "/token" }
    /// The addresses of a running emulator; see ``ServeRecord``.
    package var serveRecord: String { path + "/serve.json" }
    package var serveLock: String { path + "/serve.lock" }
    /// The processes that use the emulator; see ``EmulatorUser``.
    var users: String { path + "/users" }
    /// The log of an emulator in the background.
    package var emulatorLog: String { path + "/emulator.log" }
    package var database: String { path + "/local.sqlite" }
    package var assets: String { path + "/assets" }
    package var environments: String { path + "/environments" }
    /// Contains a folder for each endpoint, with a folder for each of its deployments.
    var instances: String { path + "/instances" }

    /// The log folder of a deployment; names are in lower case, since they are case-insensitive.
    package func log(endpoint: String, deployment: String) -> String {
        "\(path)/logs/\(endpoint.lowercased())/\(deployment.lowercased())"
    }

    /// The folder of a deployment's instances.
    package func instances(endpoint: String, incarnation: String) -> String {
        "\(instances)/\(endpoint.lowercased())/\(incarnation)"
    }

    /// Creates the folder, accessible only to its owner: it contains keys, uploaded code and logs.
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
    /// Creates a folder within this one, with missing parent folders.
    static func make(_ path: String) throws(EmulatorError) {
        do throws(StateError) {
            try Folder.create(path)
        } catch {
            throw EmulatorError(.storage, error.message)
        }
    }
}
