import Testing

/// Promotions and rollbacks through pull requests, on forges that speak the APIs over sockets and merge with git.
@Suite(World.isThere, .serialized) struct PullRequestIntegrationTests {
    private func withForge(
        _ kind: String, hooks: Bool = false, interval: String = "2s", _ body: (Stage, Forge) async throws -> Void
    ) async throws {
        try await Stage.with { stage in
            try await stage.untilServed()
            let forge = try await Forge(kind, stage, hook: hooks ? stage.sluice.webhookURL : nil)
            try await stage.applyEnvironments([
                "dev": stage.environment("dev", interval: interval, push: forge.push)
            ])
            try await body(stage, forge)
        }
    }

    private func promote(_ stage: Stage, _ name: String, _ tag: String, more: String = "") throws {
        try stage.apply(stage.promotion(name, into: "dev", item: stage.image("web", tag: tag), more: more))
    }

    private func untilReason(_ stage: Stage, _ kind: String, _ name: String, _ reason: String) async throws {
        try await stage.eventually("\(kind) \(name) is \(reason)") {
            try stage.field(kind, name, ".status.reason") == reason
        }
    }

    /// Waits until a promotion's pull request is there: `AwaitingMerge` is said before it is opened.
    private func untilOpen(_ stage: Stage, _ name: String) async throws {
        try await untilReason(stage, "promotion", name, "AwaitingMerge")
        try await stage.eventually("the status of promotion \(name) names its pull request") {
            try stage.field("promotion", name, ".status.pullRequest.phase") == "Open"
        }
    }

    private func branch(_ stage: Stage, _ name: String) throws -> String {
        try Command.run("git", ["-C", stage.bare, "for-each-ref", "--format=%(objectname)", "refs/heads/\(name)"])
    }

    private func branch(_ stage: Stage, of promotion: String) throws -> String {
        try branch(stage, "sluice/\(stage.namespace)/\(promotion)")
    }

    /// How a person merges; whether the commit keeps what it said.
    @Test(arguments: [
        ("GitHub", "squash-title", false), ("GitHub", "squash", true), ("GitLab", "rebase", true),
        ("GitLab", "squash-title", false), ("Gitea", "merge", true),
    ])
    func `a promotion waits for its merge, and goes on with what the merge made of it`(
        kind: String, style: String, keepsTrailers: Bool
    ) async throws {
        try await withForge(kind) { stage, forge in
            try promote(stage, "p", "v2")
            try await untilOpen(stage, "p")
            let pulls = try forge.pulls
            #expect(pulls.count == 1)
            let pull = try #require(pulls.first)
            #expect(pull.title == "Promote web to dev: v1 -> v2")
            #expect(pull.body.contains("\nPromotion: \(stage.namespace)/p\n"))
            #expect(pull.head == (try branch(stage, of: "p")))
            #expect(try stage.field("promotion", "p", ".status.pullRequest.commit") == pull.head)
            #expect(try stage.field("promotion", "p", ".status.gates[?(@.name==\"Merge\")].state") == "Waiting")
            // Nothing has happened yet.
            #expect(try stage.image("web", "dev") == "company/web:v1")
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/p").isEmpty)

            try forge.merge(1, style)
            try await stage.untilPhase("promotion", "p", "Succeeded")
            #expect(try stage.image("web", "dev") == "company/web:v2")
            let landed = try stage.field("promotion", "p", ".status.commit")
            let merged = try #require(try forge.pulls.first)
            #expect(landed == (style == "merge" ? pull.head : merged.merge))
            let told = try stage.commits(with: "Promotion: \(stage.namespace)/p")
            #expect(told == (keepsTrailers ? [landed] : []))
            #expect(try stage.field("promotion", "p", ".status.pullRequest.phase") == "Merged")
            try await stage.eventually("the branch is gone") { try branch(stage, of: "p").isEmpty }

            // Another process, with nothing but Git, the objects and the forge, does nothing again; and it undoes what
            // was merged, through a pull request too, whatever the merge left of our words.
            try stage.restart()
            try stage.apply(
                stage.rollback("undo", of: "dev", target: "{promotion: p}", more: "  pin: false\n  veto: false"))
            try await untilReason(stage, "rollback", "undo", "AwaitingMerge")
            try await stage.eventually("the second is open") { try forge.pulls.count == 2 }
            #expect(try stage.image("web", "dev") == "company/web:v2")
            try forge.merge(2, style)
            try await stage.untilPhase("rollback", "undo", "Succeeded")
            #expect(try stage.image("web", "dev") == "company/web:v1")
            #expect(try stage.field("rollback", "undo", ".status.pullRequest.phase") == "Merged")
            try await stage.eventually("the promotion says so") {
                try stage.phase("promotion", "p") == "RolledBack"
            }
            #expect(try forge.pulls.map(\.state) == ["merged", "merged"])
        }
    }

