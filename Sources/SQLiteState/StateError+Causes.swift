#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif
internal import GRDB

extension StateError {
    /// Creates the error for a failed system call on `path`.
    package init(errno number: Int32, path: String, doing action: String) {
        let cause = "\(path): \(action) failed: \(String(cString: strerror(number)))"
        switch number {
        case ENOSPC, EDQUOT: self.init(.noSpace, path: path, "\(cause); free some space")
        case EROFS: self.init(.readOnly, path: path, "\(cause); set TURNOUT_STATE to a writable folder")
        case EACCES, EPERM:
            self.init(
                .readOnly, path: path,
                "\(cause); give this user write permission, or set TURNOUT_STATE to another folder")
        case ENOENT, ENOTDIR, EISDIR, ELOOP, ENAMETOOLONG, EMFILE, ENFILE, ENXIO, EEXIST:
            self.init(
                .cannotOpen, path: path, "\(cause); check what is at that path, or set TURNOUT_STATE to another folder")
        default:
            self.init(.inputOutput, path: path, "\(cause); check the disk (dmesg) before you continue")
        }
    }

    /// Creates the error for an SQLite error on `path`; `number` is the system's error number, or 0 if there is none.
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
                "\(path): no space left (\(said)); earlier records are intact; free some space"
            )
        case .SQLITE_IOERR, .SQLITE_NOLFS:
            let system = number == 0 ? "" : ", \(String(cString: strerror(number)))"
            self.init(
                .inputOutput, path: path,
                "\(path): reading or writing failed (\(said)\(system)); check the disk (dmesg) before you continue")
        case .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_PROTOCOL:
            self.init(
                .busy, path: path,
                "\(path): another program has locked the file (\(said)); close that program")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(
                .readOnly, path: path,
                "\(path): not writable (\(said)); give this user write permission for the file and its folder")
        case .SQLITE_CANTOPEN:
            self.init(
                .cannotOpen, path: path,
                "\(path): cannot be opened (\(said)); check what is at that path and its permissions")
        case .SQLITE_NOTADB: self.init(notADatabase: path)
        case .SQLITE_CORRUPT:
            self.init(
                .corrupt, path: path,
                "\(path): the file is damaged (\(said)); make a copy of it, then run `turnout doctor`")
        case .SQLITE_CONSTRAINT:
            self.init(.constraint, path: path, "\(path): the change violates the schema (\(said))")
        default:
            self.init(.unexpected, path: path, "\(path): \(error)")
        }
    }

    init(notADatabase path: String) {
        self.init(
            .notADatabase, path: path,
            "\(path): not an SQLite file, so it was left unchanged; move it away, or set TURNOUT_STATE to another folder"
        )
    }

    /// Returns `error` itself if it is a ``StateError``, else converts it.
    init(_ error: any Error, path: String, errno number: Int32 = 0) {
        switch error {
        case let error as StateError: self = error
        case let error as DatabaseError: self.init(error, path: path, errno: number)
        default: self.init(.unexpected, path: path, "\(path): \(error)")
        }
    }
}
