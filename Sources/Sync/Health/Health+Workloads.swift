internal import KubernetesModel

extension Health {
    static func deployment(_ object: ObjectView) -> Health {
        if object.spec["paused"]?.boolValue == true { return Health(.suspended, "the Deployment is paused") }
        // A new object has no observedGeneration at all: its controller has not seen it.
        guard let observed = object.status["observedGeneration"]?.intValue, observed >= object.generation else {
            return Health(.progressing, "the controller has not seen the newest spec yet")
        }
        if let progressing = object.condition("Progressing"), progressing.reason == "ProgressDeadlineExceeded" {
            return Health(.degraded, progressing.text)
        }
        let wanted = object.spec["replicas"]?.intValue ?? 1
        if let failure = object.condition("ReplicaFailure"), failure.isTrue, object.count("replicas") < wanted {
            return Health(.degraded, failure.text)
        }
        let updated = object.count("updatedReplicas")
        let total = object.count("replicas")
        let available = object.count("availableReplicas")
        if updated < wanted { return Health(.progressing, "\(updated) of \(wanted) replicas are updated") }
        if total > updated { return Health(.progressing, "\(total - updated) old replicas are still to go") }
        if available < wanted { return Health(.progressing, "\(available) of \(wanted) replicas are available") }
        return .healthy
    }

    static func statefulSet(_ object: ObjectView) -> Health {
        guard let observed = object.status["observedGeneration"]?.intValue, observed >= object.generation else {
            return Health(.progressing, "the controller has not seen the newest spec yet")
        }
        let wanted = object.spec["replicas"]?.intValue ?? 1
        let ready = object.count("readyReplicas")
        if ready < wanted { return Health(.progressing, "\(ready) of \(wanted) replicas are ready") }
        if object.count("replicas") > wanted {
            return Health(.progressing, "\(object.count("replicas") - wanted) replicas are still to go")
        }
        let strategy = object.spec["updateStrategy"]
        // With OnDelete the old pods stay until somebody deletes them: nothing is under way.
        if strategy?["type"]?.stringValue == "OnDelete" { return .healthy }
        let current = object.status["currentRevision"]?.stringValue ?? ""
        let update = object.status["updateRevision"]?.stringValue ?? ""
        let partition = strategy?["rollingUpdate"]?["partition"]?.intValue ?? 0
        if partition > 0 {
            let due = max(0, wanted - partition)
            let updated = object.count("updatedReplicas")
            // Once the revisions agree the server may leave updatedReplicas at zero.
            if current != update, updated < due {
                return Health(.progressing, "\(updated) of \(due) replicas above the partition are updated")
            }
            return .healthy
        }
        if current != update {
            return Health(.progressing, "\(object.count("updatedReplicas")) of \(wanted) replicas are updated")
        }
        return .healthy
    }

    static func daemonSet(_ object: ObjectView) -> Health {
        guard let observed = object.status["observedGeneration"]?.intValue, observed >= object.generation else {
            return Health(.progressing, "the controller has not seen the newest spec yet")
        }
        let wanted = object.count("desiredNumberScheduled")
        let available = object.count("numberAvailable")
        let updated = object.count("updatedNumberScheduled")
        let onDelete = object.spec["updateStrategy"]?["type"]?.stringValue == "OnDelete"
        if !onDelete, updated < wanted { return Health(.progressing, "\(updated) of \(wanted) pods are updated") }
        if available < wanted { return Health(.progressing, "\(available) of \(wanted) pods are available") }
        return .healthy
    }

    static func replicaSet(_ object: ObjectView) -> Health {
        guard let observed = object.status["observedGeneration"]?.intValue, observed >= object.generation else {
            return Health(.progressing, "the controller has not seen the newest spec yet")
        }
        if let failure = object.condition("ReplicaFailure"), failure.isTrue { return Health(.degraded, failure.text) }
        let wanted = object.spec["replicas"]?.intValue ?? 1
        let available = object.count("availableReplicas")
        if available < wanted { return Health(.progressing, "\(available) of \(wanted) replicas are available") }
        if object.count("replicas") > wanted {
            return Health(.progressing, "\(object.count("replicas") - wanted) replicas are still to go")
        }
        return .healthy
    }

    static func job(_ object: ObjectView) -> Health {
        // The status of a condition counts, not its presence: a Job that was resumed keeps `Suspended: False`.
        if let failed = object.condition("Failed"), failed.isTrue { return Health(.degraded, failed.text) }
        if let complete = object.condition("Complete"), complete.isTrue { return .healthy }
        if object.spec["suspend"]?.boolValue == true { return Health(.suspended, "the Job is suspended") }
        if let suspended = object.condition("Suspended"), suspended.isTrue, object.spec["suspend"] == nil {
            return Health(.suspended, suspended.text)
        }
        if let failing = object.condition("FailureTarget"), failing.isTrue {
            return Health(.progressing, "is about to fail: \(failing.text)")
        }
        let wanted = object.spec["completions"]?.intValue ?? 1
        let failed = object.count("failed")
        let retries = failed > 0 ? ", \(failed) failed" : ""
        return Health(.progressing, "\(object.count("succeeded")) of \(wanted) completions\(retries)")
    }

    static func cronJob(_ object: ObjectView) -> Health {
        if object.spec["suspend"]?.boolValue == true { return Health(.suspended, "the CronJob is suspended") }
        return .healthy
    }

    static func pod(_ object: ObjectView) -> Health {
        let phase = object.status["phase"]?.stringValue ?? ""
        let problem = PodProblem.worst(of: object.manifest)
        switch phase {
        case "Succeeded": return .healthy
        case "Failed":
            let reason = object.status["reason"]?.stringValue ?? ""
            let message = object.status["message"]?.stringValue ?? ""
            let own = [reason, message].filter { !$0.isEmpty }.joined(separator: ": ")
            return Health(.degraded, problem?.text ?? (own.isEmpty ? "the pod failed" : own))
        case "Running":
            if let problem, problem.isFatal { return Health(.degraded, problem.text) }
            if object.condition("Ready")?.isTrue == true { return .healthy }
            // A pod that is never restarted runs towards its end; there is nothing to wait for but that.
            let policy = object.spec["restartPolicy"]?.stringValue ?? "Always"
            if policy != "Always", object.condition("Ready") == nil { return Health(.progressing, "is running") }
            return Health(.progressing, problem?.text ?? object.condition("Ready")?.text ?? "is not ready")
        default:
            if let problem, problem.isFatal { return Health(.degraded, problem.text) }
            if let scheduled = object.condition("PodScheduled"), scheduled.isFalse {
                return Health(.progressing, scheduled.text)
            }
            return Health(.progressing, problem?.text ?? "is pending")
        }
    }
}
