internal import Core
internal import KubernetesModel

/// What an elector knows, and the documents it writes. Pure.
struct LeaseState {
    let identity: String
    let timing: LeaseElector.Timing
    var holding = false
    /// The lease as the server last told us, while we hold it.
    var lease: Manifest?
    /// When, on our clock, we began the request that last renewed it.
    var renewed = Duration.zero
    /// Whom we saw, and since when on our clock without a change.
    private var observed: (record: JSONValue, since: Duration)?

    init(identity: String, timing: LeaseElector.Timing) {
        self.identity = identity
        self.timing = timing
    }

    /// Notes what the lease says.
    ///
    /// - Returns: its holder, empty for none.
    mutating func observe(_ lease: Manifest, now: Duration) -> String {
        let record = lease.json["spec"] ?? .null
        if observed?.record != record { observed = (record, now) }
        return record["holderIdentity"]?.stringValue ?? ""
    }

    /// Whether the lease is free, ours, or stood unrenewed for its whole duration before our eyes.
    mutating func mayTake(_ lease: Manifest, now: Duration) -> Bool {
        let holder = observe(lease, now: now)
        if holder.isEmpty || holder == identity { return true }
        let seconds = lease.json["spec"]?["leaseDurationSeconds"]?.intValue ?? 0
        let duration = max(timing.duration, .seconds(max(0, min(seconds, 3600))))
        return now - (observed?.since ?? now) >= duration
    }

    func first(namespace: String, name: String, now: Timestamp) -> Manifest {
        Manifest([
            "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": ["namespace": .string(namespace), "name": .string(name)],
            "spec": [
                "holderIdentity": .string(identity), "leaseDurationSeconds": .int(durationSeconds),
                "acquireTime": .string(now.rfc3339Micro), "renewTime": .string(now.rfc3339Micro),
                "leaseTransitions": 0,
            ],
        ])
    }

    /// The lease held by us from now on, on condition that nobody wrote since `lease`.
    func renewal(of lease: Manifest, now: Timestamp) -> Manifest {
        var out = lease
        var spec = lease.json["spec"] ?? .null
        if spec["holderIdentity"]?.stringValue != identity {
            spec["acquireTime"] = .string(now.rfc3339Micro)
            let transitions = spec["leaseTransitions"]?.intValue ?? 0
            spec["leaseTransitions"] = .int(transitions < .max ? transitions + 1 : 0)
        }
        spec["holderIdentity"] = .string(identity)
        spec["leaseDurationSeconds"] = .int(durationSeconds)
        spec["renewTime"] = .string(now.rfc3339Micro)
        out.json["spec"] = spec
        return out
    }

    /// The lease held by nobody.
    func released(_ lease: Manifest, now: Timestamp) -> Manifest {
        var out = lease
        var spec = lease.json["spec"] ?? .null
        spec["holderIdentity"] = ""
        // The server refuses 0.
        spec["leaseDurationSeconds"] = 1
        spec["renewTime"] = .string(now.rfc3339Micro)
        out.json["spec"] = spec
        return out
    }

    private var durationSeconds: Int64 { max(1, timing.duration.components.seconds) }
}
