import Foundation
import KubernetesEndpoints
import PlaybookSyntax
import Rollouts
import Testing

@Suite("The sample Role")
struct RoleTests {
    @Test("has the rights that Turnout uses, and no others")
    func exact() throws {
        let path = #filePath.split(separator: "/").dropLast(3).map { "/" + $0 }.joined()
        let text = try String(contentsOfFile: path + "/Playbooks/samples/kubernetes/role.yml", encoding: .utf8)
        let role = try text.components(separatedBy: "\n---\n").map { try yamlValue(of: $0) }
            .first { $0["kind"] == "Role" }
        var granted: [String] = []
        for rule in role?["rules"]?.list ?? [] {
            for group in rule["apiGroups"]?.list ?? [] {
                for resource in rule["resources"]?.list ?? [] {
                    for verb in rule["verbs"]?.list ?? [] {
                        granted.append("\(verb.string ?? "") \(resource.string ?? "") \(group.string ?? "")")
                    }
                }
            }
        }
        let used = RequiredPermissions.needed(in: "models").map {
            "\($0.verb) \($0.resource)\($0.subresource.map { "/" + $0 } ?? "") \($0.group)"
        }
        #expect(granted.sorted() == used.sorted())
    }
}
