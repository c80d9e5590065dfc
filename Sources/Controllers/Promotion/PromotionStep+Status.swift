internal import Core
internal import KubernetesModel
internal import SluiceAPI

extension PromotionStep {
    /// A phase in which something is still to come, by itself or from somebody.
    mutating func wait(
        _ phase: PromotionPhase, _ reason: String, _ message: String, until: Timestamp? = nil
    ) -> PromotionPlan {
        status.phase = phase
        status.reason = reason
        status.message = message.bounded(to: Condition.messageLimit)
        status.summary.until = until?.rfc3339 ?? ""
        condition(ConditionType.ready, false, reason, message)
        condition(ConditionType.reconciling, true, reason, message)
        condition(ConditionType.stalled, false, "Proceeding", "")
        let expires =
            observation.commit == nil ? (status.timestamps.requested ?? now) + spec.expiresAfter.duration : nil
        return PromotionPlan(
            status: status, requeueAt: [until, expires, observation.nextChange].compactMap { $0 }.min())
    }

    /// A phase in which this attempt ends.
    mutating func end(_ phase: PromotionPhase, _ reason: String, _ message: String) -> PromotionPlan {
        let good = phase == .succeeded || phase == .planned
        status.phase = phase
        status.reason = reason
        status.message = message.bounded(to: Condition.messageLimit)
        status.summary.until = ""
        status.timestamps.finished = now.wholeSeconds
        condition(ConditionType.ready, good, reason, message)
        condition(ConditionType.reconciling, false, "Finished", "")
        condition(ConditionType.stalled, !good, good ? "Finished" : reason, good ? "" : message)
        return PromotionPlan(status: status)
    }

    mutating func condition(_ type: String, _ value: Bool, _ reason: String, _ message: String) {
        status.conditions.set(
            Condition(
                type: type, status: value, reason: reason, message: message,
                generation: promotion.metadata.generation, at: now))
    }
}
