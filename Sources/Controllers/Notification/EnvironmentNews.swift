package import Core
internal import KubernetesModel
package import Notifications
package import SluiceAPI

/// What is new between two statuses of an Environment. Pure.
///
/// A status is written once for each change, by the one replica that leads, and on the condition that nobody else wrote
/// meanwhile: so what is told by the difference of two of them is told once, and not again by the next process.
package struct EnvironmentNews: Sendable {
    package let environment: Environment
    package let before: EnvironmentStatus
    package let after: EnvironmentStatus
    package let now: Timestamp

    package init(_ environment: Environment, before: EnvironmentStatus, after: EnvironmentStatus, now: Timestamp) {
        self.environment = environment
        self.before = before
        self.after = after
        self.now = now
    }

    package var notices: [Notice] {
        let known = Dictionary(before.apps.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        var news: [NotificationEvent: [Notice.App]] = [:]
        for app in after.apps {
            let old = known[app.name]
            for event in app.trouble {
                let isNew =
                    !(old?.trouble.contains(event) ?? false)
                    || event == .syncFailed && !app.failedContent.isEmpty && app.failedContent != old?.failedContent
                if isNew { news[event, default: []].append(.init(name: app.name, message: app.message)) }
            }
            if app.trouble.isEmpty, let old, !old.trouble.isEmpty {
                news[.recovered, default: []].append(.init(name: app.name))
            }
        }
        var notices = NotificationEvent.allCases.compactMap { event in
            news[event].map { notice(event, apps: $0) }
        }
        let contested = after.conditions[ConditionType.contested]
        if contested?.status == .yes, before.conditions[ConditionType.contested]?.status != .yes {
            notices.append(notice(.driftContested, message: contested?.message ?? ""))
        }
        return notices
    }

    /// What is new of the commit that was last seen.
    package var report: CommitReport? {
        let report = CommitReport(after, of: environment)
        // Whoever is new in the spec has not heard it yet; telling it twice changes nothing.
        let isSame = report == CommitReport(before, of: environment)
        return isSame && before.observedGeneration == after.observedGeneration ? nil : report
    }

    private func notice(_ event: NotificationEvent, apps: [Notice.App] = [], message: String = "") -> Notice {
        Notice(
            event, at: now, namespace: environment.metadata.namespace, environment: environment.metadata.name,
            apps: apps, isByApp: true, message: message, commit: after.revision.observed,
            repository: environment.spec.source.shownRepository)
    }
}
