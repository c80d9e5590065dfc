import Core
import HTTP
import KubernetesModel
import SluiceAPI
import Testing

@testable import Controllers
@testable import Git
@testable import Policy

@Suite("Verification by metrics and Jobs")
struct VerificationTests {
    private static let metric = EnvironmentSpec.Metric(
        name: "errors", prometheus: .init(url: "http://p", query: "q"), condition: "< 0.1", interval: .seconds(10))
    private static let job = EnvironmentSpec.JobCheck(name: "smoke", templateRef: .init(name: "smoke"))

    private func story(metrics: [EnvironmentSpec.Metric] = [], jobs: [EnvironmentSpec.JobCheck] = []) throws
        -> PromotionStory
    {
        var story = try PromotionStory()
        story.environment.spec.verification.metrics = metrics
        story.environment.spec.verification.jobs = jobs
        return story
    }

    private func plan(
        _ story: PromotionStory, after seconds: Int = 0, health: HealthState = .healthy,
        metrics: [String: MetricReading] = [:], jobs: [String: JobReading] = [:], watched: Bool = false
    ) throws -> PromotionPlan {
        var observation = story.observation
        observation.change = nil
        observation.commit = try story.record()
        observation.apps = [story.progress(health: health, since: story.now - .seconds(600))]
        observation.metrics = metrics
        observation.jobs = jobs
        observation.jobsAreWatched = watched
        return PromotionPlanner.plan(observation, now: story.now + .seconds(seconds))
    }

    @Test("succeeds when the apps are stable and every metric is good, and looks when each is due")
    func metricPasses() throws {
        var story = try story(metrics: [Self.metric])
        let first = try plan(story)
        #expect(first.status.phase == .verifying)
        #expect(first.status.verification.map(\.state) == [.running, .pending])
        story.advance(first)
        let measured = try plan(story, after: 1, metrics: ["errors": .value(0.05)])
        #expect(measured.status.verification.last?.state == .passed)
        #expect(measured.status.verification.last?.value == "0.05")
        #expect(measured.requeueAt == story.now + .seconds(11))
        story.advance(measured)
        #expect(try plan(story, after: 29).status.phase == .verifying)
        let done = try plan(story, after: 30, metrics: ["errors": .value(0.01)])
        #expect(done.status.phase == .succeeded)
        #expect(done.status.verification.map(\.state) == [.passed, .passed])
    }

    @Test("fails at once when a metric has broken too often, and asks for a rollback")
    func metricFails() throws {
        var story = try story(metrics: [Self.metric])
        story.advance(try plan(story))
        let plan = try plan(story, after: 1, metrics: ["errors": .value(0.5)])
        #expect(plan.status.phase == .failed)
        #expect(plan.status.reason == RunReason.metricFailed.rawValue)
        #expect(plan.status.message.contains("errors: 0.5 is not < 0.1"))
        #expect(plan.action == .rollBack(name: "cart-v2-auto-1", cause: "MetricFailed: errors: 0.5 is not < 0.1"))
    }

    @Test("ends without a verdict when nothing is learnt in time, and takes nothing healthy away for that")
    func inconclusive() throws {
        var story = try story(metrics: [Self.metric])
        story.advance(try plan(story))
        story.advance(try plan(story, after: 1, metrics: ["errors": .failed("server down")]))
        #expect(story.promotion.status.phase == .verifying)
        let late = try plan(story, after: 600)
        #expect(late.status.phase == .failed)
        #expect(late.status.reason == RunReason.metricFailed.rawValue)
        #expect(late.status.message == "errors: no verdict within 10m (server down)")
        #expect(late.action == nil)
    }

