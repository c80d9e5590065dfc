internal import ControllerRuntime
internal import KubernetesModel
internal import Testing

@Suite("Status conformance")
struct StatusConformanceTests {
    static func condition(
        _ type: String, _ status: String, at time: String = "2026-01-01T00:00:00Z", reason: String = "Because",
        message: JSONValue = "", generation: Int64 = 2
    ) -> JSONValue {
        [
            "type": .string(type), "status": .string(status), "reason": .string(reason), "message": message,
            "observedGeneration": .int(generation), "lastTransitionTime": .string(time),
        ]
    }

    static func status(_ conditions: JSONValue..., observed: JSONValue = 2) -> JSONValue {
        ["observedGeneration": observed, "conditions": .array(conditions)]
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let status: JSONValue
        let finds: [String]

        init(_ testDescription: String, _ status: JSONValue, finds: String...) {
            self.testDescription = testDescription
            self.status = status
            self.finds = finds
        }
    }

    static let cases = [
        Case("ready", status(condition("Ready", "True"), condition("Reconciling", "False"))),
        Case("failed", status(condition("Ready", "False"), condition("Stalled", "True"))),
        Case("in progress", status(condition("Ready", "Unknown"), condition("Reconciling", "True"), observed: 1)),
        Case("no generation", ["conditions": [condition("Ready", "True")]], finds: "observedGeneration is missing"),
        Case("no conditions", ["observedGeneration": 1], finds: "conditions are missing"),
        Case(
            "future generation", status(condition("Ready", "True", generation: 3), observed: 3),
            finds: "observedGeneration is ahead of the object's generation",
            "condition Ready has an observedGeneration ahead of the object's generation"),
        Case("no Ready", status(condition("Synced", "True")), finds: "condition Ready is missing"),
        Case(
            "ready and at it", status(condition("Ready", "True"), condition("Reconciling", "True")),
            finds: "Ready and Reconciling are both True"),
        Case(
            "ready and stalled", status(condition("Ready", "True"), condition("Stalled", "True")),
            finds: "Ready and Stalled are both True"),
        Case(
            "at it and stalled",
            status(condition("Ready", "False"), condition("Reconciling", "True"), condition("Stalled", "True")),
            finds: "Reconciling and Stalled are both True"),
        Case(
            "twice", status(condition("Ready", "True"), condition("Ready", "True")),
            finds: "condition Ready is there twice"),
        Case(
            "odd status", status(condition("Ready", "true")),
            finds: "condition Ready has a status other than True, False and Unknown"),
        Case(
            "spoken reason", status(condition("Ready", "True", reason: "All is well")),
            finds: "condition Ready has no CamelCase reason of at most 1024 bytes"),
        Case(
            "empty reason", status(condition("Ready", "True", reason: "")),
            finds: "condition Ready has no CamelCase reason of at most 1024 bytes"),
        Case(
            "no message", status(condition("Ready", "True", message: .null)),
            finds: "condition Ready has no message, not even an empty one"),
        Case(
            "long message", status(condition("Ready", "True", message: .string(String(repeating: "x", count: 1025)))),
            finds: "condition Ready has a message that is too long"),
        Case(
            "fraction of a second", status(condition("Ready", "True", at: "2026-01-01T00:00:00.5Z")),
            finds: "condition Ready has no lastTransitionTime in whole seconds of UTC"),
    ]

    @Test("finds what is wrong and nothing else", arguments: cases)
    func rules(example: Case) {
        #expect(StatusConformance.violations(of: example.status, generation: 2) == example.finds)
    }

    @Test(
        "a transition time goes with the status",
        arguments: [
            ("True", "2026-01-01T00:00:00Z", []),
            ("True", "2026-01-01T00:00:01Z", ["condition Ready has a new lastTransitionTime and the same status"]),
            ("False", "2026-01-01T00:00:01Z", []),
            ("False", "2026-01-01T00:00:00Z", []),
            ("False", "2025-12-31T23:59:59Z", ["condition Ready changed before it last changed"]),
        ] as [(String, String, [String])])
    func transitions(status: String, time: String, finds: [String]) {
        let previous = Self.status(Self.condition("Ready", "True"))
        let next = Self.status(Self.condition("Ready", status, at: time))
        #expect(StatusConformance.violations(of: next, generation: 2, previous: previous) == finds)
    }

    @Test("an observed generation never goes back")
    func generation() {
        let previous = Self.status(Self.condition("Ready", "True"))
        let next = Self.status(Self.condition("Ready", "True"), observed: 1)
        #expect(
            StatusConformance.violations(of: next, generation: 2, previous: previous)
                == ["observedGeneration goes back"])
    }

    @Test("the form puts the summary first and keeps the rest as the planner has it")
    func order() {
        let types = ["Synced", "Stalled", "Healthy", "Ready", "Reconciling"]
        let status = Self.status()
        var desired = status
        desired["conditions"] = .array(types.map { Self.condition($0, "False") })
        let prepared = StatusForm.prepare(desired, over: nil)
        #expect(
            prepared?["conditions"]?.arrayValue?.compactMap { $0["type"]?.stringValue }
                == ["Ready", "Reconciling", "Stalled", "Synced", "Healthy"])
        #expect(StatusForm.prepare(prepared ?? .null, over: prepared) == prepared)
    }
}
