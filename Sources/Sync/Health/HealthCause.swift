internal import Core
package import KubernetesModel

/// Finds out why a workload is not healthy, from its pods.
package enum HealthCause {
    /// The sentence to add to a workload's verdict, or nil where its pods tell nothing.
    ///
    /// `pod web-5d8-x2k, container app: CrashLoopBackOff: exit code 1, Error (5 restarts)`. Pods that are on their way
    /// out count for nothing; of the others the newest with the gravest problem is named, and how many share it.
    package static func explain(pods: [Manifest]) -> String? {
        var found: [(pod: Manifest, rank: Int, reason: String, text: String)] = []
        for pod in pods where pod.deletionTimestamp == nil {
            if let (rank, reason, text) = problem(of: pod) { found.append((pod, rank, reason, text)) }
        }
        guard
            let worst = found.max(by: { a, b in
                if a.rank != b.rank { return a.rank < b.rank }
                return created(a.pod) < created(b.pod)
            })
        else { return nil }
        let alike = found.filter { $0.reason == worst.reason }.count - 1
        let more = alike > 0 ? " (and \(alike) more pod\(alike == 1 ? "" : "s"))" : ""
        return "pod \(worst.pod.name), \(worst.text)\(more)".bounded(to: 700)
    }

    private static func created(_ pod: Manifest) -> String { pod.metadata["creationTimestamp"]?.stringValue ?? "" }

    private static func problem(of pod: Manifest) -> (rank: Int, reason: String, text: String)? {
        let object = ObjectView(pod)
        if let problem = PodProblem.worst(of: pod), !problem.isRunning {
            return (problem.isFatal ? 4 : 3, problem.reason, problem.text)
        }
        if let scheduled = object.condition("PodScheduled"), scheduled.isFalse {
            return (2, scheduled.reason, "not scheduled: \(scheduled.text)")
        }
        if object.status["phase"]?.stringValue == "Failed" {
            let reason = object.status["reason"]?.stringValue ?? "Failed"
            let message = object.status["message"]?.stringValue ?? ""
            return (3, reason, message.isEmpty ? reason : "\(reason): \(message)")
        }
        if let problem = PodProblem.worst(of: pod) { return (1, problem.reason, problem.text) }
        return nil
    }

    /// The label selector of a workload's pods in the form of a query, or nil for a kind that has none.
    package static func podSelector(of workload: Manifest) -> String? {
        switch (workload.gvk.group, workload.kind) {
        case ("apps", _), ("batch", "Job"): break
        default: return nil
        }
        guard let selector = workload.json["spec"]?["selector"] else { return nil }
        var terms = (selector["matchLabels"]?.objectValue?.strings ?? [:]).map { "\($0.key)=\($0.value)" }.sorted()
        for expression in selector["matchExpressions"]?.arrayValue ?? [] {
            let key = expression["key"]?.stringValue ?? ""
            let values = (expression["values"]?.arrayValue ?? []).compactMap(\.stringValue).joined(separator: ",")
            switch expression["operator"]?.stringValue {
            case "In": terms.append("\(key) in (\(values))")
            case "NotIn": terms.append("\(key) notin (\(values))")
            case "Exists": terms.append(key)
            case "DoesNotExist": terms.append("!\(key)")
            default: return nil
            }
        }
        return terms.isEmpty ? nil : terms.joined(separator: ",")
    }
}
