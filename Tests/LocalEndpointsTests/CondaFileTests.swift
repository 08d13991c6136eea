import Testing

@testable import LocalEndpoints

@Suite("Conda files")
struct CondaFileTests {
    @Test("Azure's own sample is read: Python, packages that PyPI has too, and those of pip")
    func sample() throws {
        let file = try CondaFile(
            """
            name: model-env
            channels:
              - conda-forge
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
        #expect(file.python?.text == "=3.10")
        #expect(
            file.requirements == [
                "numpy==1.21.2.*", "scikit-learn==0.24.2.*", "pandas>=1.1", "torch==2.1.0",
                "inference-schema[numpy-support]==1.5.1", "joblib==1.0.1",
            ])
    }

    @Test(
        "the same in brackets, without indentation, or with nothing in it",
        arguments: [
            "dependencies: [python=3.11, pip, {pip: [flask==3.0, \"requests[socks]>=2\"]}]",
            "dependencies:\n- python=3.11\n- pip\n- pip:\n  - flask==3.0\n  - requests[socks]>=2\n",
            "dependencies:\r\n  - python=3.11\r\n  - pip: [flask==3.0, 'requests[socks]>=2']\r\n",
        ])
    func forms(text: String) throws {
        let file = try CondaFile(text)
        #expect(file.python?.text == "=3.11")
        #expect(file.requirements == ["flask==3.0", "requests[socks]>=2"])
        #expect(try CondaFile("name: x\n").requirements == [])
    }

    @Test(
        "what can't be had is refused by name",
        arguments: [
            ("- cudatoolkit=11.1", "cudatoolkit=11.1"), ("- my-internal-package", "my-internal-package"),
            ("- numpy=1.2=py39_0", "numpy=1.2=py39_0"), ("- pip:\n    - -r requirements.txt", "-r requirements.txt"),
            ("- pip:\n    - ./wheels/a.whl", "./wheels/a.whl"), ("- python=latest", "python=latest"),
            ("- a: b", "a: b"), ("&anchor", "&anchor"),
        ])
    func refused(line: String, named: String) {
        #expect {
            _ = try CondaFile("dependencies:\n  \(line)\n")
        } throws: { error in
            (error as? CondaFile.Problem)?.message.contains(named) == true
        }
    }

    @Test(
        "versions of Python are compared number by number",
        arguments: [
            ("=3.10", "3.10.13", true), ("=3.10", "3.1.0", false), ("=3.1", "3.10.1", false), ("3.8", "3.8.1", nil),
            (">=3.9", "3.13.0", true), (">=3.9,<3.12", "3.12.1", false), ("==3.11.7", "3.11.7", true),
            ("=3.11.*", "3.11.2", true), (">3.8", "3.8.18", false), ("~=3.9", "3.12.1", true),
        ] as [(String, String, Bool?)])
    func versions(text: String, version: String, admits: Bool?) {
        #expect(PythonVersion(text)?.admits(version) == admits)
    }
}
