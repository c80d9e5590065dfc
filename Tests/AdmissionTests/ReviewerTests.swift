import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Admission

@Suite("Reviews")
struct ReviewerTests {
    private let alice = user("alice")
    private let bob = user("bob")
    private let mallory = user("mallory")

    /// A promotion that bob asked for and alice approved.
    private func approved() throws -> Server {
        var server = Server(key: try key())
        try server.write(promotion().manifest, by: bob)
        try server.write(try changed(server) { $0.spec.approvals = [entry("alice")] }, by: alice)
        return server
    }

    private func changed(_ server: Server, _ change: (inout Promotion) -> Void) throws -> Manifest {
        var object = try server.promotion
        change(&object)
        return object.manifest
    }

    @Test("stamp the requester and each approver as the API server names them")
    func stamps() throws {
        let server = try approved()
        let book = try server.book
        let object = try server.promotion
        #expect(book[.request(object.spec.asked)]?.user == "bob")
        let stamp = try #require(book.approval(entry("alice")))
        #expect(stamp.identity.user == "alice")
        #expect(stamp.identity.groups == ["sre", "system:authenticated"])
        #expect(stamp.identity.source == .admissionWebhook)
        #expect(stamp.at == now)
    }

    @Test("stamp whoever has it run again, stops it or overrides it, for those very words")
    func laterParts() throws {
        var server = try approved()
        #expect(try server.write(try changed(server) { $0.spec.attempt = 2 }, by: alice).isAllowed)
        #expect(try server.book[.attempt(2)]?.user == "alice")
        // Others change other things: the stamp stays, and is taken from nobody.
        #expect(try server.write(try changed(server) { $0.spec.abort = true }, by: mallory).isAllowed)
        #expect(try server.book[.attempt(2)]?.user == "alice")
        #expect(try server.book[.abort]?.user == "mallory")
        #expect(try server.book.count == 4)
        // Taken back, nobody stands for it any more; set again, whoever does.
        #expect(try server.write(try changed(server) { $0.spec.abort = false }, by: mallory).isAllowed)
        #expect(try server.book[.abort] == nil)
        #expect(try server.write(try changed(server) { $0.spec.attempt = 3 }, by: bob).isAllowed)
        #expect(try server.book[.attempt(3)]?.user == "bob")
        #expect(try server.book[.attempt(2)] == nil)
        // What was written while nobody reviewed is stamped by nobody's later write.
        server.writeUnreviewed(try changed(server) { $0.spec.attempt = 4 })
        #expect(try server.write(try changed(server) { $0.metadata.labels["seen"] = "yes" }, by: alice).isAllowed)
        #expect(try server.book[.attempt(4)] == nil)
        // From the beginning.
        var other = Server(key: try key())
        var object = promotion()
        object.spec.attempt = 2
        #expect(try other.write(object.manifest, by: bob).isAllowed)
        #expect(try other.book[.attempt(2)]?.user == "bob")
        // What Git declares is proved by Git.
        #expect(try server.write(try changed(server) { $0.spec.attempt = 5 }, by: bob, as: .syncer).isAllowed)
        #expect(try server.book[.attempt(5)] == nil)
    }

    @Test("stamp whoever releases a rollback")
    func release() throws {
        var server = Server(key: try key())
        var rollback = Rollback(
            metadata: ObjectMeta(name: "undo", namespace: "shop"),
            spec: RollbackSpec(environment: "production", target: .init(steps: 1)))
        try server.write(rollback.manifest, by: bob)
        rollback = try Rollback(manifest: try #require(server.stored))
        rollback.spec.release = true
        #expect(try server.write(rollback.manifest, by: alice).isAllowed)
        let stored = try Rollback(manifest: try #require(server.stored))
        let book = StampBook(of: Rollback.kind, stored.metadata, key: try key())
        #expect(book[.release]?.user == "alice")
        #expect(book[.request(stored.spec.asked)]?.user == "bob")
    }

    @Test("ask for the permission that a change needs, and for no other")
    func permissions() throws {
        var server = Server(key: try key())
        func verbs(_ verdict: Verdict) -> [AccessVerb] { verdict.questions.map(\.verb) }
        #expect(verbs(try server.write(promotion().manifest, by: bob)) == [.promote])
        #expect(
            verbs(try server.write(try changed(server) { $0.spec.approvals = [entry("alice")] }, by: alice)) == [
                .approve
            ])
        #expect(verbs(try server.write(try changed(server) { $0.spec.approvals = [] }, by: alice)) == [])
        #expect(verbs(try server.write(try changed(server) { $0.spec.abort = true }, by: bob)) == [.promote])
        #expect(verbs(try server.write(try changed(server) { $0.spec.attempt = 2 }, by: bob)) == [.promote])
        let override = GateOverride(gates: [.window], reason: "INC-7")
        #expect(verbs(try server.write(try changed(server) { $0.spec.override = override }, by: bob)) == [.override])
        #expect(verbs(try server.write(try changed(server) { $0.metadata.labels["a"] = "b" }, by: mallory)) == [])
        var whole = Server(key: try key())
        let all = promotion(approvals: [entry("bob")], override: override).manifest
        #expect(verbs(try whole.write(all, by: bob)) == [.promote, .approve, .override])
        #expect(
            whole.reviewer.review(whole.request(all, by: bob), by: .person).questions.allSatisfy {
                $0.namespace == "shop" && $0.environment == "production"
            })
    }

