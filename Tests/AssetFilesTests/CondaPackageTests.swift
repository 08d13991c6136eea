import AssetFiles
import Testing

@Suite("Conda's match specifications")
struct CondaPackageTests {
    @Test(
        "name, channel, versions and build are read in every spelling",
        arguments: [
            ("python", "python", nil, "", false), ("Python=3.11", "python", nil, "=3.11", false),
            ("python 3.11", "python", nil, "3.11", false), ("python==3.11", "python", nil, "==3.11", false),
            ("python = 3.11", "python", nil, "=3.11", false), ("python!=3.9", "python", nil, "!=3.9", false),
            ("python >= 3.9, < 3.12", "python", nil, ">=3.9,<3.12", false),
            ("python>=3.9|3.8", "python", nil, ">=3.9|3.8", false),
            ("python=3.11=h955ad1f_0", "python", nil, "3.11", true),
            ("python 3.11.* *_cpython", "python", nil, "3.11.*", true),
            ("python>=3.9=h1", "python", nil, ">=3.9", true),
            ("conda-forge::numpy=1.2", "numpy", "conda-forge", "=1.2", false),
            ("https://example.com/main::numpy", "numpy", "https://example.com/main", "", false),
            ("python[version='>=3.9,<4', build=*_cpython]", "python", nil, ">=3.9,<4", true),
            ("python[version=\"3.11.*\"]", "python", nil, "3.11.*", false),
            ("numpy[sha256=00]", "numpy", nil, "", true),
        ] as [(String, String, String?, String, Bool)])
    func parts(text: String, name: String, channel: String?, versions: String, hasOtherConstraints: Bool) throws {
        let package = CondaPackage(text)
        #expect(package.text == text && package.name == name && package.channel == channel)
        #expect(try #require(package.versions).text == versions)
        #expect(package.hasOtherConstraints == hasOtherConstraints)
    }

    @Test(
        "what only conda understands has no versions",
        arguments: ["numpy (1.2)", "numpy=1.*.2", "numpy=^1.2$", "numpy<>1", "numpy=1,", "numpy===1", "a b c d"])
    func foreign(text: String) {
        #expect(CondaPackage(text).versions == nil)
    }

    @Test(
        "versions are compared number by number, as conda does",
        arguments: [
            ("=3.10", "3.10.13", true), ("=3.10", "3.1.0", false), ("=3.1", "3.10.1", false), (">=3.9", "3.13.0", true),
            (">=3.9,<3.12", "3.12.1", false), (">=3.9,<3.12", "3.11.9", true), ("==3.11.7", "3.11.7", true),
            ("=3.11.*", "3.11.2", true), ("3.11*", "3.11.2", true), ("~=3.9", "3.12.1", true),
            ("~=3.9", "4.0.0", false),
            ("3.8", "3.8.1", false), ("3.8", "3.8.0", true), ("==3.11", "3.11.0", true), ("==3.11", "3.11.4", false),
            (">3.8", "3.8.18", true), ("<=3.8", "3.8.18", false), ("!=3.9", "3.9.1", true), ("!=3.9.*", "3.9.1", false),
            (">=3.9|3.8.*", "3.8.2", true), (">=3.9|3.8.*", "3.7.2", false), (">=3.8,<3.9|>=3.11", "3.10.0", false),
            ("*", "3.7.0", true), ("", "3.7.0", true), (">=3.13", "3.13.0rc1", true),
        ])
    func admits(text: String, version: String, isAdmitted: Bool) throws {
        #expect(try #require(CondaVersions(text)).admits(version) == isAdmitted)
    }

    @Test(
        "roughly, a clause admits all releases of the version that it names",
        arguments: [
            ("==3.11", "3.11.4", true), ("3.11", "3.11.4", true), ("<=3.8", "3.8.18", true),
            ("==3.11.2", "3.11.4", false),
        ])
    func roughly(text: String, version: String, isAdmitted: Bool) throws {
        #expect(try #require(CondaVersions(text)).admits(version, roughly: true) == isAdmitted)
    }
}
