internal import AssetFiles

#if canImport(Darwin)
    internal import Darwin
#else
    internal import Glibc
#endif

/// Translates a conda file for pip, for machines without a conda program.
extension CondaFile {
    /// Returns the lines of a requirements file; throws the first of ``pipProblems()``.
    func requirements() throws(Problem) -> [String] {
        if let problem = pipProblems().first { throw problem }
        var lines: [String] = []
        for package in packages { lines.append(try Self.requirement(package)) }
        return lines + pip
    }

    /// Problems with packages that pip cannot install.
    func pipProblems() -> [Problem] {
        packages.compactMap { package in
            do throws(Problem) {
                _ = try Self.requirement(package)
                return nil
            } catch {
                return error
            }
        }
    }

    /// Conda packages that exist on PyPI, with their names there.
    ///
    /// Other names are refused, since an unrelated package may have the name on PyPI.
    private static let known: [String: String] = {
        let same = [
            "altair", "azureml-inference-server-http", "boto3", "catboost", "click", "cython", "dask", "datasets",
            "evaluate", "fastapi", "flask", "gensim", "gunicorn", "httpx", "huggingface-hub", "imbalanced-learn",
            "jinja2", "joblib", "keras", "lightgbm", "lightning", "lime", "loguru", "matplotlib", "mlflow",
            "mlflow-skinny", "networkx", "nltk", "numba", "numpy", "onnx", "onnxruntime", "openpyxl", "optuna",
            "orjson", "pandas", "pillow", "plotly", "polars", "prophet", "protobuf", "psutil", "pyarrow", "pydantic",
            "pyspark", "python-dateutil", "pytz", "pyyaml", "requests", "safetensors", "scikit-image", "scikit-learn",
            "scipy", "seaborn", "sentence-transformers", "sentencepiece", "setuptools", "shap", "six", "skops", "spacy",
            "sqlalchemy", "starlette", "statsmodels", "sympy", "tensorflow", "tiktoken", "tokenizers", "torchvision",
            "tqdm", "transformers", "uvicorn", "wheel", "xgboost",
        ]
        var names = Dictionary(uniqueKeysWithValues: same.map { ($0, $0) })
        names["category_encoders"] = "category-encoders"
        names["pytorch"] = "torch"
        names["py-xgboost"] = "xgboost"
        names["opencv"] = "opencv-python"
        return names
    }()

    private static func requirement(_ package: CondaPackage) throws(Problem) -> String {
        guard let name = known[package.name] else {
            throw Problem(
                message: "requires the conda package '\(package.text)', but this machine has no conda program",
                help: "install micromamba, mamba or conda; or list the package under 'pip:' if it is on PyPI",
                entry: package.text)
        }
        return name + (try version(of: package))
    }

    /// The version specifier for pip, which supports neither builds nor `|`.
    private static func version(of package: CondaPackage) throws(Problem) -> String {
        guard let versions = package.versions, !package.hasOtherConstraints,
            versions.isAny || versions.alternatives.count == 1
        else {
            throw Problem(
                message: "has '\(package.text)', which only conda understands",
                help: "install micromamba, mamba or conda; or give a single version, such as \(package.name)=1.2",
                entry: package.text)
        }
        return versions.isAny ? "" : versions.alternatives[0].map(\.pythonic).joined(separator: ",")
    }
}

/// Files that are named in entries of `pip:`.
extension CondaFile {
    struct NamedFile: Hashable {
        /// The entry as written.
        var entry: String
        /// The path as written, for example `requirements.txt`, or an absolute path.
        var path: String
        /// Whether the file is a list of further requirements.
        var isList: Bool
    }

    /// Local files that pip would read.
    var files: [NamedFile] {
        pip.compactMap { entry in
            if let path = Self.optionValue(entry) {
                return NamedFile(
                    entry: entry, path: path, isList: !["-e", "--editable"].contains { entry.hasPrefix($0) })
            }
            var path = Self.unquoted(entry)
            // `name @ file:///wheels/a.whl`.
            if let at = path.firstRange(of: " @ ") { path = path[at.upperBound...].trimmed }
            if path.hasPrefix("file:") {
                path = String(path.dropFirst("file:".count))
                if path.hasPrefix("//") { path = String(path.dropFirst(2).drop { $0 != "/" }) }
                return NamedFile(entry: entry, path: path.withoutFragment, isList: false)
            }
            guard !path.hasPrefix("-"), !path.contains("://") else { return nil }
            path = path.withoutExtras
            return Self.isPath(path) ? NamedFile(entry: entry, path: path, isList: false) : nil
        }
    }

    /// Whether pip interprets a text as a path rather than as the name of a package.
    private static func isPath(_ text: String) -> Bool {
        let archives = [
            ".whl", ".zip", ".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tbz", ".tar.xz", ".txz", ".tar.lzma", ".tlz",
        ]
        return text.hasPrefix(".") || text.contains("/") || archives.contains { text.lowercased().hasSuffix($0) }
    }

    /// Problems with named files: missing ones, and relative ones, which are not part of the environment.
    ///
    /// As in Azure ML, an environment contains only the conda file's text. `folder` is the file's; nil if unknown.
    func fileProblems(in folder: String?) -> [Problem] {
        files.compactMap { file in
            let isAbsolute = file.path.hasPrefix("/")
            if let place = isAbsolute ? file.path : folder.map({ "\($0)/\(file.path)" }), access(place, R_OK) != 0 {
                return Problem(
                    message:
                        "has '\(file.entry)' under 'pip:', but the file \(place) does not exist or is not readable",
                    help: Self.help(file), entry: file.entry)
            }
            guard !isAbsolute else { return nil }
            return Problem(
                message:
                    "has '\(file.entry)' under 'pip:', but files next to a conda file are not uploaded with it: as "
                    + "in Azure ML, an environment is only the text of its conda file",
                help: Self.help(file), entry: file.entry)
        }
    }

    private static func help(_ file: NamedFile) -> String {
        file.isList
            ? "copy the lines of \(file.path) to pip: instead"
            : "list the package itself under 'pip:', or the absolute path of a file on this machine"
    }

    /// The file of an option such as `-r requirements.txt`, `--requirement=requirements.txt` or `-e .`.
    ///
    /// Nil for other entries, and for addresses of other schemes than `file:`.
    private static func optionValue(_ entry: String) -> String? {
        for option in ["--requirement", "--constraint", "--editable", "-r", "-c", "-e"] where entry.hasPrefix(option) {
            let rest = entry.dropFirst(option.count)
            guard option.count == 2 || rest.first == "=" || rest.first == " " else { continue }
            let value = unquoted(rest.drop { $0 == "=" || $0 == " " }.trimmed)
            return value.contains("://") && !value.hasPrefix("file:") ? nil : value
        }
        return nil
    }

    private static func unquoted(_ text: String) -> String {
        guard text.count > 1, let first = text.first, first == text.last, first == "\"" || first == "'" else {
            return text
        }
        return String(text.dropFirst().dropLast())
    }
}

extension String {
    /// The string without a fragment such as `#sha256=…`.
    fileprivate var withoutFragment: String { String(prefix { $0 != "#" }) }

    /// The string without `[extra]`, `;` markers and anything after a space.
    fileprivate var withoutExtras: String { String(prefix { $0 != "[" && $0 != " " && $0 != ";" }) }
}
