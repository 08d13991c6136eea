#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import GRDB

extension StateError {
    /// The error of a system call on `path`.
    package init(errno number: Int32, path: String, doing action: String) {
        let cause = "\(path): \(action) failed: \(String(cString: strerror(number)))"
        switch number {
        case ENOSPC, EDQUOT: self.init(.noSpace, path: path, "\(cause); free some space")
        case EROFS: self.init(.readOnly, path: path, "\(cause); set TURNOUT_STATE to a folder that can be written")
        case EACCES, EPERM:
            self.init(.readOnly, path: path, "\(cause); give this user the right to write there, or set TURNOUT_STATE")
        case ENOENT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG, EMFILE, ENFILE, ENXIO, EEXIST:
            self.init(.cannotOpen, path: path, "\(cause); see what stands at that path, or set TURNOUT_STATE")
        default:
            self.init(.inputOutput, path: path, "\(cause); look at the disk (dmesg) before you go on")
        }
    }

    /// What SQLite reported about `path`, with the system's error number where there is one (0: none).
    init(_ error: DatabaseError, path: String, errno number: Int32 = 0) {
        let said = error.message ?? "SQLite error \(error.extendedResultCode.rawValue)"
        if [ENOSPC, EDQUOT].contains(number), [.SQLITE_IOERR, .SQLITE_CANTOPEN].contains(error.resultCode) {
            self.init(errno: number, path: path, doing: "writing")
            return
        }
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(
                .noSpace, path: path,
                "\(path): no space is left (\(said)); what was recorded before is kept: free some space"
            )
        case .SQLITE_IOERR, .SQLITE_NOLFS:
            let system = number == 0 ? "" : ", \(String(cString: strerror(number)))"
            self.init(
                .inputOutput, path: path,
                "\(path): reading or writing failed (\(said)\(system)); look at the disk (dmesg) before you go on")
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
            self.init(
                .busy, path: path,
                "\(path): another program has the file locked (\(said)); close what has it open")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(
                .readOnly, path: path,
                "\(path): it can only be read (\(said)); give this user the right to write the file and its folder")
        case .SQLITE_CANTOPEN:
            self.init(
                .cannotOpen, path: path,
                "\(path): it cannot be opened (\(said)); see what stands at that path and who may write there")
        case .SQLITE_NOTADB: self.init(notADatabase: path)
        case .SQLITE_CORRUPT:
            self.init(
                .corrupt, path: path,
                "\(path): the file is damaged (\(said)); type `turnout doctor`, and keep a copy before anything else")
        case .SQLITE_CONSTRAINT:
            self.init(.constraint, path: path, "\(path): the schema refuses the change (\(said))")
        default:
            self.init(.unexpected, path: path, "\(path): \(error)")
        }
    }

    init(notADatabase path: String) {
        self.init(
            .notADatabase, path: path,
            "\(path): this is no SQLite file, so it was left as it is; move it away, or set TURNOUT_STATE elsewhere")
    }

    /// `error` itself, or what it says about `path`.
    init(_ error: any Error, path: String, errno number: Int32 = 0) {
        switch error {
        case let error as StateError: self = error
        case let error as DatabaseError: self.init(error, path: path, errno: number)
        default: self.init(.unexpected, path: path, "\(path): \(error)")
        }
    }
}
