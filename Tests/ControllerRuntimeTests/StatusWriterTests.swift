internal import ControllerRuntime
internal import Core
internal import KubernetesModel
internal import Logging
internal import Synchronization
internal import Testing

@Suite("The status writer")
struct StatusWriterTests {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

    func status(_ ready: String = "True", at second: Int = 0, message: String = "", phase: String = "Ready")
        -> JSONValue
    {
        [
            "observedGeneration": 1, "phase": .string(phase),
            "conditions": [
                [
                    "type": "Ready", "status": .string(ready), "reason": "AllGood", "message": .string(message),
                    "observedGeneration": 1, "lastTransitionTime": .string("2026-01-01T00:00:0\(second)Z"),
                ]
            ],
        ]
    }

    func writer(_ store: ScriptedStore) -> StatusWriter {
        StatusWriter(store: store, logger: logger) { _, violations in
            Issue.record("the status breaks conventions: \(violations)")
        }
    }

    @Test("writes only what differs, on the version that it was computed from")
    func minimalPatch() async throws {
        let object = Manifest.environment(status: status(phase: "Progressing"))
        let store = ScriptedStore(object)
        let written = try await writer(store).write(status(at: 5), to: object)
        #expect(
            store.patches == [
                .init(
                    body: ["metadata": ["resourceVersion": "10", "uid": "u1"], "status": ["phase": "Ready"]],
                    status: true)
            ])
        #expect(written == store.object)
        #expect(store.object?.json["status"] == status())
    }

    @Test("sends nothing when nothing changed, whatever the clock says")
    func unchanged() async throws {
        let object = Manifest.environment(status: status())
        let store = ScriptedStore(object)
        #expect(try await writer(store).write(status(at: 9), to: object) == object)
        #expect(store.patches.isEmpty)
        #expect(store.reads == 0)
    }

    @Test("takes away what is no longer there")
    func removal() async throws {
        var before = status()
        before["queue"] = ["a"]
        before["window"] = ["open": true, "reason": "office"]
        var after = status()
        after["window"] = ["open": false, "reason": .null]
        let store = ScriptedStore(.environment(status: before))
        try await writer(store).write(after, to: .environment(status: before))
        after["window"] = ["open": false]
        #expect(store.object?.json["status"] == after)
    }

    @Test("a new transition time comes with a new status only")
    func transitions() async throws {
        let store = ScriptedStore(.environment())
        let writer = writer(store)
        let first = try #require(try await writer.write(status("False", at: 1), to: .environment()))
        let second = try #require(try await writer.write(status("False", at: 2, message: "other"), to: first))
        #expect(second.json["status"] == status("False", at: 1, message: "other"))
        let third = try #require(try await writer.write(status("True", at: 3), to: second))
        #expect(third.json["status"] == status("True", at: 3))
    }

    @Test("a conflict that leaves the status alone is tried again on the new version")
    func specConflict() async throws {
        let object = Manifest.environment()
        let store = ScriptedStore(object)
        store.interfere { object in
            object?.json["spec"] = ["suspend": true]
            object?.bump()
        }
        let written = try await writer(store).write(status(), to: object)
        #expect(written?.resourceVersion == "12")
        #expect(written?.json["spec"]?["suspend"] == true)
        #expect(written?.json["status"] == status())
        #expect(store.patches.count == 2)
    }

    @Test("gives up with a transient conflict when somebody else wrote the status")
    func statusConflict() async throws {
        let object = Manifest.environment()
        let store = ScriptedStore(object)
        store.interfere { object in
            object?.json["status"] = ["phase": "Theirs"]
            object?.bump()
        }
        let error = await #expect(throws: StatusError.self) { try await writer(store).write(status(), to: object) }
        #expect(error?.disposition == .transient)
        #expect(store.object?.json["status"]?["phase"] == "Theirs")
    }

    @Test("gives up with a transient conflict when the object never stands still")
    func endlessConflict() async throws {
        let object = Manifest.environment()
        let store = ScriptedStore(object)
        for _ in 0..<100 { store.interfere { $0?.bump() } }
        await #expect(throws: StatusError(.conflict, object: "shop/production")) {
            try await writer(store).write(status(), to: object)
        }
        #expect(store.patches.count == 5)
    }

    @Test("is done when the object is gone or another took its name", arguments: [nil, "u2"])
    func gone(uid: String?) async throws {
        let object = Manifest.environment()
        let store = ScriptedStore(uid.map { .environment(version: 20, uid: $0) })
        #expect(try await writer(store).write(status(), to: object) == nil)
        #expect(store.object?.json["status"] == nil)
    }

    @Test("a cache that lags behind does not bring back what was before our own writes")
    func staleCache() async throws {
        let stale = Manifest.environment()
        let store = ScriptedStore(stale)
        let writer = writer(store)
        try await writer.write(status(phase: "Progressing"), to: stale)
        let middle = try #require(store.object)
        #expect(writer.freshest(stale) == middle)
        try await writer.write(status(phase: "Ready"), to: writer.freshest(stale))
        let newest = try #require(store.object)
        #expect(writer.freshest(stale) == newest)
        #expect(writer.freshest(middle) == newest)
        try await writer.write(status(phase: "Ready"), to: stale)
        #expect(store.patches.count == 2)
        #expect(store.reads == 0)

        #expect(writer.freshest(newest) == newest)
        var later = newest
        later.bump()
        #expect(writer.freshest(later) == later)
        let recreated = Manifest.environment(version: 10, uid: "u2")
        #expect(writer.freshest(recreated) == recreated)
    }

    @Test("does not write again what the server changed when it took it")
    func normalised() async throws {
        let store = ScriptedStore(.environment())
        store.normalise { status in
            var status = status
            status["window"] = ["open": false]
            return status
        }
        let writer = writer(store)
        let first = try #require(try await writer.write(status(), to: .environment()))
        try await writer.write(status(), to: first)
        try await writer.write(status(at: 7), to: writer.freshest(first))
        #expect(store.patches.count == 1)
        try await writer.write(status("False", at: 8), to: writer.freshest(first))
        #expect(store.patches.count == 2)
    }

    @Test("cuts messages of a status that is too large, and refuses one that still is")
    func tooLarge() async throws {
        let entries = { (count: Int, length: Int) -> JSONValue in
            .array(
                (0..<count).map {
                    ["name": .string("app\($0)"), "message": .string(String(repeating: "x", count: length))]
                })
        }
        var large = status(message: String(repeating: "y", count: 900))
        large["apps"] = entries(1000, 1000)
        let store = ScriptedStore(.environment())
        let written = try await writer(store).write(large, to: .environment())
        let message = written?.json["status"]?["apps"]?[0]?["message"]?.stringValue
        #expect(message?.utf8.count == 256)
        #expect(message?.hasSuffix("x…") == true)

        large["apps"] = entries(40_000, 0)
        let error = await #expect(throws: StatusError.self) { try await writer(store).write(large, to: .environment()) }
        #expect(error?.code == .tooLarge)
        #expect(error?.disposition == .terminal)
    }

    @Test("reports a status that breaks the conventions")
    func violation() async throws {
        let reported = Mutex<[String]>([])
        let store = ScriptedStore(.environment())
        let writer = StatusWriter(store: store, logger: logger) { _, violations in
            reported.withLock { $0 += violations }
        }
        try await writer.write(["observedGeneration": 1, "conditions": []], to: .environment())
        #expect(reported.withLock { $0 } == ["condition Ready is missing"])
    }
}
