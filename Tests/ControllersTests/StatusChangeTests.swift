import KubernetesModel
import Testing

@testable import Controllers

/// A status write of our own must not wake the reconcile that made it; anything else must.
@Suite struct StatusChangeTests {
    private static let object: JSONValue = [
        "metadata": [
            "name": "dev", "resourceVersion": "1", "generation": 1, "annotations": ["a": "1"],
            "managedFields": [["manager": "sluice"]],
        ],
        "spec": ["suspend": false], "status": ["phase": "Ready"],
    ]

    private static func changed(_ change: (inout JSONValue) -> Void) -> Manifest {
        var json = object
        change(&json)
        return Manifest(json)
    }

    private static func set(_ json: inout JSONValue, _ parent: String, _ field: String, _ value: JSONValue) {
        var inner = json[parent] ?? [:]
        inner[field] = value
        json[parent] = inner
    }

    @Test func `a new status is nothing but a status`() {
        let now = Self.changed { json in
            json["status"] = ["phase": "Degraded"]
            Self.set(&json, "metadata", "resourceVersion", "2")
            Self.set(&json, "metadata", "managedFields", [])
        }
        #expect(now.differsInStatusOnly(from: Manifest(Self.object)))
    }

    @Test(
        arguments: [
            ("spec", "suspend", true), ("metadata", "annotations", ["a": "2"]),
            ("metadata", "generation", 2), ("metadata", "deletionTimestamp", "2026-01-01T00:00:00Z"),
            ("metadata", "finalizers", ["sluice.dev/environment"]),
        ] as [(String, String, JSONValue)])
    func `anything else is more than a status`(parent: String, field: String, value: JSONValue) {
        let now = Self.changed { Self.set(&$0, parent, field, value) }
        #expect(!now.differsInStatusOnly(from: Manifest(Self.object)))
    }
}
