internal import Core
internal import KubernetesModel
package import SluiceAPI

/// One part of a promotion's verification: a metric or a Job, for the whole or for one app.
package struct VerificationPart: Sendable, Hashable {
    package enum Work: Sendable, Hashable {
        /// A metric whose query has `{app}` filled in.
        case metric(EnvironmentSpec.Metric)
        case job(EnvironmentSpec.JobCheck)
    }

    /// As `status.verification` names it: the name in the spec, followed by `/app` where each app has its own.
    package let name: String
    /// The app that it is about; empty for the whole promotion.
    package let app: String
    package let work: Work

    package var isJob: Bool { if case .job = work { true } else { false } }
}

extension EnvironmentSpec.Verification {
    /// All parts, for the apps that a promotion changed.
    ///
    /// A Job runs once for each app, in the app's namespace; a metric once, or for each app where its query says `{app}`.
    package func parts(apps: [String]) -> [VerificationPart] {
        var parts: [VerificationPart] = []
        for metric in metrics {
            guard metric.prometheus.query.contains(AppPath.mark) else {
                parts.append(VerificationPart(name: metric.name, app: "", work: .metric(metric)))
                continue
            }
            for app in apps {
                var own = metric
                own.prometheus.query = metric.prometheus.query.replacing(AppPath.mark, with: app)
                parts.append(VerificationPart(name: "\(metric.name)/\(app)", app: app, work: .metric(own)))
            }
        }
        for job in jobs {
            for app in apps {
                let name = apps.count == 1 ? job.name : "\(job.name)/\(app)"
                parts.append(VerificationPart(name: name, app: app, work: .job(job)))
            }
        }
        return parts
    }
}
