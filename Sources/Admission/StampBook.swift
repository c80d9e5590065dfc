package import KubernetesModel
package import SluiceAPI

/// The stamps of one object: what its annotation `sluice.dev/stamps` says, as far as it is genuine.
package struct StampBook: Sendable, Hashable {
    /// Who asked for the object.
    var request: Stamp?
    /// One for each approval that an API user wrote.
    var approvals: [Stamp]
    /// Who wrote the override.
    var override: Stamp?

    init(request: Stamp? = nil, approvals: [Stamp] = [], override: Stamp? = nil) {
        self.request = request
        self.approvals = approvals
        self.override = override
    }

    /// The genuine stamps of an object; without a key none is.
    package init(of kind: String, _ metadata: ObjectMeta, key: StampKey?) {
        self.init()
        guard let key, let text = metadata.annotations[Annotation.stamps], let json = try? JSONValue(parsing: text)
        else { return }
        func genuine(_ role: Stamp.Role, _ json: JSONValue?) -> Stamp? {
            guard let json, let stamp = Stamp(role, json), stamp.isGenuine(for: kind, metadata, key: key) else {
                return nil
            }
            return stamp
        }
        request = genuine(.request, json["request"])
        approvals = (json["approvals"]?.arrayValue ?? []).compactMap { genuine(.approval, $0) }
        override = genuine(.override, json["override"])
    }

    var isEmpty: Bool { request == nil && approvals.isEmpty && override == nil }

    /// How many stamps there are.
    var count: Int { (request == nil ? 0 : 1) + approvals.count + (override == nil ? 0 : 1) }

    /// The annotation's value; nil for no stamps at all.
    var annotation: String? {
        guard !isEmpty else { return nil }
        var out = JSONObject()
        if let request { out["request"] = request.json }
        if !approvals.isEmpty { out["approvals"] = .array(approvals.map(\.json)) }
        if let override { out["override"] = override.json }
        return JSONValue.object(out).jsonText
    }

    /// The stamp of whoever asked for this.
    package func request(of asked: some Encodable) -> Stamp? {
        request.flatMap { $0.digest == Stamp.digest(of: asked) ? $0 : nil }
    }

    /// The stamp of whoever wrote this approval, if that was the one in whose name it is.
    package func approval(_ entry: PromotionSpec.Approval) -> Stamp? {
        let digest = Stamp.digest(of: entry)
        return approvals.first { $0.digest == digest && $0.user == entry.user }
    }

    /// The stamp of whoever wrote this override.
    package func override(of part: some Encodable) -> Stamp? {
        override.flatMap { $0.digest == Stamp.digest(of: part) ? $0 : nil }
    }
}
