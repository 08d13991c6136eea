/// The environment of an emulator that outlives the command that starts it.
///
/// The emulator also serves other commands, so the calling shell's other variables, above all keys and tokens, are not
/// passed on.
enum EmulatorEnvironment {
    private static let names: Set<String> = [
        "PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TMPDIR", "HOSTNAME", "LD_LIBRARY_PATH",
        "DYLD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "HTTP_PROXY",
        "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy", "all_proxy", "SWIFT_BACKTRACE",
    ]

    /// Prefixes for locale, caches, accelerators, thread pools, and the tools that build Python environments.
    private static let prefixes = [
        "LC_", "XDG_", "CUDA_", "NVIDIA_", "ROCM_", "HIP_", "HSA_", "OMP_", "OPENBLAS_", "MKL_", "NUMEXPR_", "PIP_",
        "UV_", "CONDA_", "MAMBA_", "MAMBARC",
    ]

    /// `environment` reduced to the variables that the emulator and its servers need; `state` is its state folder.
    static func cleaned(_ environment: [String: String], state: String) -> [String: String] {
        var cleaned = environment.filter { name, _ in
            !name.contains("=") && (names.contains(name) || prefixes.contains { name.hasPrefix($0) })
        }
        cleaned["TURNOUT_STATE"] = state
        let level = environment["TURNOUT_LOG"] ?? ""
        cleaned["TURNOUT_LOG"] = level.isEmpty ? "notice" : level
        return cleaned
    }
}
