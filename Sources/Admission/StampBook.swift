package import KubernetesModel
package import SluiceAPI

/// The stamps of one object: what its annotation `sluice.dev/stamps` says, as far as it is genuine.
package struct StampBook: Sendable, Hashable {
    /// The roles of which an object has one stamp at most.
    private static let singleRoles: [Stamp.Role] = [.request, .override, .attempt, .abort, .release]

    /// One for each approval that an API user wrote.
    var approvals: [Stamp]
    /// All others, by their role.
    private var singles: [Stamp.Role: Stamp] = [:]

    /// - Parameter singles: at most one of each role, none of them of an approval.
    init(_ singles: [Stamp] = [], approvals: [Stamp] = []) {
        self.approvals = approvals
        for stamp in singles { self.singles[stamp.role] = stamp }
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
        for role in Self.singleRoles { singles[role] = genuine(role, json[role.rawValue]) }
        approvals = (json[Self.approvalsKey]?.arrayValue ?? []).compactMap { genuine(.approval, $0) }
    }

    private static let approvalsKey = "approvals"

    /// How many stamps there are.
    var count: Int { singles.count + approvals.count }

    /// How many stamps an annotation's value holds, genuine or not.
    static func claims(_ json: JSONValue) -> Int {
        singleRoles.count { json[$0.rawValue] != nil } + (json[approvalsKey]?.arrayValue?.count ?? 0)
    }

    /// The annotation's value; nil for no stamps at all.
    var annotation: String? {
        guard count > 0 else { return nil }
        var out = JSONObject()
        for role in Self.singleRoles { out[role.rawValue] = singles[role]?.json }
        if !approvals.isEmpty { out[Self.approvalsKey] = .array(approvals.map(\.json)) }
        return JSONValue.object(out).jsonText
    }

    /// The stamp in a role, whatever it is about.
    subscript(role role: Stamp.Role) -> Stamp? {
        get { singles[role] }
        set { singles[role] = newValue }
    }

    /// The stamp of whoever wrote this part, if it is about this very one.
    package subscript(_ part: StampedPart) -> Stamp? {
        singles[part.role].flatMap { $0.digest == part.digest ? $0 : nil }
    }

    /// The stamp of whoever wrote this approval, if that was the one in whose name it is.
    package func approval(_ entry: PromotionSpec.Approval) -> Stamp? {
        let digest = Stamp.digest(of: entry)
        return approvals.first { $0.digest == digest && $0.user == entry.user }
    }
}
