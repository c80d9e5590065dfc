import Core
import Testing

@testable import KubernetesModel

@Suite("Codable over JSON values")
struct CodableTests {
    enum Colour: String, Codable, CaseIterable { case red, green }

    struct Inner: Codable, Equatable {
        var name: String
        var size: Int8
    }

    struct Outer: Codable, Equatable {
        var text: String
        var count: UInt64
        var ratio: Double
        var flag: Bool
        var inner: Inner
        var list: [Inner]
        var map: [String: [Int]]
        var time: Timestamp?
        var colour: Colour?
        var any: JSONValue
    }

    @Test("reads and writes every kind of value")
    func roundTrip() throws {
        let value = Outer(
            text: "é\"", count: 9, ratio: 0.5, flag: true, inner: Inner(name: "a", size: -8),
            list: [Inner(name: "b", size: 1)], map: ["x": [1, 2]], time: Timestamp(seconds: 0), colour: .green,
            any: ["k": [1, .null, "s"]])
        let json = try JSONValueEncoder().encode(value)
        #expect(
            json.jsonText
                == #"{"any":{"k":[1,null,"s"]},"colour":"green","count":9,"flag":true,"inner":{"name":"a","size":-8},"#
                + #""list":[{"name":"b","size":1}],"map":{"x":[1,2]},"ratio":0.5,"text":"é\"","time":"1970-01-01T00:00:00Z"}"#
        )
        #expect(try JSONValueDecoder().decode(Outer.self, from: json) == value)
    }

    @Test("reads absent fields as zero values")
    func zeroValues() throws {
        let value = try JSONValueDecoder().decode(Outer.self, from: ["text": .null])
        #expect(
            value
                == Outer(
                    text: "", count: 0, ratio: 0, flag: false, inner: Inner(name: "", size: 0), list: [], map: [:],
                    time: nil, colour: nil, any: .null))
    }

    @Test("leaves out empty members when asked to")
    func omitsEmpty() throws {
        let value = try JSONValueDecoder().decode(Outer.self, from: [:])
        let json = try JSONValueEncoder(omitsEmpty: true).encode(value)
        #expect(json.jsonText == #"{"count":0,"flag":false,"inner":{"size":0},"ratio":0}"#)
    }

    @Test(
        "names the field that cannot be read",
        arguments: [
            (["text": 5], "text: must be a string, not integer"),
            (["inner": ["size": 300]], "inner.size: must be between -128 and 127"),
            (["list": [["size": 1.5]]], "list[0].size: must be a whole number, not number"),
            (["map": ["a/b": [true]]], "map[\"a/b\"][0]: must be a whole number, not boolean"),
            (["colour": "blue"], "colour: must be one of red, green"),
            (["time": "noon"], "time: is not an RFC 3339 time"),
            (["count": -1], "count: must be between 0 and 18446744073709551615"),
            (["inner": []], "inner: must be an object, not array"),
        ] as [(JSONValue, String)])
    func errors(json: JSONValue, message: String) {
        let error = #expect(throws: FieldError.self) { try JSONValueDecoder().decode(Outer.self, from: json) }
        #expect(error?.message == message)
    }

    @Test("reads a null document and null elements as zero values")
    func nulls() throws {
        #expect(try JSONValueDecoder().decode(Inner.self, from: .null) == Inner(name: "", size: 0))
        #expect(try JSONValueDecoder().decode([Inner].self, from: [.null]) == [Inner(name: "", size: 0)])
        #expect(try JSONValueDecoder().decode([Int?].self, from: [.null, 1]) == [nil, 1])
    }

    @Test("says when a field without a zero value is missing")
    func required() {
        struct Strict: Codable { var colour: Colour }
        let error = #expect(throws: FieldError.self) { try JSONValueDecoder().decode(Strict.self, from: [:]) }
        #expect(error?.message == "colour: is required")
    }
}

@Suite("Durations")
struct GoDurationTests {
    @Test(
        "reads what people write",
        arguments: [
            ("90s", 90_000), ("1h30m", 5_400_000), ("1.5h", 5_400_000), ("7d", 604_800_000), ("250ms", 250),
            ("0", 0), ("0s", 0), ("1m0.5s", 60_500), ("2h2h", 14_400_000),
        ] as [(String, Int64)])
    func reads(text: String, milliseconds: Int64) {
        #expect(GoDuration(text)?.milliseconds == milliseconds)
        #expect(GoDuration(text)?.text == text)
    }

    @Test(
        "refuses everything else",
        arguments: ["", "5", "-5s", "s", "1 h", "1h ", "1.s", "1.2345s", "1y", "1µs", "1234567890s", "h1", "1e3s"])
    func refuses(text: String) {
        #expect(GoDuration(text) == nil)
    }

    @Test(
        "writes durations as Go does",
        arguments: [
            (Duration.seconds(90), "1m30s"), (.seconds(0), "0s"), (.milliseconds(1500), "1s500ms"),
            (.seconds(86_400), "24h"), (.seconds(-1), "0s"), (.seconds(Int64.max), "1281023894007h36m27s903ms"),
        ])
    func writes(duration: Duration, text: String) {
        #expect(GoDuration(duration).text == text)
    }

    @Test("reads the same texts as its pattern", arguments: ["90s", "1h30m", "0", "", "5", "1.5h", "1y", "1.s", "-1s"])
    func pattern(text: String) throws {
        let expression = try Regex(GoDuration.pattern)
        #expect((try expression.wholeMatch(in: text) != nil) == (GoDuration(text) != nil))
    }
}
