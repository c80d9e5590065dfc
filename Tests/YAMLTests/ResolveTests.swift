import KubernetesModel
import Testing

@testable import YAML

@Suite("Meaning of plain scalars")
struct ResolveTests {
    @Test(
        "as go-yaml v3 reads resources",
        arguments: [
            ("", .null), ("~", .null), ("null", .null), ("Null", .null), ("nULL", "nULL"), ("true", true),
            ("TRUE", true),
            ("tRUE", "tRUE"), ("yes", "yes"), ("on", "on"), ("y", "y"), ("Off", "Off"), ("<<", "<<"),
            ("017", 15), ("08", 8), ("0o17", 15), ("1_000", 1000), ("0x1F", 31), ("-0x1f", -31), ("0b101", 5),
            ("-0b1", -1), ("0b-1", -1), ("0o-7", -7), ("+1", 1), ("0b102", "0b102"), ("0x", "0x"), ("-", "-"),
            ("--1", "--1"), ("1:59", "1:59"), ("1.0", 1), ("-0.0", 0), ("1.", 1), (".5", 0.5), (".5_0", 0.5),
            ("._5", "._5"), ("+.5", 0.5), ("1e3", 1000), ("1e400", "1e400"), ("1e", "1e"), ("1.2.3", "1.2.3"),
            ("9223372036854775807", 9_223_372_036_854_775_807), ("18446744073709551615", 18446744073709551616.0),
            ("-9223372036854775808", .int(.min)), ("123456789012345678901234567890", 1.2345678901234568e+29),
            ("1234567890123456789.5", 1_234_567_890_123_456_800),
            ("2020-01-01", "2020-01-01T00:00:00Z"), ("2020-1-1", "2020-01-01T00:00:00Z"),
            ("2020-1-1 1:2:3.5", "2020-01-01T01:02:03.5Z"), ("2020-02-30", "2020-02-30"),
            ("2020-01-01T00:00:00,500+01:00", "2020-01-01T00:00:00.5+01:00"),
            ("2020-01-01t10:00:00-00:00", "2020-01-01T10:00:00Z"), ("2020-01-01T10:00:00", "2020-01-01T10:00:00"),
            ("20200-01-01", "20200-01-01"), ("hello", "hello"), ("1 2", "1 2"),
        ] as [(String, JSONValue)])
    func goYAML3(text: String, expected: JSONValue) throws {
        #expect(try YAMLScalar(text).resolved(.goYAML3) == expected)
    }

    @Test(
        "as YAML 1.1 for kustomization files",
        arguments: [
            ("yes", true), ("y", true), ("On", true), ("n", false), ("OFF", false), ("yEs", "yEs"), ("017", 15),
            ("2020-01-01", "2020-01-01"), ("0o17", 15), ("1_0", 10),
        ] as [(String, JSONValue)])
    func yaml11(text: String, expected: JSONValue) throws {
        #expect(try YAMLScalar(text).resolved(.yaml11) == expected)
    }

    @Test("quoted scalars are strings", arguments: [YAMLScalar.Style.singleQuoted, .doubleQuoted, .literal, .folded])
    func quoted(style: YAMLScalar.Style) throws {
        #expect(try YAMLScalar("17", style: style).resolved(.goYAML3) == "17")
        #expect(try YAMLScalar("", style: style).resolved(.yaml11) == "")
    }

    @Test(
        "tags decide",
        arguments: [
            ("!!str 17", "17"), ("!!int \"17\"", 17), ("!!float 1", 1), ("!!binary aGk=", "hi"), ("!mine 17", "17"),
            ("! 17", 17), ("!!bool \"true\"", true), ("!!null ''", .null),
        ] as [(String, JSONValue)])
    func tags(text: String, expected: JSONValue) throws {
        #expect(try YAML.document(parsing: Array(text.utf8)).json(.goYAML3) == expected)
    }

    @Test("keys become strings in kustomization files only")
    func keys() throws {
        let node = try YAML.document(parsing: Array("{1: a, true: b, 1.5: c}".utf8))
        #expect(try node.json(.yaml11) == ["1": "a", "true": "b", "1.5": "c"])
        #expect(throws: YAMLError.self) { try node.json(.goYAML3) }
    }

    @Test(
        "floats are written as Go does",
        arguments: [
            (0.5, "0.5"), (1234567.5, "1.2345675e+06"), (100000.5, "100000.5"), (1e21, "1e+21"), (1e-7, "1e-07"),
            (0.00001, "1e-05"), (0.0001, "0.0001"), (-1.5e300, "-1.5e+300"), (.infinity, ".inf"), (0, "0"),
        ])
    func floats(value: Double, expected: String) {
        #expect(GoFloat.general(value) == expected)
    }
}
