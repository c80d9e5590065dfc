internal import KubernetesModel

extension Health {
    static func claim(_ object: ObjectView) -> Health {
        switch object.status["phase"]?.stringValue ?? "" {
        case "Bound": return .healthy
        case "Lost": return Health(.degraded, "the claim lost its volume")
        default: return Health(.progressing, "is not bound to a volume yet")
        }
    }

    static func service(_ object: ObjectView) -> Health {
        guard object.spec["type"]?.stringValue == "LoadBalancer" else { return .healthy }
        // A class of its own means that some other controller may never write a status: still the field to wait for.
        let ingress = object.status["loadBalancer"]?["ingress"]?.arrayValue ?? []
        return ingress.isEmpty ? Health(.progressing, "the load balancer has no address yet") : .healthy
    }

    static func ingress(_ object: ObjectView) -> Health {
        // Not every controller publishes an address (kstatus counts an Ingress as current); it is told, and not waited for.
        let addresses = object.status["loadBalancer"]?["ingress"]?.arrayValue ?? []
        return addresses.isEmpty ? Health(.healthy, "no address is published") : .healthy
    }

    static func autoscaler(_ object: ObjectView) -> Health {
        if object.isUnobserved { return Health(.progressing, "the controller has not seen the newest spec yet") }
        // Metrics that are missing while a workload starts are reported in the same way as metrics that never come.
        for type in ["AbleToScale", "ScalingActive"] {
            guard let condition = object.condition(type), condition.isFalse else { continue }
            switch condition.reason {
            case "ScalingDisabled": continue
            case "FailedGetScale", "InvalidSelector", "InvalidMetricSourceType", "AmbiguousSelector":
                return Health(.degraded, condition.text)
            default: return Health(.progressing, condition.text)
            }
        }
        guard object.condition("AbleToScale") != nil || object.status["currentReplicas"] != nil else {
            return Health(.progressing, "the autoscaler has not run yet")
        }
        return .healthy
    }

    static func disruptionBudget(_ object: ObjectView) -> Health {
        if object.isUnobserved { return Health(.progressing, "the controller has not seen the newest spec yet") }
        if let allowed = object.condition("DisruptionAllowed"), allowed.isFalse, allowed.reason == "SyncFailed" {
            return Health(.degraded, allowed.text)
        }
        guard object.status["observedGeneration"] != nil else {
            return Health(.progressing, "the controller has not seen it yet")
        }
        // A budget that allows no disruption does what it is for.
        return .healthy
    }

    static func apiService(_ object: ObjectView) -> Health {
        guard let available = object.condition("Available") else {
            return Health(.progressing, "its availability is not known yet")
        }
        return available.isTrue ? .healthy : Health(.progressing, available.text)
    }

    static func definition(_ object: ObjectView) -> Health {
        if let accepted = object.condition("NamesAccepted"), accepted.isFalse {
            return Health(.degraded, accepted.text)
        }
        if let schema = object.condition("NonStructuralSchema"), schema.isTrue {
            return Health(.degraded, schema.text)
        }
        guard let established = object.condition("Established"), established.isTrue else {
            return Health(.progressing, object.condition("Established")?.text ?? "is not established yet")
        }
        return .healthy
    }

    static func namespace(_ object: ObjectView) -> Health {
        switch object.status["phase"]?.stringValue ?? "" {
        case "Terminating": Health(.progressing, "the namespace is being deleted")
        default: .healthy
        }
    }

    /// Any other kind, by what most controllers agree on (https://github.com/kubernetes-sigs/cli-utils/tree/master/pkg/kstatus).
    static func conventional(_ object: ObjectView) -> Health {
        if object.isUnobserved { return Health(.progressing, "the controller has not seen the newest spec yet") }
        if let stalled = object.condition("Stalled"), stalled.isTrue { return Health(.degraded, stalled.text) }
        if let reconciling = object.condition("Reconciling"), reconciling.isTrue {
            return Health(.progressing, reconciling.text)
        }
        if object.spec["suspend"]?.boolValue == true { return Health(.suspended, "is suspended") }
        for type in ["Ready", "Available"] {
            guard let condition = object.condition(type) else { continue }
            switch condition.status {
            case "True": return .healthy
            case "False": return Health(.progressing, condition.text)
            default: return Health(.progressing, condition.text.isEmpty ? "\(type) is not known" : condition.text)
            }
        }
        if let failed = object.condition("Failed"), failed.isTrue { return Health(.degraded, failed.text) }
        return .healthy
    }
}
