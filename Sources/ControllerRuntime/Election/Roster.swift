internal import Core
package import KubernetesModel

/// Who is there and who holds which shard, as one Lease says it (coordination.k8s.io/v1), in its annotations:
///
///     sluice.dev/shards: "4"                     into how many shards the work is divided
///     shard.sluice.dev/0: 5f0c…                  the session that holds a shard
///     member.sluice.dev/5f0c…: {"name":"pod-a"…  a session, and a number that grows as long as it lives
///
/// All of it in one object, because then one request says that a replica is there, keeps all that it holds and tells
/// all that it must know, and because each change can be made on condition that nothing else has changed.
package struct Roster: Sendable, Hashable {
    package struct Member: Sendable, Hashable {
        /// The replica's identity, for people.
        package var name: String
        /// Into how many shards it would have the work divided.
        package var shards: Int
        /// It is about to end and takes nothing any more.
        package var isLeaving = false
        /// As it is written, which tells whether it has spoken since.
        var text = ""
    }

    package var resourceVersion = ""
    /// Into how many shards the work is divided; nil where nobody has said so yet.
    package var count: Int?
    /// By session.
    package var members: [String: Member] = [:]
    /// The session that holds a shard, by the shard's index.
    package var holders: [Int: String] = [:]
    /// How often shards have changed hands.
    var transitions: Int64 = 0

    package init() {}

    package init(_ lease: Manifest) {
        resourceVersion = lease.resourceVersion
        transitions = lease.json["spec"]?["leaseTransitions"]?.intValue ?? 0
        for (key, value) in lease.annotations {
            if key == Self.countKey {
                count = Int(value).flatMap { (1...Shard.limit).contains($0) ? $0 : nil }
            } else if let index = key.dropping(Self.shardPrefix).flatMap({ Int($0) }) {
                holders[index] = value
            } else if let session = key.dropping(Self.memberPrefix) {
                members[session] = Self.member(value)
            }
        }
    }

    /// The shards that a session holds.
    package func shards(of session: String) -> Set<Int> {
        Set(holders.filter { $0.value == session && $0.key < count ?? 0 }.keys)
    }

    // MARK: How it is written

    static let countKey = "sluice.dev/shards"
    static let shardPrefix = "shard.sluice.dev/"
    static let memberPrefix = "member.sluice.dev/"

    /// One that cannot be read counts as somebody, until it has been silent for long enough.
    private static func member(_ text: String) -> Member {
        let json = try? JSONValue(parsing: text)
        return Member(
            name: json?["name"]?.stringValue ?? "", shards: Int(json?["shards"]?.intValue ?? 0),
            isLeaving: json?["leaving"]?.boolValue ?? false, text: text)
    }

    static func text(_ member: Member, beat: Int64) -> String {
        var json: JSONValue = [
            "name": .string(member.name), "shards": .int(Int64(member.shards)), "beat": .int(beat),
        ]
        if member.isLeaving { json["leaving"] = true }
        return String(decoding: json.jsonBytes, as: UTF8.self)
    }

    /// Who holds what, for people: a name, or several with their shards.
    var summary: String {
        let names = holders.mapValues { members[$0]?.name ?? "?" }.filter { $0.key < count ?? 0 }
        if count ?? 1 == 1 { return names[0] ?? "" }
        return Dictionary(grouping: names.keys, by: { names[$0] ?? "" })
            .sorted { $0.key < $1.key }
            .map { "\($0.key) (\($0.value.sorted().map(String.init).joined(separator: ", ")))" }
            .joined(separator: ", ").bounded(to: 1024)
    }
}

extension String {
    fileprivate func dropping(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
