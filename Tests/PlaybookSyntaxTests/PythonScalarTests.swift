import Testing

@testable import PlaybookSyntax

@Suite("Scalars of YAML 1.1 as Python has them")
struct PythonScalarTests {
    private func value(_ text: String) throws -> PythonValue {
        try PythonValue(text: text, style: .plain, tag: nil)
    }

    @Test(
        "an unquoted scalar is the text that Python's str() gives",
        arguments: [
            ("1.0", "1.0"), ("2.50", "2.5"), ("1e3", "1e3"), ("1.5e+3", "1500.0"), ("1e-5", "1e-5"),
            ("1.0e-5", "1e-05"),
            ("0.0001", "0.0001"), ("1.0e+15", "1000000000000000.0"), ("1.0e+16", "1e+16"), ("1.0e+20", "1e+20"),
            ("-0.0", "-0.0"), (".5", "0.5"), ("5.", "5.0"), (".inf", "inf"), (".nan", "nan"), ("1_000.5", "1000.5"),
            ("12345678901234567890", "12345678901234567890"), ("1_000", "1000"), ("034", "28"), ("0042", "34"),
            ("08", "08"), ("0o17", "0o17"), ("0x1F", "31"), ("0b11", "3"), ("-0", "0"),
            ("0xFFFFFFFFFFFFFFFFFFFF", "1208925819614629174706175"), ("12:30:45", "45045"),
            ("190:20:30.15", "685230.15"),
            ("1:60", "1:60"), ("True", "True"), ("yes", "True"), ("off", "False"), ("y", "y"), ("~", "None"),
            ("1234e56", "1234e56"), ("2024-01-01", "2024-01-01"), ("2024-1-1", "2024-1-1"),
            ("2024-01-01T10:00:00.5Z", "2024-01-01 10:00:00.500000+00:00"),
            ("2024-01-01 10:00:00 -5:30", "2024-01-01 10:00:00-05:30"), ("v1", "v1"), ("-", "-"),
        ])
    func text(written: String, wanted: String) throws {
        #expect(try value(written).text == wanted)
    }

    @Test("what Python cannot make is a problem", arguments: ["2024-13-01", "0x_", "0b_", "=", "2024-01-01T25:00:00Z"])
    func problem(written: String) {
        #expect(throws: PythonProblem.self) { try value(written) }
    }

    @Test("lists and mappings are written as repr() writes them")
    func collections() throws {
        let list = PythonValue.list([
            .integer(PythonInteger(1)), .float(1), .string("it's"), .string("a\n\"'"), .null, .bool(true),
            .bytes([0, 97]),
            try value("2024-01-01"), try value("2024-01-01T10:00:00+01:00"),
        ])
        #expect(
            list.text
                == #"[1, 1.0, "it's", 'a\n"\'', None, True, b'\x00a', datetime.date(2024, 1, 1), "#
                + "datetime.datetime(2024, 1, 1, 10, 0, tzinfo=datetime.timezone(datetime.timedelta(seconds=3600)))]")
        let mapping = PythonValue.mapping([.init(key: .string("x"), value: .float(2))])
        #expect(mapping.text == "{'x': 2.0}")
    }

    @Test("a float's text gives the same float back", arguments: 0..<200)
    func floats(seed: UInt64) throws {
        let bits = (seed &+ 1) &* 0x9E37_79B9_7F4A_7C15
        let number = Double(bitPattern: bits)
        guard number.isFinite else { return }
        let text = number.pythonText
        #expect(Double(text) == number)
        #expect(text.contains(".") || text.contains("e"))
        // What is written with an exponent and without a point is text to YAML 1.1; all else is the same float again.
        if text.contains(".") { #expect(try value(text) == .float(number)) }
    }

    @Test("integers of every length go through decimal and hexadecimal", arguments: 1..<60)
    func integers(length: Int) throws {
        let digits = (0..<length).map { String(($0 &* 7 &+ 3) % 10) }.joined()
        #expect(try value(digits).text == digits)
        #expect(PythonInteger(pythonText: " -\(digits) ")?.text == "-" + digits)
        let hexadecimal = String(repeating: "f", count: length)
        let product = PythonInteger(digits: Array(repeating: 15, count: length), base: 16, isNegative: false)
        #expect(try value("0x" + hexadecimal).text == product?.text)
    }

    @Test("words of enumerations are taken as Azure's client takes them")
    func words() {
        let modes = AzureEnumeration.snake("key", "aml_token", "aad_token")
        for text in ["Key", "KEY", "key"] { #expect(modes.word(text) == "key") }
        for text in ["AMLToken", "AmlToken", "amlToken", "aml_token", "AML_TOKEN"] {
            #expect(modes.word(text) == "aml_token")
        }
        for text in ["amltoken", "", "k ey"] { #expect(modes.word(text) == nil) }
        #expect(AzureEnumeration.snake("target_utilization").word("TargetUtilization") == "target_utilization")
        #expect(AzureEnumeration.lower("disabled").word("Disabled") == "disabled")
    }
}
