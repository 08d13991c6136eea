/// What of a conda environment file a virtual environment can be made from: its Python, and packages of PyPI.
struct CondaFile: Hashable {
    struct Problem: Error, Hashable {
        /// What is wrong, and what would be right, after "the conda file".
        var message: String
    }

    private(set) var python: PythonVersion?
    /// As pip takes them, one a line.
    private(set) var requirements: [String] = []

    init() {}

    init(_ text: String) throws(Problem) {
        for dependency in try CondaLayout.dependencies(of: text) {
            switch dependency {
            case .conda(let text): try add(text)
            case .pip(let text): try addPip(text)
            }
        }
    }

    /// Packages that are the same on PyPI, under the name on the right.
    ///
    /// Any other name is refused: a stranger may own it on PyPI.
    private static let known: [String: String] = {
        let same = [
            "cython", "fastapi", "flask", "gensim", "joblib", "keras", "lightgbm", "matplotlib", "mlflow", "networkx",
            "nltk", "numba", "numpy", "onnx", "onnxruntime", "pandas", "pillow", "protobuf", "pyarrow", "pydantic",
            "python-dateutil", "pytz", "pyyaml", "requests", "scikit-image", "scikit-learn", "scipy", "seaborn",
            "sentencepiece", "setuptools", "six", "spacy", "statsmodels", "sympy", "tensorflow", "tokenizers",
            "torchvision", "tqdm", "transformers", "wheel", "xgboost",
        ]
        var names = Dictionary(uniqueKeysWithValues: same.map { ($0, $0) })
        names["pytorch"] = "torch"
        names["py-xgboost"] = "xgboost"
        names["opencv"] = "opencv-python"
        return names
    }()

    private mutating func add(_ text: String) throws(Problem) {
        let plain = text.split(separator: "::").last.map(String.init) ?? text
        let name = String(plain.prefix { !" =<>!~".contains($0) }).lowercased()
        let version = plain.dropFirst(name.count).filter { $0 != " " }
        switch name {
        case "pip": return
        case "python":
            guard !version.isEmpty else { return }
            guard let wanted = PythonVersion(version) else {
                throw Problem(message: "has '\(text)', whose version is not understood; write it as python=3.10")
            }
            python = wanted
        default:
            guard let pip = Self.known[name] else {
                throw Problem(
                    message: "wants '\(text)' of conda, which cannot be had here: environments are made by pip; name "
                        + "it under pip: if PyPI has it")
            }
            requirements.append(pip + (try Self.pipVersion(version, of: text)))
        }
    }

    /// conda's `=1.2` is any 1.2; `==1.2.3` and the inequalities are the same in both; a build is nothing that pip knows.
    private static func pipVersion(_ version: String, of text: String) throws(Problem) -> String {
        guard version.hasPrefix("="), !version.hasPrefix("==") else { return version }
        let parts = version.dropFirst().split(separator: "=", omittingEmptySubsequences: false)
        guard parts.count == 1, !parts[0].isEmpty else {
            throw Problem(message: "has '\(text)', which names a build of conda; pip knows versions only")
        }
        return parts[0].hasSuffix("*") ? "==\(parts[0])" : "==\(parts[0]).*"
    }

    private mutating func addPip(_ text: String) throws(Problem) {
        let option = text.prefix { $0 != " " && $0 != "=" }
        let isLocal = text.hasPrefix(".") || text.hasPrefix("/") || text.hasPrefix("file:")
        let refused = ["-r", "--requirement", "-c", "--constraint", "-e", "--editable"].contains(String(option))
        guard !isLocal, !refused else {
            throw Problem(
                message: "has '\(text)' under pip:, which needs files beside it; name the packages themselves")
        }
        requirements.append(text)
    }
}
