import AzureEndpoints
import RolloutEngine
import Rollouts
import Testing

@Suite("Headers of writes")
struct WriteHeadersTests {
    private let context = ChangeContext(
        run: RunID(playbook: "safe-rollout", number: 3), stage: "grün 1", attempt: 2, idempotencyKey: "a:b", epoch: 7)

    @Test("are read back as they were written, as plain ASCII", arguments: WriteHeaders.Kind.allCases + [nil])
    func roundTrip(kind: WriteHeaders.Kind?) {
        let headers = WriteHeaders(context, kind: kind)
        let fields = Dictionary(uniqueKeysWithValues: headers.fields.map { ($0.name, $0.value) })
        #expect(WriteHeaders { fields[$0] } == headers)
        #expect(fields.values.allSatisfy { $0.utf8.allSatisfy { (33...126).contains($0) } })
    }

    @Test("without one of them there is no context", arguments: WriteHeaders.Field.allCases)
    func missing(field: WriteHeaders.Field) {
        let all = WriteHeaders(context, kind: .scale).fields
        let rest = Dictionary(
            uniqueKeysWithValues: all.filter { $0.name != field.rawValue }.map { ($0.name, $0.value) })
        #expect((WriteHeaders { rest[$0] } == nil) == (field != .change))
    }
}