    @Test func `an open pull request follows the branch below it, and never becomes two`() async throws {
        try await withForge("GitHub") { stage, forge in
            try promote(stage, "p", "v2")
            try await untilOpen(stage, "p")
            let before = try branch(stage, of: "p")
            // Another file changes: the commit is as good as it was.
            try stage.pull()
            try stage.write("README.md", "Something else.")
            try stage.commit("Another file")
            try await Task.sleep(for: .seconds(4))
            #expect(try branch(stage, of: "p") == before)
            // The very file changes: it is made anew, on top.
            try stage.write(
                "apps/web/overlays/dev/kustomization.yaml", "# A word on this.\n" + Stage.overlay("web", "v1"))
            try stage.commit("The same file")
            try await stage.eventually("the branch is made anew") {
                let now = try branch(stage, of: "p")
                return !now.isEmpty && now != before
            }
            let main = try Command.run("git", ["-C", stage.bare, "rev-parse", "main"])
            #expect(try Command.run("git", ["-C", stage.bare, "rev-parse", try branch(stage, of: "p") + "^"]) == main)
            #expect(try forge.pulls.map(\.state) == ["open"])
            try await stage.eventually("the status names the new commit") {
                try stage.field("promotion", "p", ".status.pullRequest.commit") == (try branch(stage, of: "p"))
            }
            try forge.merge(1, "merge")
            try await stage.untilPhase("promotion", "p", "Succeeded")
            #expect(try stage.commits(with: "Promotion: \(stage.namespace)/p").count == 1)
        }
    }