    @Test("creates a Job once the apps are healthy, and succeeds with it")
    func jobPasses() throws {
        var story = try story(jobs: [Self.job])
        story.advance(try plan(story, health: .progressing))
        let waiting = try plan(story, after: 1, health: .progressing, jobs: ["smoke": .missing])
        #expect(waiting.action == nil)
        story.advance(waiting)
        let begun = try plan(story, after: 2, jobs: ["smoke": .missing])
        guard case .runJobs(let parts)? = begun.action else {
            Issue.record("no Job was asked for")
            return
        }
        #expect(parts.map(\.name) == ["smoke"])
        story.advance(begun)
        story.advance(try plan(story, after: 3, jobs: ["smoke": .running]))
        #expect(story.promotion.status.verification.last?.state == .running)
        let done = try plan(story, after: 60, jobs: ["smoke": .succeeded])
        #expect(done.status.phase == .succeeded)
        #expect(done.endedJobs.map(\.name) == ["smoke"])
    }

    @Test("waits for word of a Job that is watched, and for its time; looks where nobody tells")
    func watchedJob() throws {
        var story = try story(jobs: [Self.job])
        story.advance(try plan(story))
        story.advance(try plan(story, after: 2, jobs: ["smoke": .missing], watched: true))
        let begun = story.now + .seconds(2)
        let watched = try plan(story, after: 100, jobs: ["smoke": .running], watched: true)
        #expect(watched.requeueAt == begun + Self.job.timeout.duration)
        let unwatched = try plan(story, after: 100, jobs: ["smoke": .running])
        #expect(unwatched.requeueAt == story.now + .seconds(105))
        // A watch does not tell when what could not be read can be.
        let unread = try plan(story, after: 100, jobs: ["smoke": .unreadable("no answer")], watched: true)
        #expect(unread.requeueAt == story.now + .seconds(105))
    }

    @Test("makes no second Job: not before the first was seen, nor when it is gone")
    func once() throws {
        var story = try story(jobs: [Self.job])
        story.advance(try plan(story))
        let begun = try plan(story, after: 1, jobs: ["smoke": .missing])
        story.advance(begun)
        // The process died before it knew whether the Job was made: it asks for the same one, by the same name.
        guard case .runJobs(let again)? = try plan(story, after: 2, jobs: ["smoke": .missing]).action else {
            Issue.record("the Job was not asked for again")
            return
        }
        let names = [begun, try plan(story, after: 2, jobs: ["smoke": .missing])].map { plan -> String in
            guard case .runJobs(let parts)? = plan.action, let part = parts.first else { return "" }
            return VerificationJob(part, of: story.promotion, in: story.environment).name
        }
        #expect(again.count == 1)
        #expect(Set(names).count == 1)
        story.advance(try plan(story, after: 3, jobs: ["smoke": .running]))
        let gone = try plan(story, after: 4, jobs: ["smoke": .missing])
        #expect(gone.status.phase == .failed)
        #expect(gone.status.reason == RunReason.jobFailed.rawValue)
        #expect(gone.status.message.contains("removed before its end was seen"))
    }

    @Test("fails with its Job, by what it says or by its time, and leaves it to be looked at")
    func jobFails() throws {
        var story = try story(jobs: [Self.job])
        story.advance(try plan(story))
        story.advance(try plan(story, after: 1, jobs: ["smoke": .running]))
        let failed = try plan(story, after: 2, jobs: ["smoke": .failed("BackoffLimitExceeded")])
        #expect(failed.status.message.hasPrefix("smoke: BackoffLimitExceeded; rollback"))
        #expect(failed.endedJobs.isEmpty)
        let late = try plan(story, after: 302, jobs: ["smoke": .running])
        #expect(late.status.message.hasPrefix("smoke: the Job took longer than 5m; rollback"))
    }

    @Test("a Job that is still at work when the promotion fails is removed")
    func stopped() throws {
        var story = try story(jobs: [Self.job])
        story.advance(try plan(story))
        story.advance(try plan(story, after: 1, jobs: ["smoke": .running]))
        let plan = try plan(story, after: 2, health: .degraded, jobs: ["smoke": .running])
        #expect(plan.status.phase == .failed)
        #expect(plan.endedJobs.map(\.name) == ["smoke"])
    }

