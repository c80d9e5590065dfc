internal import Core
internal import Git
internal import KubernetesModel
internal import SluiceAPI
internal import Sync

/// What is wrong with an app, remembered until it is synced and healthy: so that each trouble is told once, however often
/// its health goes to and fro and whichever process looks.
extension EnvironmentStatusBuilder {
    /// A passing fault is no trouble before it has come back so often.
    private static let patience = 2

    func noteTrouble(_ app: inout EnvironmentStatus.App, _ outcome: AppOutcome) {
        guard app.sync != .synced || app.health != .healthy && app.health != .suspended else {
            app.trouble = []
            app.failedContent = ""
            return
        }
        var trouble = Set(app.trouble)
        if hasFailed(outcome) {
            trouble.insert(.syncFailed)
            app.failedContent = failedContent(of: outcome)
        } else if app.sync == .outOfSync, isLeftAlone(outcome) {
            trouble.insert(.outOfSync)
        }
        if app.health == .degraded { trouble.insert(.degraded) }
        app.trouble = NotificationEvent.allCases.filter(trouble.contains)
    }

    private func hasFailed(_ outcome: AppOutcome) -> Bool {
        if outcome.renderFailure != nil || outcome.overdue != nil { return true }
        guard outcome.failures < Self.patience else { return true }
        return outcome.sync?.errors.contains { $0.disposition == .terminal } ?? false
    }

    /// Whether the app differs from Git and nothing is done about it now.
    private func isLeftAlone(_ outcome: AppOutcome) -> Bool {
        guard outcome.failure == nil, outcome.sync?.errors.isEmpty ?? true, outcome.sync?.wait == nil else {
            return false
        }
        return outcome.heldBack != nil || spec.suspend
            || !spec.sync.selfHeal && !(outcome.sync?.drifted.isEmpty ?? true)
    }

    /// What tells one failure from another: what could not be synced, or why nothing could be rendered.
    private func failedContent(of outcome: AppOutcome) -> String {
        if let failure = outcome.renderFailure { return SHA256Digest(of: failure).hex }
        return outcome.revision.flatMap { content(of: outcome.name, at: $0) } ?? outcome.revision?.hex ?? ""
    }
}