    @Test func `what somebody else pushes to the branch is reported, and stays`() async throws {
        try await withForge("Gitea") { stage, forge in
            try promote(stage, "p", "v2")
            try await untilOpen(stage, "p")
            let name = "sluice/\(stage.namespace)/p"
            try stage.git("fetch", "-q", "origin", name)
            try stage.git("checkout", "-q", "-B", "foreign", "FETCH_HEAD")
            try stage.write(
                "apps/web/base/settings.yaml",
                "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web-settings}\ndata: {color: red}")
            try stage.git(
                "-c", "user.name=Mallory", "-c", "user.email=m@company.example", "-c", "commit.gpgSign=false", "commit",
                "-qam", "Sneak in")
            try stage.git("push", "-q", "origin", "HEAD:\(name)")
            let foreign = try stage.git("rev-parse", "HEAD")
            try await untilReason(stage, "promotion", "p", "ForeignChanges")
            #expect(try stage.field("promotion", "p", ".status.message").contains("Mallory"))
            try await Task.sleep(for: .seconds(3))
            #expect(try branch(stage, of: "p") == foreign)
            // A person decides: closed, the attempt ends; raised, it opens another, over a branch that is gone.
            try forge.close(1)
            try await stage.untilPhase("promotion", "p", "Aborted")
            #expect(try stage.field("promotion", "p", ".status.reason") == "PullRequestClosed")
            #expect(try branch(stage, of: "p") == foreign)
            try stage.git("push", "-q", "origin", ":\(name)")
            try stage.kubectl("patch", "promotion", "p", "--type=merge", "-p", #"{"spec":{"attempt":2}}"#)
            try await untilOpen(stage, "p")
            #expect(try forge.pulls.map(\.state) == ["closed", "open"])
            // Aborted, its pull request is closed, which says why, and its branch deleted.
            try stage.kubectl("patch", "promotion", "p", "--type=merge", "-p", #"{"spec":{"abort":true}}"#)
            try await stage.untilPhase("promotion", "p", "Aborted")
            #expect(try forge.pulls.map(\.state) == ["closed", "closed"])
            #expect(try forge.pulls[1].comments.count == 1)
            #expect(
                try forge.pulls[1].comments[0].hasPrefix("Closed by Sluice: Promotion \(stage.namespace)/p has ended"))
            #expect(try branch(stage, of: "p").isEmpty)
            #expect(try stage.image("web", "dev") == "company/web:v1")
        }
    }

    @Test(arguments: ["before", "after"])
    func `killed between the push and the answer, it opens one pull request in the end`(when: String) async throws {
        try await withForge("GitLab") { stage, forge in
            try forge.hold(when)
            try promote(stage, "p", "v2")
            try await stage.eventually("the forge was asked") { try forge.isHolding }
            stage.sluice.kill()
            let pushed = try branch(stage, of: "p")
            #expect(!pushed.isEmpty)
            #expect(try forge.pulls.count == (when == "after" ? 1 : 0))
            try stage.restart()
            try await untilOpen(stage, "p")
            try await stage.eventually("the status names it") {
                try stage.field("promotion", "p", ".status.pullRequest.commit") == pushed
            }
            #expect(try forge.pulls.map(\.state) == ["open"])
            #expect(try branch(stage, of: "p") == pushed)
            // And again, with a mirror that knows nothing.
            stage.sluice.kill()
            try Command.run("rm", ["-rf", stage.folder + "/state"])
            try stage.restart()
            try await Task.sleep(for: .seconds(4))
            #expect(try branch(stage, of: "p") == pushed)
            try forge.merge(1, "rebase")
            try await stage.untilPhase("promotion", "p", "Succeeded")
            #expect(try forge.pulls.count == 1)
        }
    }

    @Test func `a forge that fails is told of, asked again, and loses nothing`() async throws {
        try await withForge("GitHub") { stage, forge in
            try forge.fail(500, times: 2, method: "GET")
            try promote(stage, "p", "v2")
            try await untilReason(stage, "promotion", "p", "ForgeUnavailable")
            try await untilOpen(stage, "p")
            for (status, reason) in [
                (401, "ForgeUnauthorized"), (403, "ForgeForbidden"), (503, "ForgeUnavailable"),
                (429, "ForgeRateLimited"),
            ] {
                try forge.fail(status, retryAfter: status == 429 ? 2 : nil)
                try await untilReason(stage, "promotion", "p", reason)
                #expect(!(try stage.field("promotion", "p", ".status.message")).contains(World.gitPassword))
                try await untilOpen(stage, "p")
            }
            // One that is not found for a moment is looked for by its branch.
            try forge.fail(404)
            try await Task.sleep(for: .seconds(4))
            #expect(try stage.field("promotion", "p", ".status.reason") == "AwaitingMerge")
            #expect(try forge.pulls.map(\.state) == ["open"])
            try forge.merge(1, "squash")
            try await stage.untilPhase("promotion", "p", "Succeeded")

            // The same while one is being opened.
            for (index, status) in [409, 422, 502].enumerated() {
                try forge.fail(status, method: "POST")
                try promote(stage, "q\(index)", "v\(3 + index)")
                let reason = [409: "ForgeConflict", 422: "ForgeRefused", 502: "ForgeUnavailable"][status] ?? ""
                try await untilReason(stage, "promotion", "q\(index)", reason)
                try await untilReason(stage, "promotion", "q\(index)", "AwaitingMerge")
                try await stage.eventually("it is open") { try forge.pulls.count == 2 + index }
                try forge.merge(2 + index, "squash")
                try await stage.untilPhase("promotion", "q\(index)", "Succeeded")
            }
        }
    }

    @Test(arguments: ["GitHub", "GitLab", "Gitea"])
    func `a webhook tells of a merge and of a closing long before a poll would`(kind: String) async throws {
        try await withForge(kind, hooks: true, interval: "1h") { stage, forge in
            try promote(stage, "p", "v2")
            try await untilOpen(stage, "p")
            try await stage.eventually("it is open") { try forge.pulls.count == 1 }
            try forge.merge(1, "merge")
            try await stage.untilPhase("promotion", "p", "Succeeded", within: .seconds(20))
            try promote(stage, "q", "v3")
            try await untilOpen(stage, "q")
            try await stage.eventually("it is open") { try forge.pulls.count == 2 }
            try forge.close(2)
            try await stage.untilPhase("promotion", "q", "Aborted", within: .seconds(20))
            // Waiting, it asked the forge next to nothing.
            #expect(try forge.requests.count < 20)
        }
    }

    @Test func `who is deleted leaves no open pull request behind`() async throws {
        try await withForge("GitLab") { stage, forge in
            try promote(stage, "p", "v2")
            try await untilOpen(stage, "p")
            #expect(try stage.field("promotion", "p", ".metadata.finalizers[0]") == "sluice.dev/pull-request")
            try stage.kubectl("delete", "promotion", "p", "--timeout=30s")
            let pulls = try forge.pulls
            #expect(pulls.map(\.state) == ["closed"])
            #expect(pulls.first?.comments == ["Closed by Sluice: Promotion \(stage.namespace)/p was deleted."])
            #expect(try branch(stage, of: "p").isEmpty)
            // One that was merged holds nothing up, and what it did stays.
            try promote(stage, "q", "v3")
            try await untilOpen(stage, "q")
            try forge.merge(2, "merge")
            try await stage.untilPhase("promotion", "q", "Succeeded")
            try stage.kubectl("delete", "promotion", "q", "--timeout=30s")
            #expect(try stage.image("web", "dev") == "company/web:v3")
            // A Rollback likewise.
            try stage.apply(
                stage.rollback("undo", of: "dev", target: "{steps: 1}", more: "  pin: false\n  veto: false"))
            try await untilReason(stage, "rollback", "undo", "AwaitingMerge")
            try await stage.eventually("it is open") { try forge.pulls.map(\.state) == ["closed", "merged", "open"] }
            try stage.kubectl("delete", "rollback", "undo", "--timeout=30s")
            #expect(try forge.pulls.map(\.state) == ["closed", "merged", "closed"])
        }
    }

    @Test func `a release goes through a pull request too, and its merge makes it last`() async throws {
        try await withForge("GitHub") { stage, forge in
            try promote(stage, "p", "v2")
            try await untilOpen(stage, "p")
            try forge.merge(1, "merge")
            try await stage.untilPhase("promotion", "p", "Succeeded")
            try stage.apply(stage.rollback("undo", of: "dev", target: "{promotion: p}"))
            try await untilReason(stage, "rollback", "undo", "AwaitingMerge")
            try await stage.eventually("it is open") { try forge.pulls.count == 2 }
            try forge.merge(2, "merge")
            try await stage.untilPhase("rollback", "undo", "Succeeded")
            #expect(try stage.field("environment", "dev", ".status.holds[*].app") == "web")

            try stage.kubectl("patch", "rollback", "undo", "--type=merge", "-p", #"{"spec":{"release":true}}"#)
            let released = #".status.conditions[?(@.type=="Released")]"#
            try await stage.eventually("the release waits for its merge") {
                try stage.field("rollback", "undo", released + ".reason") == "AwaitingMerge"
            }
            #expect(try stage.commits(with: "Release: \(stage.namespace)/undo").isEmpty)
            let pull = try #require(try forge.pulls.last)
            #expect(pull.title == "Release rollback undo in dev")
            #expect(pull.branch == "sluice-release/\(stage.namespace)/undo")
            try forge.merge(3, "merge")
            try await stage.eventually("the release is told") {
                try stage.field("rollback", "undo", released + ".status") == "True"
            }
            #expect(try stage.commits(with: "Release: \(stage.namespace)/undo").count == 1)
            try await stage.eventually("the branch is gone") { try branch(stage, pull.branch).isEmpty }
            // It lasts without the object.
            try stage.kubectl("delete", "rollback", "undo", "--timeout=30s")
            try stage.restart()
            try await stage.eventually("nothing is held") {
                try stage.field("environment", "dev", ".status.holds[*].app").isEmpty
            }
            #expect(try forge.pulls.map(\.state) == ["merged", "merged", "merged"])
        }
    }

    @Test func `a later promotion takes the place of one that waits for its merge`() async throws {
        try await withForge("GitHub") { stage, forge in
            try promote(stage, "p", "v2")
            try await untilOpen(stage, "p")
            try await stage.eventually("it is open") { try forge.pulls.count == 1 }
            try promote(stage, "q", "v3")
            try await stage.untilPhase("promotion", "p", "Superseded")
            try await untilOpen(stage, "q")
            try await stage.eventually("the other is open") { try forge.pulls.map(\.state) == ["closed", "open"] }
            #expect(try branch(stage, of: "p").isEmpty)
            try forge.merge(2, "merge")
            try await stage.untilPhase("promotion", "q", "Succeeded")
        }
    }
}