    @Test("gives each app its own metric where the query says so, and its own Job")
    func parts() {
        var own = Self.metric
        own.prometheus.query = "rate(errors{app=\"{app}\"}[1m])"
        let verification = EnvironmentSpec.Verification(metrics: [Self.metric, own], jobs: [Self.job])
        let parts = verification.parts(apps: ["cart", "web"])
        #expect(parts.map(\.name) == ["errors", "errors/cart", "errors/web", "smoke/cart", "smoke/web"])
        guard case .metric(let filled) = parts[1].work else { return }
        #expect(filled.prometheus.query == "rate(errors{app=\"cart\"}[1m])")
        #expect(verification.parts(apps: ["cart"]).map(\.name) == ["errors", "errors/cart", "smoke"])
    }

    @Test("after its success a version that falls ill is verified no longer, and is rolled back once")
    func watched() throws {
        var story = try story()
        story.advance(try plan(story))
        let done = try plan(story, after: 30)
        #expect(done.status.timestamps.watchedUntil == story.now + .seconds(30 + 1800))
        #expect(done.requeueAt == done.status.timestamps.watchedUntil)
        story.advance(done)
        #expect(try plan(story, after: 100).status == done.status)
        let ill = try plan(story, after: 200, health: .degraded)
        #expect(ill.status.phase == .succeeded)
        #expect(ill.status.conditions[ConditionType.verified]?.status == .no)
        guard case .rollBack("cart-v2-auto-1", _)? = ill.action else {
            Issue.record("no rollback was asked for")
            return
        }
        story.advance(ill)
        #expect(try plan(story, after: 201, health: .degraded).action == nil)
        // Healthy again for as long as a verification asks: verified again.
        #expect(try plan(story, after: 260).status.conditions.isTrue(ConditionType.verified))
        let over = try plan(story, after: 30 + 1800, health: .degraded)
        #expect(over.action == nil)
        #expect(over.status.timestamps.watchedUntil == nil)
    }

    @Test("answers no longer for an app that something else has changed since")
    func overtaken() throws {
        var story = try story()
        story.advance(try plan(story))
        story.advance(try plan(story, after: 30))
        var observation = story.observation
        observation.commit = try story.record()
        observation.apps = [story.progress(health: .degraded)]
        observation.overtaken = ["cart"]
        let plan = PromotionPlanner.plan(observation, now: story.now + .seconds(60))
        #expect(plan.action == nil)
        #expect(plan.status.timestamps.watchedUntil == nil)
        #expect(plan.status.conditions.isTrue(ConditionType.verified))
    }

    @Test("does not roll back to itself: that a bad first version was well for a moment is no healthy past")
    func noPast() throws {
        var story = try story()
        story.environment.status.revision.lastHealthy = story.commit.hex
        story.advance(try plan(story))
        let plan = try plan(story, after: 1, health: .degraded)
        #expect(plan.action == nil)
        #expect(plan.status.message.hasSuffix("not rolled back, for there is no earlier healthy revision"))
    }
}

@Suite("The Job of a verification")
struct VerificationJobTests {
    private let part = VerificationPart(
        name: "smoke", app: "cart", work: .job(.init(name: "smoke", templateRef: .init(name: "smoke"))))

    private func manifest(_ template: String) throws -> Manifest {
        var story = try PromotionStory()
        story.environment.spec.destination.namespace = "prod-{app}"
        story.promotion.status.commit = story.commit.hex
        story.promotion.status.items = story.change.items
        return try VerificationJob(part, of: story.promotion, in: story.environment).manifest(
            template: Array(template.utf8), part: part, timeout: .minutes(5), of: story.promotion,
            in: story.environment)
    }

