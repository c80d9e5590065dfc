import Glibc
import Testing

/// Several replicas, of which one is stopped, killed, cut off or late: another one goes on, and nothing is committed twice.
@Suite(World.isThere, .serialized) struct AvailabilityIntegrationTests {
    private func expectOnce(_ stage: Stage, _ name: String, within limit: Duration = .seconds(60)) async throws {
        try await stage.untilPhase("promotion", name, "Succeeded", within: limit)
        let commits = try stage.commits(with: "Promotion: \(stage.namespace)/\(name)")
        #expect(commits.count == 1)
        #expect(try stage.field("promotion", name, ".status.commit") == commits.first)
    }

    /// A promotion that is to be committed some seconds from now, and not before.
    private func promotion(_ stage: Stage, _ name: String, tag: String, in seconds: Int) throws -> String {
        let time = try Command.run("date", ["-u", "-d", "+\(seconds) seconds", "+%FT%TZ"])
        return stage.promotion(
            name, into: "dev", item: stage.image("web", tag: tag), more: "  notBefore: \"\(time)\"")
    }

    @Test func `a leader that is asked to end hands over within seconds, one that is killed is replaced`() async throws
    {
        try await Stage.with { stage in
            try stage.restartAsReplica()
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            let second = try stage.replica("b")
            defer { second.kill() }
            try await stage.untilItFollows(second)
            #expect(stage.sluice.shards == 1, "who joins does not take the lead from one that is well")

            let began = ContinuousClock.now
            stage.sluice.send(SIGTERM)
            try await stage.eventually("the other leads", every: .milliseconds(20)) { second.shards == 1 }
            let took = ContinuousClock.now - began
            print("handed over in \(took)")
            #expect(took < .seconds(10))
            stage.sluice.terminate()
            try stage.apply(stage.promotion("p1", into: "dev", item: stage.image("web", tag: "v2")))
            try await expectOnce(stage, "p1")

            try stage.restartAsReplica()
            try await stage.untilItFollows(stage.sluice)
            // It is killed while it pushes, and does not live to hear that the commit was taken.
            try stage.onPush("committed", "kill -9 $(cat \(stage.folder)/b/operator.pid)")
            try stage.apply(stage.promotion("p2", into: "dev", item: stage.image("web", tag: "v3")))
            try await stage.eventually("the leader is killed") { !second.isRunning }
            let killed = ContinuousClock.now
            try await stage.eventually("the first one leads again", within: .seconds(60)) { stage.sluice.shards == 1 }
            print("replaced in \(ContinuousClock.now - killed) after kill -9")
            try await expectOnce(stage, "p2")
            #expect(try stage.image("web", "dev") == "company/web:v3")
        }
    }

    @Test func `a leader that is cut off from the API server commits no more, though it could push`() async throws {
        try await Stage.with { stage in
            let partition = try await Partition(stage)
            defer { partition.end() }
            try stage.restartAsReplica(kubeconfig: partition.kubeconfig)
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            let second = try stage.replica("b")
            defer { second.kill() }
            try await stage.untilItFollows(second)
            // What it is to do at its time, it knows.
            try stage.apply(try promotion(stage, "p1", tag: "v2", in: 22))
            try await stage.untilPhase("promotion", "p1", "Gated")
            partition.begin()
            try await stage.eventually("the other leads", within: .seconds(60)) { second.shards == 1 }
            try await stage.eventually("the one that is cut off has stopped") { stage.sluice.shards == 0 }
            try await expectOnce(stage, "p1")
            #expect(try (stage.sluice.pushes(), second.pushes()) == (0, 1))

            partition.heal()
            try stage.apply(stage.promotion("p2", into: "dev", item: stage.image("web", tag: "v3")))
            try await expectOnce(stage, "p2")
            #expect(try (stage.sluice.pushes(), second.pushes()) == (0, 2))
            #expect((stage.sluice.shards, second.shards) == (0, 1))
        }
    }

