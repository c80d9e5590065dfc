internal import SluiceAPI

/// What a spec asks for that is not built yet: it is named in a condition, and where going on without it would claim
/// what nobody checked, promotions wait.
enum UnbuiltFeatures {
    /// One field, and whether promotions may go on without what it asks for.
    struct Feature: Sendable, Hashable {
        let field: String
        let holdsPromotions: Bool
    }

    static func features(of spec: EnvironmentSpec) -> [Feature] {
        var found: [Feature] = []
        func note(_ field: String, if asked: Bool, holdsPromotions: Bool = true) {
            if asked { found.append(Feature(field: field, holdsPromotions: holdsPromotions)) }
        }
        note("spec.verification.metrics", if: !spec.verification.metrics.isEmpty)
        note("spec.verification.jobs", if: !spec.verification.jobs.isEmpty)
        note("spec.promotion.maxPerWindow", if: spec.promotion.maxPerWindow > 0)
        note("spec.promotion.auto", if: spec.promotion.auto, holdsPromotions: false)
        note("spec.rollback.approvals Required", if: spec.rollback.approvals == .required, holdsPromotions: false)
        return found
    }
}
