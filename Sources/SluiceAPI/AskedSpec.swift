/// What was asked for: a spec without what may change after it was asked, so that the rest can be bound to whoever asked.
extension PromotionSpec {
    /// Without approvals, override, abort and attempt.
    package var asked: PromotionSpec {
        var spec = self
        spec.approvals = []
        spec.override = nil
        spec.abort = false
        spec.attempt = 1
        return spec
    }
}

extension RollbackSpec {
    /// Without approvals, override, attempt and release.
    package var asked: RollbackSpec {
        var spec = self
        spec.approvals = []
        spec.override = nil
        spec.attempt = 1
        spec.release = false
        return spec
    }
}
