package import Core
package import SluiceAPI

/// One thing that happened, as it is told to people and programs outside.
///
/// It holds what the status of a public object says and nothing else: no Secret, no manifest, no URL with a credential.
package struct Notice: Sendable, Hashable {
    /// The same on every try to deliver it, so that a receiver can tell a repetition; unlike any other.
    package let id: String
    package let event: NotificationEvent
    package let at: Timestamp
    package let namespace: String
    package let environment: String
    /// The Promotion or Rollback that it is about; nil for what is about the Environment.
    package var object: Object?
    /// The apps that it is about, by name.
    package var apps: [App]
    /// Whether it can be told of some of the apps without the others.
    package var isByApp: Bool
    /// What happened, for people, beside what is said of each app.
    package var message: String
    /// Why, in one word.
    package var reason: String
    /// The commit that it is about; empty where there is none yet.
    package var commit: String
    /// The repository's URL, as it may be shown.
    package var repository: String
    /// What a promotion changes.
    package var changes: [Change]
    /// Who asked for it.
    package var requester: String
    package let trace: TraceContext

    /// A Promotion or Rollback.
    package struct Object: Sendable, Hashable {
        package let kind: String
        package let name: String

        package init(kind: String, name: String) {
            self.kind = kind
            self.name = name
        }
    }

    /// One app, and what is said of it.
    package struct App: Sendable, Hashable {
        package let name: String
        package let message: String

        package init(name: String, message: String = "") {
            self.name = name
            self.message = message
        }
    }

    /// One version in place of another.
    package struct Change: Sendable, Hashable {
        package let app: String
        package let image: String
        package let from: String
        package let to: String

        package init(app: String, image: String, from: String, to: String) {
            self.app = app
            self.image = image
            self.from = from
            self.to = to
        }
    }

    package init(
        _ event: NotificationEvent, at: Timestamp, namespace: String, environment: String, object: Object? = nil,
        apps: [App] = [], isByApp: Bool = false, message: String = "", reason: String = "", commit: String = "",
        repository: String = "", changes: [Change] = [], requester: String = "", id: String? = nil
    ) {
        let trace = commit.isEmpty ? TraceContext.current ?? TraceContext() : TraceContext.following(commit)
        self.trace = trace
        self.id = id ?? TraceContext().traceID
        self.event = event
        self.at = at
        self.namespace = namespace
        self.environment = environment
        self.object = object
        self.apps = apps
        self.isByApp = isByApp
        self.message = message.bounded(to: 1024)
        self.reason = reason
        self.commit = commit
        self.repository = repository
        self.changes = changes
        self.requester = requester
    }

    /// What of it concerns a receiver that wants to hear of some apps; nil for nothing. What is about no app in
    /// particular concerns everybody.
    package func narrowed(to globs: GlobList) -> Notice? {
        guard !apps.isEmpty else { return self }
        let wanted = apps.filter { globs.matches($0.name) }
        guard !wanted.isEmpty else { return nil }
        guard isByApp else { return self }
        var copy = self
        copy.apps = wanted
        return copy
    }
}

extension Notice {
    /// How much it matters.
    package enum Severity: String, Sendable, Hashable {
        case info, warning, error
    }

    package var severity: Severity {
        switch event {
        case .recovered, .promotionWaiting, .promotionStarted, .promotionSucceeded: .info
        case .outOfSync, .driftHealed, .driftContested, .promotionRefused, .rolledBack: .warning
        case .syncFailed, .degraded, .promotionFailed, .rollbackFailed: .error
        }
    }

    /// The most apps that a text names.
    private static let appsInTitle = 10

    /// `production: cart, web: sync failed`: one line of plain text.
    package var title: String {
        let names = apps.prefix(Self.appsInTitle).map(\.name).joined(separator: ", ")
        let more = apps.count > Self.appsInTitle ? " and \(apps.count - Self.appsInTitle) more" : ""
        let subject = object.map { "\($0.kind) \($0.name)" } ?? (names.isEmpty ? "" : names + more)
        return "\(environment): \(subject.isEmpty ? "" : subject + ": ")\(deed)"
    }

    private var deed: String {
        switch event {
        case .syncFailed: "sync failed"
        case .outOfSync: "out of sync"
        case .degraded: "degraded"
        case .recovered: "synced and healthy again"
        case .driftHealed: "a change by hand was undone"
        case .driftContested: "somebody keeps changing what is undone"
        case .promotionWaiting: "waiting"
        case .promotionStarted: "its commit is pushed"
        case .promotionSucceeded: "succeeded"
        case .promotionFailed: "failed"
        case .promotionRefused: reason.isEmpty ? "ended without a commit" : "ended without a commit (\(reason))"
        case .rolledBack: "rolled back"
        case .rollbackFailed: "rollback failed"
        }
    }
}
