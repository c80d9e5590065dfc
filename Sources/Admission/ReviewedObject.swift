internal import KubernetesModel
internal import Policy
internal import SluiceAPI

/// The parts of the three kinds that a review looks at.
protocol ReviewedObject: CustomResource {
    associatedtype Asked: Encodable & Equatable

    /// What was asked for, where somebody is stamped for asking.
    var asked: Asked? { get }
    /// What else of it somebody is stamped for, approvals aside.
    var laterParts: [StampedPart] { get }
    var approvals: [PromotionSpec.Approval] { get }
    /// The digest of the plan that approvals are bound to at the moment; empty where there is none.
    var planDigest: String { get }
    /// The environment on which permissions are needed.
    var environment: String { get }

    /// What changed of what cannot be changed.
    static func changes(from old: Spec, to new: Spec) -> [FieldError]

    /// The permissions that a change of the rest needs, each with the field that asks for it.
    static func verbs(from old: Self?, to new: Self) -> [(verb: AccessVerb, field: String)]

    /// Why it may not be deleted now by a person, if it may not.
    var inFlight: String? { get }
}

extension ReviewedObject {
    static func changes(from old: Spec, to new: Spec) -> [FieldError] { [] }
    var approvals: [PromotionSpec.Approval] { [] }
    var planDigest: String { "" }
    var inFlight: String? { nil }

    /// The permissions that approvals and overrides need.
    fileprivate static func opinions(from old: Self?, to new: Self) -> [(verb: AccessVerb, field: String)] {
        var needed: [(verb: AccessVerb, field: String)] = []
        // Taking one's own entry back needs no permission: it may be gone by then.
        let before = old?.approvals ?? []
        if new.approvals.contains(where: { !before.contains($0) }) { needed.append((.approve, "spec.approvals")) }
        let isOverride = { (part: StampedPart) in part.role == .override }
        if old?.laterParts.first(where: isOverride) != new.laterParts.first(where: isOverride) {
            needed.append((.override, "spec.override"))
        }
        return needed
    }
}

extension Environment: ReviewedObject {
    var asked: EnvironmentSpec? { nil }
    var environment: String { metadata.name }

    static func verbs(from old: Environment?, to new: Environment) -> [(verb: AccessVerb, field: String)] {
        new.spec.override != nil && new.spec.override != old?.spec.override ? [(.override, "spec.override")] : []
    }
}

extension Promotion: ReviewedObject {
    var asked: PromotionSpec? { spec.asked }
    var approvals: [PromotionSpec.Approval] { spec.approvals }
    var planDigest: String { status.planDigest }
    var environment: String { spec.environment }

    static func changes(from old: PromotionSpec, to new: PromotionSpec) -> [FieldError] {
        Policy.changes(from: old, to: new)
    }

    static func verbs(from old: Promotion?, to new: Promotion) -> [(verb: AccessVerb, field: String)] {
        var needed: [(verb: AccessVerb, field: String)] = []
        if old == nil {
            needed.append((.promote, "spec"))
        } else if old?.spec.attempt != new.spec.attempt {
            needed.append((.promote, "spec.attempt"))
        } else if old?.spec.abort != new.spec.abort {
            needed.append((.promote, "spec.abort"))
        }
        return needed + opinions(from: old, to: new)
    }

    var inFlight: String? {
        switch status.phase {
        case .committing, .syncing, .verifying:
            "is \(status.phase?.rawValue ?? ""): it may be pushed already, and runs to its end; delete it then, "
                + "or undo it with a Rollback"
        default: nil
        }
    }
}

extension Rollback: ReviewedObject {
    var asked: RollbackSpec? { spec.asked }
    var approvals: [PromotionSpec.Approval] { spec.approvals }
    var planDigest: String { status.planDigest }
    var environment: String { spec.environment }

    static func changes(from old: RollbackSpec, to new: RollbackSpec) -> [FieldError] {
        Policy.changes(from: old, to: new)
    }

    static func verbs(from old: Rollback?, to new: Rollback) -> [(verb: AccessVerb, field: String)] {
        var needed: [(verb: AccessVerb, field: String)] = []
        if old == nil {
            needed.append((.rollback, "spec"))
        } else if old?.spec.attempt != new.spec.attempt {
            needed.append((.rollback, "spec.attempt"))
        } else if old?.spec.release != new.spec.release {
            needed.append((.rollback, "spec.release"))
        }
        return needed + opinions(from: old, to: new)
    }

    var inFlight: String? {
        switch status.phase {
        case .reverting, .syncing, .verifying:
            "is \(status.phase?.rawValue ?? ""): it may be pushed already, and runs to its end; delete it then"
        default: nil
        }
    }
}