    /// Its clock is late by all that it slept: what it goes on with was right half a minute ago.
    @Test func `a leader that is stopped and goes on after another took over writes nothing`() async throws {
        try await Stage.with { stage in
            try stage.restartAsReplica()
            try await stage.applyEnvironments(["dev": stage.environment("dev")])
            let second = try stage.replica("b")
            defer { second.kill() }
            try await stage.untilItFollows(second)

            // Stopped in the middle of its push.
            try stage.onPush("prepared", "kill -STOP $(cat \(stage.folder)/operator.pid)")
            try stage.apply(stage.promotion("p1", into: "dev", item: stage.image("web", tag: "v2")))
            try await stage.eventually("the other leads", within: .seconds(60)) { second.shards == 1 }
            try await expectOnce(stage, "p1")
            let written = try stage.field("promotion", "p1", ".metadata.resourceVersion")
            stage.sluice.send(SIGCONT)
            try await stage.eventually("it has noticed") { stage.sluice.shards == 0 }
            #expect(try stage.field("promotion", "p1", ".metadata.resourceVersion") == written)

            // Stopped before it would push.
            try stage.apply(try promotion(stage, "p2", tag: "v3", in: 20))
            try await stage.untilPhase("promotion", "p2", "Gated")
            second.send(SIGSTOP)
            try await stage.eventually("the first one leads again", within: .seconds(60)) { stage.sluice.shards == 1 }
            try await expectOnce(stage, "p2")
            second.send(SIGCONT)
            try await stage.eventually("it has noticed") { second.shards == 0 }
            try stage.apply(stage.promotion("p3", into: "dev", item: stage.image("web", tag: "v4")))
            try await expectOnce(stage, "p3")
            #expect(try second.pushes() == 0, "p1 was found in Git, and the others are not its own")
            for name in ["p1", "p2"] { try await expectOnce(stage, name) }
        }
    }

    @Test func `shards go to who joins and come back from who leaves, in the middle of promotions`() async throws {
        let teams = (0..<6).map { "team\($0)" }
        try await Stage.with(apps: teams) { stage in
            let flags = ["--all-namespaces", "--shards", "4"]
            try stage.restartAsReplica(flags: flags)
            try await stage.untilServed()
            let namespaces = teams.map { "\(stage.namespace)-\($0)" }
            defer {
                _ = try? stage.kubectl(
                    ["delete", "namespace", "--wait=false"] + namespaces + namespaces.map { "\($0)-dev" })
            }
            func apply(_ yaml: String, in index: Int) throws {
                try stage.kubectl(
                    ["--namespace", namespaces[index], "apply", "-f", "-"],
                    input: yaml.replacing(stage.namespace, with: namespaces[index]))
            }
            for (index, team) in teams.enumerated() {
                try stage.kubectl("create", "namespace", namespaces[index])
                let secret = try stage.kubectl("get", "secret", "gitops-git", "-o", "jsonpath={.data}")
                try apply(
                    #"{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "gitops-git"}, "data": \#(secret)}"#,
                    in: index)
                try apply(stage.environment("dev", path: "apps/\(team)/overlays/dev"), in: index)
            }
            func phase(_ kind: String, _ name: String, _ namespace: String) throws -> String {
                try stage.kubectl(
                    "--namespace", namespace, "get", kind, name, "-o", "jsonpath={.status.phase}")
            }
            for namespace in namespaces {
                try await stage.eventually("\(namespace) is Ready", within: .seconds(60)) {
                    try phase("environment", "dev", namespace) == "Ready"
                }
            }
            #expect(stage.sluice.shards == 4)
            var second: OperatorProcess?
            defer { second?.kill() }
            for round in 1...2 {
                for (index, team) in teams.enumerated() {
                    let item = "{app: dev, image: {name: company/\(team), newTag: v\(round + 1)}}"
                    try apply(stage.promotion("p\(round)", into: "dev", item: item), in: index)
                }
                let began = ContinuousClock.now
                if let leaver = second {
                    leaver.send(SIGTERM)
                    try await stage.eventually("all come back") { stage.sluice.shards == 4 }
                } else {
                    let joiner = try stage.replica("b", flags: flags)
                    second = joiner
                    try await stage.eventually("each has two") { (stage.sluice.shards, joiner.shards) == (2, 2) }
                }
                print("shards have moved after \(ContinuousClock.now - began)")
                for namespace in namespaces {
                    try await stage.eventually("p\(round) of \(namespace) has Succeeded", within: .seconds(60)) {
                        try phase("promotion", "p\(round)", namespace) == "Succeeded"
                    }
                    #expect(try stage.commits(with: "Promotion: \(namespace)/p\(round)").count == 1)
                }
            }
        }
    }
}
