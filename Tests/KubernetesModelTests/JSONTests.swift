import Testing

@testable import KubernetesModel

@Suite("JSON")
struct JSONTests {
    @Test(
        "reads and writes documents",
        arguments: [
            #"null"#, #"true"#, #"[]"#, #"{}"#, #"-9223372036854775808"#, #"9223372036854775807"#, #"0.5"#,
            #"-1.5e-07"#,
            #""\"\\\n\t\u0001é😀""#, #"{"a":[1,{"b":null}],"c":"d"}"#,
        ])
    func roundTrip(text: String) throws {
        #expect(try JSONValue(parsing: text).jsonText == text)
    }

    @Test(
        "reads numbers as Kubernetes does",
        arguments: [
            ("1.0", .double(1)), ("1e3", .double(1000)), ("9223372036854775808", .double(9_223_372_036_854_775_808)),
            ("-0", .int(0)),
        ] as [(String, JSONValue)])
    func numbers(text: String, value: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == value)
    }

    @Test("reads escapes and pairs of surrogates")
    func escapes() throws {
        #expect(try JSONValue(parsing: #""\u00e9\ud83d\ude00\/\b""#) == .string("é😀/\u{8}"))
    }

    @Test("keeps the last of repeated keys, sorted")
    func repeated() throws {
        #expect(try JSONValue(parsing: #"{"b":1,"a":2,"b":3}"#).jsonText == #"{"a":2,"b":3}"#)
    }

    @Test(
        "refuses what is not JSON",
        arguments: [
            "", " ", "nul", "tru", "[1,]", "[1 2]", "{a:1}", #"{"a"}"#, #"{"a":1,}"#, "01", "1.", ".5", "+1", "1e",
            "\"", #""\x""#,
            #""\u12""#, "[", "{", "1 2", "'a'", "NaN", "\"\n\"", "\u{feff}{}",
        ])
    func refuses(text: String) {
        #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
    }

    @Test("refuses documents that nest too deeply, and does not crash on them")
    func depth() throws {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONError.self) { try JSONValue(parsing: deep) }
        let allowed = String(repeating: "[", count: 200) + String(repeating: "]", count: 200)
        #expect(try JSONValue(parsing: allowed).jsonText == allowed)
    }

    @Test(
        "follows pointers",
        arguments: [
            ("", #"{"a/b":{"~":[10,20]}}"#), ("/a~1b/~0/1", "20"), ("/a~1b/~0", "[10,20]"),
        ])
    func pointers(pointer: String, expected: String) throws {
        let document: JSONValue = ["a/b": ["~": [10, 20]]]
        let pointer = try #require(JSONPointer(pointer))
        #expect(document[pointer]?.jsonText == expected)
        #expect(JSONPointer(pointer.description) == pointer)
    }

    @Test(
        "has no value where a pointer leads nowhere",
        arguments: ["/x", "/a~1b/~0/2", "/a~1b/~0/-1", "/a~1b/~0/x", "/a~1b/~0/0/y"])
    func nowhere(pointer: String) throws {
        let document: JSONValue = ["a/b": ["~": [10, 20]]]
        #expect(document[try #require(JSONPointer(pointer))] == Optional<JSONValue>.none)
    }

    @Test("refuses pointers that are not", arguments: ["a", "/~", "/~2", "a/b"])
    func badPointers(text: String) {
        #expect(JSONPointer(text) == nil)
    }

    @Test("removes paths, also through every element")
    func removal() {
        let document: JSONValue = [
            "spec": ["containers": [["name": "a", "env": 1], ["name": "b", "env": 2]], "replicas": 3]
        ]
        #expect(
            document.removing(["spec", "replicas"]) == [
                "spec": ["containers": [["name": "a", "env": 1], ["name": "b", "env": 2]]]
            ])
        #expect(
            document.removing(["spec", "containers", "*", "env"]) == [
                "spec": ["containers": [["name": "a"], ["name": "b"]], "replicas": 3]
            ])
        #expect(
            document.removing(["spec", "containers", "0"]) == [
                "spec": ["containers": [["name": "b", "env": 2]], "replicas": 3]
            ])
        #expect(document.removing(["nothing", "here"]) == document)
    }
}

@Suite("Manifests")
struct ManifestTests {
    @Test("read fields of the wrong type as absent")
    func wrongTypes() {
        let manifest = Manifest([
            "kind": 5, "metadata": ["name": ["x"], "labels": ["a": 1, "b": "c"], "generation": "1"],
        ])
        #expect(manifest.kind == "")
        #expect(manifest.name == "")
        #expect(manifest.labels == ["b": "c"])
        #expect(manifest.generation == 0)
        #expect(Manifest(.null).key == ObjectKey(groupKind: GroupKind(group: "", kind: ""), namespace: "", name: ""))
    }

    @Test("set and remove labels and annotations")
    func edit() {
        var manifest = Manifest(["kind": "A"])
        manifest.setLabel("x", "1")
        manifest.setAnnotation("y", "2")
        #expect(manifest.json.jsonText == #"{"kind":"A","metadata":{"annotations":{"y":"2"},"labels":{"x":"1"}}}"#)
        manifest.setLabel("x", nil)
        #expect(manifest.json.jsonText == #"{"kind":"A","metadata":{"annotations":{"y":"2"}}}"#)
    }

    @Test("name kinds in one form", arguments: ["apps/v1/Deployment", "v1/Service", "sluice.dev/v1alpha1/Environment"])
    func kinds(text: String) throws {
        #expect(try #require(GroupVersionKind(text)).description == text)
    }

    @Test("refuse names of kinds that are not", arguments: ["", "Service", "a/b/c/d", "/v1/Service", "v1/"])
    func badKinds(text: String) {
        #expect(GroupVersionKind(text) == nil)
    }
}
