/// What one stage of many apps should be.
package struct EnvironmentSpec: Sendable, Hashable, Codable {
    /// Stops everything that changes Git or the cluster for this environment; its state is still reported.
    package var suspend: Bool
    /// Opens windows and freezes for syncs until a time; bounded by windows.override.
    package var override: EnvironmentOverride?
    /// Where the desired state is read from and promotions are written to.
    package var source: Source
    /// Which of the apps that the path holds belong to this environment.
    package var apps: AppSelection
    /// What is laid over each app's kustomization, as Argo CD keeps it in spec.source.kustomize.
    package var render: Render
    /// Where the apps are deployed, and what they may touch there.
    package var destination: Destination
    /// How the cluster is brought to what Git says, and kept there.
    package var sync: Sync
    /// The environments that must have proved a version before it is promoted into this one.
    package var upstream: Upstream?
    /// When Git is changed and new revisions are synced.
    package var windows: Windows
    /// Who must agree to a promotion; without it nobody is asked.
    package var approvals: Approvals?
    /// How promotions into this environment queue.
    package var promotion: PromotionPolicy
    /// How a promotion is judged once it is in the cluster.
    package var verification: Verification
    /// When and how promotions are rolled back.
    package var rollback: RollbackPolicy
    /// Apps into which nothing is promoted for now.
    package var holds: [Hold]
    /// Versions that are never promoted here.
    package var vetoes: [Veto]
    /// Who is told what happens.
    package var notifications: [Notification]
    /// How much of the past is kept.
    package var history: History
    /// What becomes of the deployed objects when this Environment is deleted.
    package var deletionPolicy: DeletionPolicy

    package init(
        suspend: Bool = false, override: EnvironmentOverride? = nil, source: Source,
        apps: AppSelection = AppSelection(), render: Render = Render(), destination: Destination = Destination(),
        sync: Sync = Sync(), upstream: Upstream? = nil, windows: Windows = Windows(), approvals: Approvals? = nil,
        promotion: PromotionPolicy = PromotionPolicy(), verification: Verification = Verification(),
        rollback: RollbackPolicy = RollbackPolicy(), holds: [Hold] = [], vetoes: [Veto] = [],
        notifications: [Notification] = [], history: History = History(), deletionPolicy: DeletionPolicy = .orphan
    ) {
        self.suspend = suspend
        self.override = override
        self.source = source
        self.apps = apps
        self.render = render
        self.destination = destination
        self.sync = sync
        self.upstream = upstream
        self.windows = windows
        self.approvals = approvals
        self.promotion = promotion
        self.verification = verification
        self.rollback = rollback
        self.holds = holds
        self.vetoes = vetoes
        self.notifications = notifications
        self.history = history
        self.deletionPolicy = deletionPolicy
    }
}
