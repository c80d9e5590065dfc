package import Core
internal import KubernetesModel
package import SluiceAPI

/// The admission webhook's word that one API user wrote one part of one object.
///
/// Its code (HMAC-SHA-256 under a ``StampKey``) covers all that it says, so a stamp that was copied from another object,
/// made up while the webhook was away, or edited, is none. What it covers is a digest: a part that was changed since is
/// covered no more.
package struct Stamp: Sendable, Hashable {
    /// Which part of an object a stamp is about.
    package enum Role: String, Sendable, Hashable {
        /// What was asked for: all of the spec that cannot change.
        case request
        /// One entry of `spec.approvals`.
        case approval
        /// `spec.override`.
        case override
        /// `spec.attempt`, where it is not the first.
        case attempt
        /// `spec.abort`, where it is set.
        case abort
        /// `spec.release` of a Rollback, where it is set.
        case release
    }

    /// Which object a stamp is about. Before it is stored an object has no identifier yet, and with `generateName` no
    /// name either; then the name, or its beginning, and the time of its creation must do.
    package enum Binding: Sendable, Hashable {
        case object(uid: String)
        case creation(name: String)
        case generated(prefix: String)
    }

    package let role: Role
    package let binding: Binding
    /// As the API server named the caller.
    package let user: String
    /// The groups that the API server said the caller is in, the first ``groupLimit`` of them.
    package let groups: [String]
    package let at: Timestamp
    /// The identifier of the admission review.
    package let review: String
    /// Of the part that was written: `sha256:` and hexadecimal digits.
    package let digest: String
    let code: [UInt8]

    /// How many groups of a user are kept.
    package static let groupLimit = 200

    /// How far the time of a stamp may be from the time of creation that the API server gave the object: clocks differ,
    /// and a request takes its time.
    package static let creationTolerance = Duration.seconds(60)

    /// Makes a stamp.
    init(
        _ role: Role, _ binding: Binding, of digest: String, by user: AdmissionRequest.User, at now: Timestamp,
        review: String, of kind: String, in namespace: String, key: StampKey
    ) {
        self.role = role
        self.binding = binding
        self.user = user.name
        groups = Array(user.groups.prefix(Stamp.groupLimit))
        at = now
        self.review = review
        self.digest = digest
        code = key.code(
            of: Stamp.text(role, binding, user.name, groups, now, review, digest, kind: kind, namespace: namespace))
    }

    /// Reads a stamp from an annotation; whether it is genuine is for ``isGenuine(for:key:)`` to say.
    init?(_ role: Role, _ json: JSONValue) {
        guard let user = json["user"]?.stringValue, let digest = json["digest"]?.stringValue,
            let at = json["at"]?.stringValue.flatMap(Timestamp.init(rfc3339:)),
            let code = json["code"]?.stringValue.flatMap({ Base64.decode($0) })
        else { return nil }
        if let uid = json["uid"]?.stringValue {
            binding = .object(uid: uid)
        } else if let name = json["name"]?.stringValue {
            binding = .creation(name: name)
        } else if let prefix = json["generateName"]?.stringValue {
            binding = .generated(prefix: prefix)
        } else {
            return nil
        }
        self.role = role
        self.user = user
        groups = (json["groups"]?.arrayValue ?? []).compactMap(\.stringValue)
        self.at = at
        review = json["review"]?.stringValue ?? ""
        self.digest = digest
        self.code = code
    }

    var json: JSONValue {
        var out: JSONObject = [
            "user": .string(user), "groups": .array(groups.map(JSONValue.string)), "at": .string(at.rfc3339Micro),
            "review": .string(review), "digest": .string(digest), "code": .string(Base64.encode(code)),
        ]
        switch binding {
        case .object(let uid): out["uid"] = .string(uid)
        case .creation(let name): out["name"] = .string(name)
        case .generated(let prefix): out["generateName"] = .string(prefix)
        }
        return .object(out)
    }

    /// Whether the webhook made this stamp, with this key, for this very object.
    func isGenuine(for kind: String, _ metadata: ObjectMeta, key: StampKey) -> Bool {
        let text = Stamp.text(
            role, binding, user, groups, at, review, digest, kind: kind, namespace: metadata.namespace)
        guard key.isValid(code, of: text) else { return false }
        switch binding {
        case .object(let uid): return !uid.isEmpty && uid == metadata.uid
        case .creation(let name): return name == metadata.name && wasCreated(metadata)
        case .generated(let prefix): return metadata.name.hasPrefix(prefix) && wasCreated(metadata)
        }
    }

    private func wasCreated(_ metadata: ObjectMeta) -> Bool {
        guard let created = metadata.creationTimestamp else { return false }
        // The API server drops the fraction of a second.
        return at + Stamp.creationTolerance >= created && created + .seconds(1) + Stamp.creationTolerance >= at
    }

    /// What the code covers, as a JSON array, which no two different stamps share.
    private static func text(
        _ role: Role, _ binding: Binding, _ user: String, _ groups: [String], _ at: Timestamp, _ review: String,
        _ digest: String, kind: String, namespace: String
    ) -> [UInt8] {
        let bound: [JSONValue] =
            switch binding {
            case .object(let uid): ["uid", .string(uid)]
            case .creation(let name): ["name", .string(name)]
            case .generated(let prefix): ["generateName", .string(prefix)]
            }
        let json: JSONValue = [
            "sluice.dev/stamp/v1", .string(kind), .string(namespace), .array(bound), .string(role.rawValue),
            .string(digest), .string(user), .array(groups.map(JSONValue.string)), .int(at.microseconds),
            .string(review),
        ]
        return json.jsonBytes
    }
}

extension Stamp {
    /// The user as statuses and gates name one. Nobody is called as the operator's own automatic objects are.
    package var identity: Identity {
        Identity(
            user: user, groups: groups, source: user == SystemUser.automatic ? .automatic : .admissionWebhook,
            evidence: "admission/\(review)")
    }

    /// The digest of a part of a spec, as stamps cover it.
    package static func digest(of part: some Encodable) -> String {
        // The types here encode plain values only, which cannot fail.
        let json = (try? JSONValueEncoder().encode(part)) ?? .null
        return SHA256Digest(of: json.jsonBytes).description
    }
}
