internal import Core
internal import KubernetesModel

/// Why a pod is not running as it should: the container that holds it up, and what its runtime says.
struct PodProblem: Hashable {
    /// Reasons for waiting that do not pass by themselves
    /// (https://kubernetes.io/docs/tasks/debug/debug-application/debug-pods/ and the kubelet's own words).
    private static let fatal: Set<String> = [
        "CrashLoopBackOff", "ImagePullBackOff", "ErrImagePull", "ErrImageNeverPull", "InvalidImageName",
        "RegistryUnavailable", "ImageInspectError", "CreateContainerConfigError", "CreateContainerError",
        "RunContainerError", "StartError", "PreCreateHookError", "PreStartHookError", "PostStartHookError",
    ]

    let container: String
    let reason: String
    let message: String
    let restarts: Int64
    let isFatal: Bool
    /// Whether the container runs, and only its readiness is missing.
    let isRunning: Bool

    /// `container app: CrashLoopBackOff: exit code 1, Error (5 restarts)`
    var text: String {
        var out = "container \(container): \(reason)"
        if !message.isEmpty { out += ": \(message)" }
        if restarts > 0 { out += " (\(restarts) restart\(restarts == 1 ? "" : "s"))" }
        return out.bounded(to: 512)
    }

    /// The problem that a person should see first, or nil where every container is well.
    static func worst(of pod: Manifest) -> PodProblem? {
        let status = pod.json["status"] ?? .null
        var problems: [PodProblem] = []
        let sidecars = Set(
            (pod.json["spec"]?["initContainers"]?.arrayValue ?? [])
                .filter { $0["restartPolicy"]?.stringValue == "Always" }.compactMap { $0["name"]?.stringValue })
        for list in ["initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"] {
            for container in status[list]?.arrayValue ?? [] {
                let name = container["name"]?.stringValue ?? ""
                let runsToItsEnd = list == "initContainerStatuses" && !sidecars.contains(name)
                if let problem = PodProblem(container, runsToItsEnd: runsToItsEnd) { problems.append(problem) }
            }
        }
        return problems.first(where: \.isFatal) ?? problems.first { !$0.isRunning } ?? problems.first
    }

    private init?(_ container: JSONValue, runsToItsEnd: Bool) {
        let state = container["state"]
        let last = PodProblem.ending(container["lastState"]?["terminated"])
        self.container = container["name"]?.stringValue ?? ""
        restarts = container["restartCount"]?.intValue ?? 0
        if let waiting = state?["waiting"] {
            let reason = waiting["reason"]?.stringValue ?? "Waiting"
            // Containers wait for their image and for init containers: that is no problem yet.
            if reason == "ContainerCreating" || reason == "PodInitializing" { return nil }
            isFatal = PodProblem.fatal.contains(reason)
            isRunning = false
            self.reason = reason
            // The kubelet's own sentence on a crash loop only repeats the back-off; how the last run ended says why.
            let own = waiting["message"]?.stringValue ?? ""
            message = reason == "CrashLoopBackOff" ? last ?? own : own
            return
        }
        if let ended = state?["terminated"] {
            guard (ended["exitCode"]?.intValue ?? 0) != 0 else { return nil }
            isFatal = false
            isRunning = false
            reason = ended["reason"]?.stringValue ?? "Error"
            message = PodProblem.ending(ended) ?? ""
            return
        }
        guard state?["running"] != nil, !runsToItsEnd, container["ready"]?.boolValue == false else { return nil }
        isFatal = false
        isRunning = true
        reason = "NotReady"
        message = last.map { "its last run ended with \($0)" } ?? ""
    }

    /// `exit code 1, Error, cannot open database`
    private static func ending(_ ended: JSONValue?) -> String? {
        guard let ended, !ended.isNull else { return nil }
        let code = ended["exitCode"]?.intValue.map { "exit code \($0)" }
        let reason = ended["reason"]?.stringValue
        // The termination message is what the container left for people to read; only its end matters, and little.
        let message = (ended["message"]?.stringValue ?? "").split(separator: "\n").last.map {
            String($0).bounded(to: 200)
        }
        let parts = [code, reason, message].compactMap { $0 }.filter { !$0.isEmpty }
        return parts.isEmpty ? nil : parts.joined(separator: ", ")
    }
}
