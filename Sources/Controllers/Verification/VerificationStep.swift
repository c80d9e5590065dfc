internal import Core
internal import KubernetesModel
internal import Policy
internal import SluiceAPI

/// One pass over the parts of a verification: what was known, what came back now, and what follows. Pure.
struct VerificationStep {
    /// Every part as it stands now, in the order of the spec.
    private(set) var checks: [Check] = []
    /// Jobs that are to be created now.
    private(set) var toRun: [VerificationPart] = []
    /// Jobs that have just passed; those that failed are left for people to look at, until their time is over.
    private(set) var passed: [VerificationPart] = []
    /// When the next part is to be looked at again.
    private(set) var next: Timestamp?

    /// How soon a Job is looked at again whose changes nobody tells of.
    private static let jobInterval = Duration.seconds(5)

    /// - Parameters:
    ///   - known: the checks as the status has them.
    ///   - jobsAreWatched: whether changes of Jobs are told, so that only their time is waited for.
    ///   - start: since when the promotion is in the cluster.
    ///   - isHealthy: whether its apps are; Jobs begin only then.
    init(
        _ parts: [VerificationPart], known: [Check], metrics: [String: MetricReading], jobs: [String: JobReading],
        jobsAreWatched: Bool, start: Timestamp, isHealthy: Bool, now: Timestamp
    ) {
        let before = Dictionary(known.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for part in parts {
            let check = before[part.name]
            switch part.work {
            case .metric(let metric):
                let after =
                    metrics[part.name].map { MetricJudgement.next(check, name: part.name, metric, $0, at: now) }
                    ?? check ?? Check(name: part.name, state: .pending)
                checks.append(after)
                look(at: MetricJudgement.due(after, metric, since: start))
            case .job(let job):
                let after = jobCheck(check, part, job, jobs[part.name], isHealthy: isHealthy, now: now)
                checks.append(after)
                if after.state == .running || after.state == .pending {
                    let isKnown = if case .unreadable? = jobs[part.name] { false } else { jobsAreWatched }
                    look(at: isKnown ? after.at.map { $0 + job.timeout.duration } : now + Self.jobInterval)
                }
                if after.state == .passed, check?.state != .passed { passed.append(part) }
            }
        }
    }

    private mutating func look(at time: Timestamp?) {
        guard let time else { return }
        next = min(next ?? time, time)
    }

    /// A Job is created once: one that was seen and is gone has failed, for a second one might do its work twice.
    private mutating func jobCheck(
        _ known: Check?, _ part: VerificationPart, _ job: EnvironmentSpec.JobCheck, _ reading: JobReading?,
        isHealthy: Bool, now: Timestamp
    ) -> Check {
        var check = known ?? Check(name: part.name, state: .pending)
        guard check.state != .passed, check.state != .failed, let reading else { return check }
        func end(_ state: CheckState, _ message: String) -> Check {
            Check(name: part.name, state: state, message: message, at: check.at)
        }
        switch reading {
        case .succeeded: return end(.passed, "the Job succeeded")
        case .failed(let why): return end(.failed, why.isEmpty ? "the Job failed" : why)
        case .running:
            let start = check.at ?? now.wholeSeconds
            guard now < start + job.timeout.duration else {
                return end(.failed, "the Job took longer than \(job.timeout)")
            }
            return Check(name: part.name, state: .running, message: "the Job runs", at: start)
        case .unreadable(let why):
            check.message = why.bounded(to: 512)
            return check
        case .missing:
            let kept = Duration.seconds(VerificationJob.keptFor)
            if check.state == .running || check.at.map({ $0 + kept <= now }) ?? false {
                return end(.failed, "the Job was removed before its end was seen")
            }
            guard isHealthy || check.at != nil else {
                check.message = "begins when the apps are healthy"
                return check
            }
            toRun.append(part)
            return Check(
                name: part.name, state: .pending, message: "the Job is being created",
                at: check.at ?? now.wholeSeconds)
        }
    }
}
