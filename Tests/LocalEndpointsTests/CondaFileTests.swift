import AssetFiles
import Foundation
import PlaybookSyntax
import Testing

@testable import LocalEndpoints

@Suite("Conda files")
struct CondaFileTests {
    private func file(_ text: String) throws -> CondaFile { try CondaFile(pythonYAMLValue(of: text)) }

    @Test("Azure's own sample is read: channels, Python, packages that PyPI has too, and those of pip")
    func sample() throws {
        let file = try file(
            """
            name: model-env
            channels:
              - conda-forge
              - https://conda.example.com/internal
            dependencies:
              - python=3.10   # as in the image
              - numpy=1.21.2
              - pip=21.2.4
              - scikit-learn=0.24.2
              - pandas >= 1.1
              - conda-forge::pytorch==2.1.0
              - pip:
                - inference-schema[numpy-support]==1.5.1
                - "joblib==1.0.1"
            variables:
              X: y
            """)
        #expect(try file.pythonVersions()?.text == "=3.10")
        #expect(file.channels == ["conda-forge", "https://conda.example.com/internal"])
        #expect(file.packages.map(\.name) == ["numpy", "scikit-learn", "pandas", "pytorch"])
        #expect(file.packages.map(\.channel) == [nil, nil, nil, "conda-forge"])
        #expect(file.namesPip)
        #expect(
            try file.requirements() == [
                "numpy==1.21.2.*", "scikit-learn==0.24.2.*", "pandas>=1.1", "torch==2.1.0",
                "inference-schema[numpy-support]==1.5.1", "joblib==1.0.1",
            ])
    }

    @Test(
        "blocks, brackets, anchors, comments and quotes are YAML's",
        arguments: [
            "dependencies: [python=3.11, pip, {pip: [flask==3.0, \"requests[socks]>=2\"]}]",
            "dependencies:\n- python=3.11\n- pip\n- pip:\n  - flask==3.0\n  - requests[socks]>=2\n",
            "dependencies:\r\n  - python=3.11\r\n  - pip: [flask==3.0, 'requests[socks]>=2']\r\n",
            "x: &web flask==3.0\ndependencies: # all\n  - 'python=3.11'\n  - pip: [*web, \"requests[socks]>=2\"]\n",
            "dependencies: [\n  python=3.11,\n  pip: [flask==3.0, # web\n    requests[socks]>=2 ]]\n"
                .replacingOccurrences(of: "requests[socks]>=2 ", with: "'requests[socks]>=2'"),
        ])
    func forms(text: String) throws {
        let file = try file(text)
        #expect(file.python?.text == "python=3.11")
        #expect(try file.requirements() == ["flask==3.0", "requests[socks]>=2"])
    }

    @Test("a file without dependencies asks for nothing", arguments: ["name: x\n", "dependencies:\n", "{}\n"])
    func empty(text: String) throws {
        #expect(try file(text).requirements() == [])
        #expect(try file(text).pythonVersions() == nil)
    }

    @Test(
        "what pip cannot install is named, with the ways out",
        arguments: [
            ("cudatoolkit=11.1", "install micromamba, mamba or conda"), ("my-internal-package", "under 'pip:'"),
            ("numpy=1.2=py39_0", "numpy=1.2"), ("numpy=1.2|1.3", "numpy=1.2"), ("numpy[sha256=1]", "numpy=1.2"),
            ("numpy 1.2 py39_0", "numpy=1.2"), ("numpy=(1.2)", "numpy=1.2"),
        ])
    func condaOnly(entry: String, help: String) throws {
        let problems = try file("dependencies:\n  - \"\(entry)\"\n").pipProblems()
        #expect(problems.map(\.entry) == [entry])
        #expect(problems.first?.message.contains(entry) == true)
        #expect(problems.first?.help?.contains(help) == true)
    }

    @Test(
        "versions are written for pip as they mean to conda",
        arguments: [
            ("numpy 1.21.2", "numpy==1.21.2"), ("numpy=1.2.*", "numpy==1.2.*"), ("numpy 1.2*", "numpy==1.2.*"),
            ("numpy != 1.2.*, >= 1.1", "numpy!=1.2.*,>=1.1"), ("numpy=*", "numpy"), ("numpy >=1.2.*", "numpy>=1.2"),
            ("numpy[version='>=1,<2']", "numpy>=1,<2"), ("numpy[version=1.2]", "numpy==1.2"),
        ])
    func pipVersions(entry: String, requirement: String) throws {
        #expect(try file("dependencies: [\"\(entry)\"]").requirements() == [requirement])
    }

    @Test(
        "what is not a conda file is refused, with its place",
        arguments: [
            ("- a: b", "a"), ("- 5", "dependencies"), ("- pip: flask", "pip"), ("- pip: [1.5]", "pip"),
            ("- python=latest", "python=latest"),
        ])
    func refused(line: String, entry: String) {
        #expect {
            _ = try file("dependencies:\n  \(line)\n").pythonVersions()
        } throws: { error in
            (error as? CondaFile.Problem)?.entry == entry
        }
        #expect(throws: CondaFile.Problem.self) { try file("- a\n") }
    }

    @Test(
        "files that pip is to read are found in every spelling",
        arguments: [
            ("-r requirements.txt", "requirements.txt", true), ("-rreq.txt", "req.txt", true),
            ("--requirement=req.txt", "req.txt", true), ("--constraint 'c.txt'", "c.txt", true), ("-e .", ".", false),
            ("./wheels/a.whl", "./wheels/a.whl", false), ("../pkg[extra]", "../pkg", false),
            ("a-1-py3-none-any.whl", "a-1-py3-none-any.whl", false), ("/opt/a.whl", "/opt/a.whl", false),
            ("file:///opt/a.whl#sha256=1", "/opt/a.whl", false), ("a @ file:///opt/a.whl", "/opt/a.whl", false),
            ("file:a.whl", "a.whl", false), ("mypkg/", "mypkg/", false), ("libs/mypkg", "libs/mypkg", false),
            ("local.tar.gz", "local.tar.gz", false), ("a.ZIP ; python_version > '3'", "a.ZIP", false),
        ])
    func files(entry: String, path: String, isList: Bool) throws {
        let text = "dependencies:\n  - pip:\n    - \"\(entry)\"\n"
        #expect(try file(text).files == [CondaFile.NamedFile(entry: entry, path: path, isList: isList)])
    }

    @Test(
        "packages and addresses are no files of this machine",
        arguments: [
            "flask==3.0", "https://example.com/a.whl", "-e git+https://example.com/a", "--no-binary :all:",
            "a @ git+ssh://git@example.com/a.git", "--trusted-host a/b", "a.b-c>=1.0; python_version > '3'",
        ])
    func noFiles(entry: String) throws {
        #expect(try file("dependencies: [{pip: [\"\(entry)\"]}]").files == [])
    }

    @Test("a file that is missing is reported as that, and one that is there as not brought along")
    func fileProblems() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/turnout-conda-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer {
            do { try FileManager.default.removeItem(atPath: folder) } catch { Issue.record(error) }
        }
        try Data().write(to: URL(filePath: folder + "/there.txt"))
        let named = try file("dependencies: [{pip: [-r there.txt, -r gone.txt, ./gone.whl, \(folder)/there.txt]}]")
        let problems = named.fileProblems(in: folder)
        #expect(problems.map(\.entry) == ["-r there.txt", "-r gone.txt", "./gone.whl"])
        #expect(problems[0].message.contains("are not uploaded with it"))
        #expect(problems[0].help?.contains("copy the lines of there.txt to pip:") == true)
        #expect(problems[1].message.contains("the file \(folder)/gone.txt does not exist"))
        #expect(named.fileProblems(in: nil).count == 3)
    }

    @Test(
        "uv is asked for a version in its own words",
        arguments: [
            ("=3.10", "3.10"), ("==3.11.7", "3.11.7"), ("=3.11.*", "3.11"), (">=3.9, <3.12", ">=3.9,<3.12"),
            (" 3.11", "3.11"), ("==3.11", "3.11"), ("!=3.9", "!=3.9"), (">=3.9,!=3.9.*", ">=3.9,!=3.9.*"),
            (">=3.9|3.8", ">=3.9"), ("3.8|>=3.9", "==3.8"),
        ])
    func requests(text: String, request: String) throws {
        #expect(try #require(CondaVersions(text)).request == request)
    }
}
