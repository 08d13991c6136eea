import Foundation
import PlaybookSyntax
import Rollouts
import Testing

@testable import AssetFiles

@Suite("Environments")
struct EnvironmentTests {
    @Test("versions and bodies are those of azure-ai-ml", arguments: Recorded.all.environments.indices)
    func parity(index: Int) throws {
        let recorded = Recorded.all.environments[index]
        try withScratch { folder in
            if let conda = recorded.conda { try write(conda, folder + "/conda.yml") }
            try write("FROM x\n", folder + "/docker/Dockerfile")
            let environment = try EnvironmentFiles(recorded.document, folder: folder, yaml: pythonYAMLValue(of:))
            #expect(environment.conda == recorded.text)
            #expect(environment.digest == recorded.version)
            if let properties = recorded.properties {
                #expect(environment.properties(isAnonymous: true) == properties)
            }
        }
    }

    @Test("YAML is read and written as Python does", arguments: Recorded.all.yaml.indices)
    func yaml(index: Int) throws {
        let recorded = Recorded.all.yaml[index]
        #expect(PythonYAML.text(try pythonYAMLValue(of: recorded.yaml)) == recorded.written)
    }
}
