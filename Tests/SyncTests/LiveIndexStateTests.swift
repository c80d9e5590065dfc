import Core
import KubernetesClient
import KubernetesModel
import Testing

@testable import Sync

@Suite struct LiveIndexStateTests {
    private let app = Fixture.app([Fixture.configMap("a"), Fixture.configMap("b")])
    private var kind: GroupVersionKind { app.objects[0].gvk }

    private func record(_ index: Int, version: String = "7", uid: String = "u1") -> LiveRecord {
        var live = Fixture.live(app.objects[index].manifest, uid: uid)
        live.json["metadata"]?["resourceVersion"] = .string(version)
        return Fixture.record(live)
    }

    private func name(_ index: Int) -> NamespacedName {
        NamespacedName(namespace: app.objects[index].key.namespace, name: app.objects[index].key.name)
    }

    @Test func `a change is told once, and what does not matter is not`() {
        var state = LiveIndexState()
        #expect(state.upsert(record(0), kind: kind)?.key == app.objects[0].key)
        #expect(state.upsert(record(0, version: "8"), kind: kind) == nil)
        #expect(state.tracked(Fixture.environment, app: "cart").map(\.resourceVersion) == ["8"])
    }

    @Test func `what is known in the same version need not be read again, and counts as listed`() {
        var state = LiveIndexState()
        _ = state.upsert(record(0), kind: kind)
        func live(version: String = "7", uid: String = "u1") -> Manifest {
            var live = Fixture.live(app.objects[0].manifest, uid: uid)
            live.json["metadata"]?["resourceVersion"] = .string(version)
            return live
        }
        state.beginList(kind)
        let known = [live(version: "8"), live(uid: "u2"), live()].map { state.knows(ObjectVersion(of: $0), kind: kind) }
        #expect(known == [false, false, true])
        #expect(state.finishList(kind).isEmpty)
    }

    @Test func `what is older than a write's answer is passed over`() {
        var state = LiveIndexState()
        _ = state.upsert(record(0, version: "10"), kind: kind)
        #expect(state.upsert(record(0, version: "9"), kind: kind) == nil)
        #expect(state.records[kind]?[name(0)]?.resourceVersion == "10")
        // Another object of the name is another matter.
        #expect(state.upsert(record(0, version: "9", uid: "u2"), kind: kind) != nil)
    }

    @Test func `a list takes away what it does not name, but not what was written meanwhile`() {
        var state = LiveIndexState()
        _ = state.upsert(record(0), kind: kind)
        state.beginList(kind)
        _ = state.upsert(record(1), kind: kind)
        #expect(state.finishList(kind).map(\.key) == [app.objects[0].key])
        #expect(state.records[kind]?.count == 1)
    }

    @Test func `the end of an object that was replaced does not touch its successor`() {
        var state = LiveIndexState()
        _ = state.upsert(record(0, version: "20", uid: "new"), kind: kind)
        #expect(state.remove(kind, name(0), uid: "old") == nil)
        #expect(state.remove(kind, name(0), uid: "new") != nil)
        #expect(state.members.isEmpty)
    }

    @Test func `claims are kept apart from those who have not spoken`() {
        var state = LiveIndexState()
        let other = NamespacedName(namespace: "shop", name: "staging")
        let key = app.objects[0].key
        _ = state.upsert(record(0), kind: kind)
        #expect(state.claim(on: key, beside: other) == .nobody)
        state.claims[Fixture.environment] = .some(nil)
        #expect(state.claim(on: key, beside: other) == .undecided(Fixture.environment))
        state.claims[Fixture.environment] = [key]
        #expect(state.claim(on: key, beside: other) == .environment(Fixture.environment))
        #expect(state.claim(on: key, beside: Fixture.environment) == .nobody)
        state.claims[Fixture.environment] = []
        #expect(state.claim(on: key, beside: other) == .nobody)
    }
}

@Suite struct SyncFailureTests {
    private func error(_ reason: String, _ field: String, _ message: String) -> KubernetesError {
        KubernetesError(
            .invalid, "x", status: 422,
            causes: [KubernetesError.Cause(reason: reason, field: field, message: message)])
    }

    @Test(arguments: [
        ("FieldValueInvalid", "spec.selector", "Invalid value: x: field is immutable", true),
        ("FieldValueInvalid", "roleRef", "Invalid value: x: cannot change roleRef", true),
        (
            "FieldValueForbidden", "spec",
            "Forbidden: updates to statefulset spec for fields other than 'replicas' are forbidden.", true
        ),
        ("FieldValueForbidden", "spec", "Forbidden: is immutable after creation except resources.requests", true),
        ("FieldValueForbidden", "spec", "Forbidden: pod updates may not change fields other than `image`", true),
        ("FieldValueForbidden", "parameters", "Forbidden: updates to parameters are forbidden.", true),
        ("FieldValueInvalid", "type", "", true),
        ("FieldValueForbidden", "data", "", true),
        (
            "FieldValueInvalid", "spec.ports[0].port", "Invalid value: 99999: must be between 1 and 65535, inclusive",
            false
        ),
        ("FieldValueRequired", "spec.selector", "Required value", false),
        ("FieldValueForbidden", "spec.hostNetwork", "Forbidden: may not be set", false),
    ])
    func `an immutable field is known by its cause`(reason: String, field: String, message: String, immutable: Bool) {
        #expect(SyncFailure.isImmutable(error(reason, field, message)) == immutable)
    }

    @Test func `a field that another manager owns is told by field and manager`() {
        let conflict = KubernetesError(
            .conflict, "x", status: 409,
            causes: [
                KubernetesError.Cause(
                    reason: "FieldManagerConflict", field: ".spec.replicas", message: "conflict with \"hpa\"")
            ])
        let key = ObjectKey(groupKind: GroupKind(group: "apps", kind: "Deployment"), namespace: "prod", name: "web")
        let error = SyncFailure.error(conflict, key: key, origin: "f.yaml", code: .applyFailed)
        #expect(error.code == .fieldConflict)
        #expect(error.message.contains(".spec.replicas: conflict with \"hpa\""))
        #expect(!SyncFailure.isWorthAnotherTry(conflict))
        #expect(SyncFailure.isWorthAnotherTry(KubernetesError(.conflict, "x", status: 409)))
    }
}
