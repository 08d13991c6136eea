import Foundation
import Testing

@testable import PrometheusMetrics

/// Answers as Prometheus 2.42 sent them.
@Suite("Answers of Prometheus")
struct AnswerTests {
    private func answer(_ body: String, status: Int = 200) throws(PrometheusError) -> PrometheusAnswer {
        try PrometheusAnswer(status: status, body: Data(body.utf8), from: "http://p")
    }

    private func success(_ type: String, _ result: String, more: String = "") -> String {
        #"{"status":"success","data":{"resultType":"\#(type)","result":\#(result)}\#(more)}"#
    }

    @Test("a scalar, or a vector of one series, is a value")
    func values() throws {
        let scalar = PrometheusReading(try answer(success("scalar", #"[1700000000.123,"2.5"]"#)))
        #expect(scalar.value == 2.5 && scalar.missing == nil)
        let vector = try answer(success("vector", #"[{"metric":{"job":"a"},"value":[1700000000.123,"1e3"]}]"#))
        #expect(PrometheusReading(vector).value == 1000)
        let sample = PrometheusAnswer.Sample(time: 1_700_000_000.123, value: 1000)
        #expect(vector.result == .vector([.init(labels: ["job": "a"], samples: [sample])]))
    }

    @Test(
        "what is no value is told apart",
        arguments: [
            ("vector", "[]", .noData, "no data"),
            ("vector", #"[{"metric":{},"value":[1,"NaN"]}]"#, .notANumber("NaN"), "is NaN"),
            ("scalar", #"[1,"+Inf"]"#, .notANumber("+Inf"), "is +Inf"),
            ("scalar", #"[1,"-Inf"]"#, .notANumber("-Inf"), "is -Inf"),
            (
                "vector", #"[{"metric":{"a":"1"},"value":[1,"1"]},{"metric":{"a":"2"},"value":[1,"2"]}]"#,
                .severalSeries(2), "2 series, expected one"
            ),
            ("matrix", #"[{"metric":{},"values":[[1,"1"],[2,"2"]]}]"#, .otherKind("matrix"), "returned a matrix"),
            ("string", #"[1,"text"]"#, .otherKind("string"), "returned a string"),
            ("vector", #"[{"metric":{},"histogram":[1,{"count":"1"}]}]"#, .noData, "no data"),
        ] as [(String, String, PrometheusReading.Outcome, String)])
    func noValue(_ type: String, _ result: String, _ outcome: PrometheusReading.Outcome, _ words: String) throws {
        let reading = PrometheusReading(try answer(success(type, result)))
        #expect(reading.outcome == outcome)
        #expect(reading.value == nil)
        #expect(reading.missing?.contains(words) == true)
    }

    @Test("warnings come with the value")
    func warnings() throws {
        let reading = PrometheusReading(try answer(success("scalar", #"[1,"1"]"#, more: #","warnings":["partial"]"#)))
        #expect(reading.value == 1 && reading.warnings == ["partial"])
    }

    @Test(
        "what is no answer is told apart",
        arguments: [
            (
                400, #"{"status":"error","errorType":"bad_data","error":"1:3: parse error: unexpected end of input"}"#,
                .rejected(type: "bad_data"), "(bad_data): 1:3: parse error"
            ),
            (
                503, #"{"status":"error","errorType":"timeout","error":"query timed out"}"#,
                .rejected(type: "timeout"), "timed out"
            ),
            (
                422, #"{"status":"error","errorType":"execution","data":[1],"error":"x"}"#,
                .rejected(type: "execution"), "x"
            ),
            (200, #"{"status":"error"}"#, .rejected(type: "unknown"), "no reason given"),
            (401, "Unauthorized", .unauthorized, "denied access (HTTP status 401)"),
            (403, "", .unauthorized, "403"), (502, "<html>", .failed(status: 502), "HTTP status 502"),
            (404, "404 page not found", .failed(status: 404), "404"),
            (200, "<html>", .malformed, "like a Prometheus server"),
            (200, #"{"status":"success","data":{"resultType":"cube","result":[]}}"#, .malformed, "cube"),
            (200, #"{"status":"success","data":{"resultType":"scalar","result":[1,"one"]}}"#, .malformed, "'one'"),
            (200, #"{"status":"success"}"#, .malformed, "data"),
        ] as [(Int, String, PrometheusError.Code, String)])
    func errors(_ status: Int, _ body: String, _ code: PrometheusError.Code, _ words: String) {
        let error = #expect(throws: PrometheusError.self) { try answer(body, status: status) }
        #expect(error?.code == code)
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }
}

@Suite("Where Prometheus is, and who asks")
struct ServerTests {
    @Test(
        "addresses may have a path",
        arguments: ["http://h:9090", "http://h:9090/", "https://h/prom/", "https://h/prom"])
    func addresses(_ url: String) throws {
        let address = try PrometheusServer(url: url).address(of: "query")
        #expect(address.hasSuffix(url.contains("prom") ? "https://h/prom/api/v1/query" : "http://h:9090/api/v1/query"))
    }

    @Test(
        "what is no address, or would give a secret away, is refused",
        arguments: ["h:9090", "ftp://h", "http://", "", "http://u:p@h", "http://h?x=1"])
    func wrong(_ url: String) {
        let error = #expect(throws: PrometheusError.self) { try PrometheusServer(url: url).address(of: "query") }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("u:p") != true)
    }

    @Test("credentials go to a loopback address or over TLS only")
    func secrecy() throws {
        let credentials = PrometheusCredentials.bearer(.environment("T"))
        for url in ["https://h", "http://127.0.0.1:9090", "http://localhost:1"] {
            #expect(throws: Never.self) {
                try PrometheusServer(url: url, credentials: credentials).address(of: "query")
            }
        }
        let error = #expect(throws: PrometheusError.self) {
            try PrometheusServer(url: "http://h", credentials: credentials).address(of: "query")
        }
        #expect(error?.message.contains("use https instead of http") == true)
    }

    @Test("secrets are read from the environment or a file, and the lack of one is told")
    func secrets() throws {
        let file = FileManager.default.temporaryDirectory.path + "/turnout-secret-\(UUID().uuidString)"
        try Data("  s3cret\n".utf8).write(to: URL(fileURLWithPath: file))
        defer { do { try FileManager.default.removeItem(atPath: file) } catch { Issue.record(error) } }
        #expect(try PrometheusCredentials.none.header([:]) == nil)
        #expect(try PrometheusCredentials.bearer(.file(file)).header([:]) == "Bearer s3cret")
        #expect(try PrometheusCredentials.bearer(.environment("T")).header(["T": "t"]) == "Bearer t")
        #expect(
            try PrometheusCredentials.basic(user: "Aladdin", .environment("P")).header(["P": "open sesame"])
                == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
        for missing in [PrometheusCredentials.Secret.environment("T"), .environment("L"), .file("/nowhere/at/all")] {
            let error = #expect(throws: PrometheusError.self) {
                try PrometheusCredentials.bearer(missing).header(["T": "", "L": "two\nlines"])
            }
            #expect(error?.code == .credentials)
        }
    }
}
