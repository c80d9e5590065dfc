package import SluiceAPI

/// An object that somebody asks for and others may approve: a Promotion or a Rollback.
package protocol AskedResource: CustomResource {
    associatedtype Asked: Encodable & Equatable & Sendable

    /// What is asked for: the part of the spec that never changes.
    var asked: Asked { get }
    /// The name of the Environment that it is asked of.
    var environment: String { get }
    /// What approvers say.
    var approvals: [PromotionSpec.Approval] { get set }
    var override: GateOverride? { get }
    var attempt: Int { get }
    /// Whether a Promotion is to stop.
    var wantsAbort: Bool { get }
    /// Whether the hold of a Rollback is to be lifted.
    var wantsRelease: Bool { get }
}

extension Promotion: AskedResource {
    package var asked: PromotionSpec { spec.asked }
    package var environment: String { spec.environment }
    package var approvals: [PromotionSpec.Approval] {
        get { spec.approvals }
        set { spec.approvals = newValue }
    }
    package var override: GateOverride? { spec.override }
    package var attempt: Int { spec.attempt }
    package var wantsAbort: Bool { spec.abort }
    package var wantsRelease: Bool { false }
}

extension Rollback: AskedResource {
    package var asked: RollbackSpec { spec.asked }
    package var environment: String { spec.environment }
    package var approvals: [PromotionSpec.Approval] {
        get { spec.approvals }
        set { spec.approvals = newValue }
    }
    package var override: GateOverride? { spec.override }
    package var attempt: Int { spec.attempt }
    package var wantsAbort: Bool { false }
    package var wantsRelease: Bool { spec.release }
}