    @Test("has our name and namespace, ends by itself, and tells its containers what they verify")
    func made() throws {
        let job = try manifest(
            """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: x, namespace: kube-system, labels: {team: shop}}
            spec:
              backoffLimit: 0
              template:
                spec:
                  restartPolicy: Never
                  containers:
                  - {name: a, image: smoke, env: [{name: SLUICE_APP, value: mine}]}
            """)
        #expect(job.name.hasPrefix("cart-v2-smoke-"))
        #expect(job.namespace == "prod-cart")
        #expect(job.labels["team"] == "shop")
        #expect(job.labels[Label.promotion] == "cart-v2")
        // One that carried the environment's label would be taken for an object that left Git.
        #expect(job.labels[Label.environment] == nil)
        #expect(job.json["spec"]?["activeDeadlineSeconds"] == 300)
        #expect(job.json["spec"]?["backoffLimit"] == 0)
        let env = job.json["spec"]?["template"]?["spec"]?["containers"]?[0]?["env"]?.arrayValue ?? []
        let values = Dictionary(
            env.map { ($0["name"]?.stringValue ?? "", $0["value"]?.stringValue ?? "") }, uniquingKeysWith: { $1 })
        #expect(values["SLUICE_APP"] == "mine")
        #expect(values["SLUICE_ENVIRONMENT"] == "production")
        #expect(values["SLUICE_VERSION"] == "v2")
        #expect(values["SLUICE_COMMIT"]?.count == 40)
    }

    @Test(
        "is refused where the template is not one Job",
        arguments: [
            "", "a: 1", "apiVersion: v1\nkind: Pod\nspec: {template: {spec: {}}}",
            "apiVersion: batch/v1\nkind: Job\nspec: {}", "{{{",
            "apiVersion: batch/v1\nkind: Job\nspec: {template: {spec: {}}}\n---\napiVersion: v1\nkind: Secret",
        ])
    func refused(template: String) {
        #expect(throws: ChangeError.self) { try manifest(template) }
    }

    @Test("is read from its conditions")
    func reading() {
        func job(_ conditions: JSONValue) -> JobReading { JobReading(Manifest(["status": ["conditions": conditions]])) }
        #expect(job([]) == .running)
        #expect(job([["type": "Complete", "status": "True"]]) == .succeeded)
        #expect(job([["type": "Failed", "status": "False"]]) == .running)
        #expect(
            job([["type": "Failed", "status": "True", "reason": "DeadlineExceeded", "message": "too slow"]])
                == .failed("DeadlineExceeded: too slow"))
    }
}

@Suite("Prometheus' answers")
struct PrometheusAnswerTests {
    private func reading(_ body: String, status: Int = 200) -> MetricReading {
        PrometheusClient.reading(HTTPResponse(status: status, body: Array(body.utf8)), from: "http://p/api/v1/query")
    }

    private func vector(_ samples: String) -> String {
        "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":[\(samples)]}}"
    }

    @Test("give one value, or no data")
    func values() {
        #expect(reading(vector("{\"metric\":{},\"value\":[1.5,\"0.25\"]}")) == .value(0.25))
        #expect(reading(vector("")) == .noData)
        #expect(reading(vector("{\"metric\":{},\"value\":[1.5,\"NaN\"]}")) == .noData)
        #expect(reading(vector("{\"metric\":{},\"value\":[1.5,\"+Inf\"]}")) == .value(.infinity))
        #expect(
            reading("{\"status\":\"success\",\"data\":{\"resultType\":\"scalar\",\"result\":[1,\"3\"]}}") == .value(3))
    }

    @Test("that are none say why, and quote nothing but what the server says of the query")
    func failures() {
        let two = "{\"metric\":{},\"value\":[1,\"1\"]},{\"metric\":{},\"value\":[1,\"2\"]}"
        #expect(
            reading(vector(two)) == .failed("http://p/api/v1/query: the query gives 2 values; aggregate them to one"))
        #expect(
            reading("{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"parse error\"}", status: 400)
                == .failed("http://p/api/v1/query: status 400: parse error"))
        #expect(reading("<html>secret</html>", status: 502) == .failed("http://p/api/v1/query: status 502 and no JSON"))
        for body in [
            "{}", "[]", "{\"status\":\"success\"}",
            "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}",
            vector("{\"value\":[1]}"), vector("{\"value\":[1,2]}"), vector("{\"value\":[1,\"x\"]}"), vector("7"),
        ] {
            guard case .failed = reading(body) else {
                Issue.record("\(body) was read as \(reading(body))")
                continue
            }
        }
    }
}