    @Test("refuse an approval in another's name, and say whose it would be")
    func anothersName() throws {
        var server = try approved()
        let before = server.stored
        let added = try server.write(
            try changed(server) { $0.spec.approvals.append(entry("carol")) }, by: mallory)
        #expect(added.refusal?.code == 403)
        #expect(
            added.refusal?.message
                == "spec.approvals[1]: only carol may add the approval of carol; you are mallory")
        let altered = try server.write(
            try changed(server) { $0.spec.approvals[0].decision = .reject }, by: mallory)
        #expect(altered.refusal?.message.contains("only alice may change the approval of alice") == true)
        let removed = try server.write(try changed(server) { $0.spec.approvals = [] }, by: mallory)
        #expect(removed.refusal?.message.contains("only alice may remove the approval of alice") == true)
        // Not by the requester either, and not by somebody whose name differs in its letters.
        #expect(try !server.write(try changed(server) { $0.spec.approvals = [] }, by: bob).isAllowed)
        #expect(try !server.write(try changed(server) { $0.spec.approvals = [] }, by: user("Alice")).isAllowed)
        #expect(server.stored == before)
    }

    @Test("refuse an approval in another's name from the beginning")
    func createdWithForgery() throws {
        var server = Server(key: try key())
        let verdict = try server.write(promotion(approvals: [entry("alice")]).manifest, by: mallory)
        #expect(
            verdict.refusal?.message == "spec.approvals[0]: only alice may add the approval of alice; you are mallory")
        #expect(server.stored == nil)
    }

    @Test("refuse every change of what was asked for, and name the field")
    func immutability() throws {
        var server = try approved()
        let verdict = try server.write(
            try changed(server) {
                $0.spec.environment = "dev"
                $0.spec.reason = "another"
                $0.spec.items = [.init(app: "web", fromEnvironment: "staging")]
            }, by: bob)
        #expect(verdict.invalid.map(\.path) == ["spec.environment", "spec.items", "spec.reason"])
        #expect(verdict.refusal?.code == 422)
    }

    @Test("apply the rules beyond the schema, whoever writes", arguments: [Writer.person, .sluice, .syncer])
    func rules(_ writer: Writer) throws {
        var server = Server(key: try key())
        var object = promotion()
        object.spec.items = [.init(app: "cart")]
        let verdict = try server.write(object.manifest, by: bob, as: writer)
        #expect(verdict.refusal?.message == "spec.items[0]: say exactly one of image, fromEnvironment and path")
    }

    @Test("let metadata change on an object that breaks rules of today, so that it can be deleted")
    func oldFaults() throws {
        var server = Server(key: try key())
        var object = promotion()
        object.spec.items = [.init(app: "cart")]
        server.writeUnreviewed(object.manifest)
        #expect(try server.write(try changed(server) { $0.metadata.finalizers = ["a/b"] }, by: bob).isAllowed)
        #expect(try !server.write(try changed(server) { $0.spec.abort = true }, by: bob).isAllowed)
    }

    @Test("throw away stamps that a client sends", arguments: ["{}", "nonsense", #"{"request":{"user":"alice"}}"#])
    func clientStamps(_ text: String) throws {
        var server = Server(key: try key())
        var object = promotion()
        object.metadata.annotations[Annotation.stamps] = text
        #expect(try server.write(object.manifest, by: mallory).isAllowed)
        #expect(try server.book[.request(object.spec.asked)]?.user == "mallory")
        // Past the stamping half they are refused.
        let verdict = server.reviewer.review(
            AdmissionRequest(
                uid: "u", operation: .create, namespace: "shop", user: mallory, object: object.manifest), by: .person)
        #expect(verdict.refusal?.message.contains("is written by Sluice's admission webhook alone") == true)
    }

    @Test("keep stamps that a client leaves out")
    func replace() throws {
        var server = try approved()
        let bare = try changed(server) { $0.metadata.annotations = [:] }
        #expect(try server.write(bare, by: mallory).isAllowed)
        #expect(try server.book.approval(entry("alice")) != nil)
        #expect(try server.book.count == 2)
    }

    @Test("count nothing that was written while nobody reviewed, and never stamp it later")
    func unreviewed() throws {
        var server = Server(key: try key())
        server.writeUnreviewed(promotion(approvals: [entry("alice")]).manifest)
        #expect(try server.book.count == 0)
        // Alice changes something else: what stands in her name stays without her word.
        #expect(try server.write(try changed(server) { $0.metadata.labels["seen"] = "yes" }, by: alice).isAllowed)
        #expect(try server.write(try changed(server) { $0.spec.abort = true }, by: alice).isAllowed)
        #expect(try server.book.count == 1)
        #expect(try server.book[.abort]?.user == "alice")
        // Her own words count.
        let own = entry("alice", comment: "I looked")
        #expect(try server.write(try changed(server) { $0.spec.approvals = [own] }, by: alice).isAllowed)
        #expect(try server.book.approval(own)?.user == "alice")
        #expect(try server.book[.request(try server.promotion.spec.asked)] == nil)
    }

    @Test("make stamps that count for no other object, part or words")
    func copies() throws {
        let server = try approved()
        let original = try server.promotion
        // Another object of the same words.
        var copy = original
        copy.metadata.uid = "another"
        copy.metadata.name = "cart-2"
        #expect(StampBook(of: Promotion.kind, copy.metadata, key: try key()).count == 0)
        // The same name again, later: the requester's stamp was bound to the time of creation.
        copy = original
        copy.metadata.uid = "another"
        copy.metadata.creationTimestamp = now + .seconds(3600)
        #expect(StampBook(of: Promotion.kind, copy.metadata, key: try key()).count == 0)
        // Another kind, another namespace, another key.
        #expect(StampBook(of: Rollback.kind, original.metadata, key: try key()).count == 0)
        copy = original
        copy.metadata.namespace = "elsewhere"
        #expect(StampBook(of: Promotion.kind, copy.metadata, key: try key()).count == 0)
        #expect(try server.book(try key(8)).count == 0)
        #expect(StampBook(of: Promotion.kind, original.metadata, key: nil).count == 0)
        // Another plan than that which was approved.
        #expect(try server.book.approval(entry("alice", plan: "sha256:" + String(repeating: "b", count: 64))) == nil)
    }

    @Test(
        "take a stamp for none when any of its words was edited",
        arguments: [
            ("alice", "mallory"), (#""sre""#, #""owners""#), ("review-2", "review-3"), ("2027-01-15T", "2027-01-16T"),
        ])
    func edited(_ edit: (from: String, to: String)) throws {
        let server = try approved()
        var object = try server.promotion
        let text = try #require(object.metadata.annotations[Annotation.stamps])
        let forged = text.replacing(edit.from, with: edit.to)
        try #require(forged != text)
        object.metadata.annotations[Annotation.stamps] = forged
        #expect(StampBook(of: Promotion.kind, object.metadata, key: try key()).approval(entry("alice")) == nil)
    }

    @Test("bind what is created under a generated name")
    func generatedNames() throws {
        var server = Server(key: try key())
        var manifest = promotion(name: "").manifest
        manifest.json["metadata"]?["name"] = nil
        manifest.json["metadata"]?["generateName"] = "cart-"
        #expect(try server.write(manifest, by: bob).isAllowed)
        let object = try server.promotion
        #expect(object.metadata.name == "cart-x7k2p")
        #expect(try server.book[.request(object.spec.asked)]?.user == "bob")
    }

    @Test(
        "leave the status to the operator",
        arguments: [
            (Writer.sluice, true), (.person, false), (.syncer, false), (.controller, false),
        ])
    func status(_ row: (writer: Writer, allowed: Bool)) throws {
        let server = try approved()
        let succeeded = try changed(server) { $0.status.phase = .succeeded }
        let verdict = server.reviewer.review(
            server.request(succeeded, by: mallory, subresource: "status"), by: row.writer)
        #expect(verdict.isAllowed == row.allowed)
        if !row.allowed {
            #expect(verdict.refusal?.message == "status: is written by the operator alone; you are mallory")
        }
    }

    @Test(
        "let the operator and the accounts it syncs as bring what Git declares, without their word",
        arguments: [
            Writer.sluice, .syncer,
        ])
    func syncing(_ writer: Writer) throws {
        var server = Server(key: try key())
        var declared = promotion(approvals: [entry("alice")])
        let robot = user("system:serviceaccount:shop:deployer")
        #expect(
            try server.write(declared.manifest, by: robot, as: writer).refusal?.message
                == "spec.approvals[0]: system:serviceaccount:shop:deployer approves nothing: it only brings what Git declares"
        )
        declared.metadata.annotations[Annotation.origin] =
            #"{"environment":"delivery","namespace":"shop","path":"p.yaml"}"#
        let verdict = try server.write(declared.manifest, by: robot, as: writer)
        #expect(verdict.isAllowed)
        #expect(verdict.questions.isEmpty)
        #expect(try server.book.count == 0)
        // An entry in its own name is no approval either.
        declared.spec.approvals.append(entry(robot.name))
        #expect(try server.write(declared.manifest, by: robot, as: writer).isAllowed)
        #expect(try server.book.count == 0)
    }

    @Test("keep an approval that was given through the API when Git is synced")
    func mixing() throws {
        var server = Server(key: try key())
        let robot = user("system:serviceaccount:shop:deployer")
        var declared = promotion(approvals: [entry("carol")])
        declared.metadata.annotations[Annotation.origin] = "{}"
        try server.write(declared.manifest, by: robot, as: .syncer)
        #expect(try server.write(try changed(server) { $0.spec.approvals.append(entry("alice")) }, by: alice).isAllowed)
        // A sync that would drop or rewrite it is refused; one that leaves it is not.
        #expect(
            try server.write(declared.manifest, by: robot, as: .syncer).refusal?.message
                == "spec.approvals: alice gave this approval through the API; nobody else may remove it")
        #expect(
            try server.write(try changed(server) { $0.metadata.labels["a"] = "b" }, by: robot, as: .syncer).isAllowed)
        #expect(
            try server.write(try changed(server) { $0.spec.approvals.removeFirst() }, by: robot, as: .syncer).isAllowed)
        #expect(try server.book.approval(entry("alice"))?.user == "alice")
    }

    @Test("stamp the operator's own promotions and rollbacks as automatic, and refuse the label to others")
    func automatic() throws {
        var object = promotion()
        object.metadata.labels[Label.automatic] = "cart"
        var server = Server(key: try key())
        for writer in [Writer.person, .syncer, .controller] {
            let verdict = try server.write(object.manifest, by: mallory, as: writer)
            #expect(verdict.refusal?.message.contains("is set by the operator alone") == true)
        }
        #expect(try server.write(object.manifest, by: user("operator"), as: .sluice).isAllowed)
        let stamp = try server.book[.request(object.spec.asked)]
        #expect(stamp?.user == SystemUser.automatic)
        #expect(stamp?.identity.source == .automatic)
        // What Git declares under that label is somebody's, whoever committed it.
        object.metadata.annotations[Annotation.origin] = "{}"
        var other = Server(key: try key())
        #expect(try other.write(object.manifest, by: user("operator"), as: .sluice).isAllowed)
        #expect(try other.book.count == 0)
    }

    @Test(
        "refuse the deletion of what is under way to people, and let Kubernetes empty a namespace",
        arguments: [
            (PromotionPhase.gated, Writer.person, true), (.syncing, .person, false), (.committing, .person, false),
            (.verifying, .person, false), (.succeeded, .person, true), (.syncing, .controller, true),
            (.syncing, .sluice, true), (.syncing, .syncer, true),
        ])
    func deletion(_ row: (phase: PromotionPhase, writer: Writer, allowed: Bool)) throws {
        var server = try approved()
        server.writeUnreviewed(try changed(server) { $0.status.phase = row.phase })
        let verdict = server.reviewer.review(server.request(nil, by: alice, .delete), by: row.writer)
        #expect(verdict.isAllowed == row.allowed)
    }

    @Test("tell an approver that the plan is another by now")
    func stalePlan() throws {
        var server = Server(key: try key())
        try server.write(promotion().manifest, by: bob)
        let plan = "sha256:" + String(repeating: "c", count: 64)
        server.writeUnreviewed(try changed(server) { $0.status.planDigest = plan })
        let stale = try server.write(try changed(server) { $0.spec.approvals = [entry("alice")] }, by: alice)
        #expect(stale.isAllowed)
        #expect(stale.warnings.count == 1)
        let present = try server.write(
            try changed(server) { $0.spec.approvals = [entry("alice", plan: plan)] }, by: alice)
        #expect(present.warnings.isEmpty)
    }

    @Test("tell a caller who it is, on a dry run alone")
    func whoAmI() throws {
        let server = Server(key: try key())
        var object = promotion()
        object.metadata.annotations[Annotation.whoAmI] = ""
        let answer = server.reviewer.stamp(
            server.request(object.manifest, by: alice, dryRun: true), by: .person, now: now)
        #expect(answer.refusal?.causes.first == .init(field: "user", message: "alice"))
        #expect(answer.refusal?.causes.map(\.message) == ["alice", "sre", "system:authenticated"])
        #expect(server.reviewer.stamp(server.request(object.manifest, by: alice), by: .person, now: now).refusal == nil)
    }

    @Test("stamp a dry run like any other write, and store nothing by themselves")
    func dryRun() throws {
        let server = Server(key: try key())
        let answer = server.reviewer.stamp(
            server.request(promotion().manifest, by: bob, dryRun: true), by: .person, now: now)
        #expect(answer.patch.count == 2)
    }

    @Test("ask for the verb override where an environment's override is set, and stamp who set it")
    func environmentOverride() throws {
        let until = now + .seconds(600)
        func environment(_ override: EnvironmentOverride?) -> Manifest {
            var spec = EnvironmentSpec(source: .init(repository: "https://git.example.com/a.git", path: "apps/{app}"))
            spec.windows.override = .init(groups: ["sre"])
            spec.override = override
            return Environment(metadata: ObjectMeta(name: "production", namespace: "shop"), spec: spec).manifest
        }
        let reviewer = Reviewer(key: try key())
        func request(_ object: Manifest, old: Manifest?) -> AdmissionRequest {
            AdmissionRequest(
                uid: "u", operation: old == nil ? .create : .update, namespace: "shop", user: user("alice"),
                object: object, oldObject: old)
        }
        let plain = environment(nil)
        let opened = environment(.init(reason: "INC-7", until: until))
        #expect(reviewer.review(request(plain, old: nil), by: .person).questions == [])
        let verdict = reviewer.review(request(opened, old: plain), by: .person)
        #expect(
            verdict.questions == [
                AccessQuestion(.override, namespace: "shop", environment: "production", field: "spec.override")
            ])
        #expect(reviewer.stamp(request(opened, old: plain), by: .person, now: now).patch.count == 2)
        #expect(reviewer.stamp(request(opened, old: plain), by: .syncer, now: now).patch.isEmpty)
        #expect(reviewer.review(request(plain, old: opened), by: .person).questions == [])
    }

    @Test("hold rollbacks to the same rules")
    func rollbacks() throws {
        func rollback(_ change: (inout RollbackSpec) -> Void) -> Manifest {
            var spec = RollbackSpec(environment: "production", target: .init(promotion: "cart"))
            change(&spec)
            return Rollback(metadata: ObjectMeta(name: "undo", namespace: "shop", uid: "u"), spec: spec).manifest
        }
        let reviewer = Reviewer(key: try key())
        func verdict(_ object: Manifest, old: Manifest?) -> Verdict {
            reviewer.review(
                AdmissionRequest(
                    uid: "u", operation: old == nil ? .create : .update, namespace: "shop", user: user("alice"),
                    object: object, oldObject: old), by: .person)
        }
        let plain = rollback { _ in }
        #expect(verdict(plain, old: nil).questions.map(\.verb) == [.rollback])
        #expect(verdict(rollback { $0.release = true }, old: plain).questions.map(\.verb) == [.rollback])
        #expect(
            verdict(rollback { $0.override = .init(gates: [.window], reason: "x") }, old: plain).questions.map(\.verb)
                == [.override])
        #expect(verdict(rollback { $0.apps = ["web"] }, old: plain).invalid.map(\.path) == ["spec.apps"])
    }
}
