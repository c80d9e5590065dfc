import Testing

@testable import KubernetesModel

@Suite("Label selectors")
struct LabelSelectorTests {
    static let json: JSONValue = [
        "matchLabels": ["app": "web"],
        "matchExpressions": [
            ["key": "tier", "operator": "In", "values": ["b", "a"]],
            ["key": "zone", "operator": "NotIn", "values": ["x"]],
            ["key": "team", "operator": "Exists"],
            ["key": "old", "operator": "DoesNotExist", "values": []],
        ],
    ]

    @Test("are written as the API server reads them")
    func text() throws {
        #expect(try LabelSelector(json: Self.json).description == "app=web,tier in (a,b),zone!=x,team,!old")
        #expect(LabelSelector("a", "b").description == "a=b")
        #expect(LabelSelector().description == "")
    }

    @Test(
        "match what meets every requirement",
        arguments: [
            (["app": "web", "tier": "a", "team": ""], true),
            (["app": "web", "tier": "b", "team": "x", "zone": "y"], true),
            (["app": "web", "tier": "a", "team": "x", "zone": "x"], false),
            (["app": "api", "tier": "a", "team": "x"], false),
            (["tier": "a", "team": "x"], false),
            (["app": "web", "tier": "c", "team": "x"], false),
            (["app": "web", "tier": "a"], false),
            (["app": "web", "tier": "a", "team": "x", "old": ""], false),
            ([:], false),
        ])
    func matches(labels: [String: String], expected: Bool) throws {
        #expect(try LabelSelector(json: Self.json).matches(labels) == expected)
    }

    @Test("match everything when empty")
    func empty() throws {
        #expect(try LabelSelector(json: [:]).matches([:]))
    }

    @Test(
        "are refused when they cannot be understood",
        arguments: [
            (["matchLabels": ["a": 1]], "matchLabels.a: must be a string"),
            (
                ["matchExpressions": [["key": "a", "operator": "Is"]]],
                "matchExpressions[0].operator: must be one of In, NotIn, Exists, DoesNotExist"
            ),
            (["matchExpressions": [["key": "a", "operator": "In"]]], "matchExpressions[0].values: must not be empty"),
            (
                ["matchExpressions": [["key": "a", "operator": "Exists", "values": ["x"]]]],
                "matchExpressions[0].values: must be empty"
            ),
            (["matchExpressions": [["operator": "Exists"]]], "matchExpressions[0].key: is required"),
        ] as [(JSONValue, String)])
    func refused(json: JSONValue, message: String) {
        let error = #expect(throws: FieldError.self) { try LabelSelector(json: json) }
        #expect(error?.message == message)
    }
}
