/// What one replica knows of who works on what.
package struct ShardView: Sendable, Hashable {
    /// Into how many shards the work is divided.
    package var count = 1
    /// The indices of those that are ours.
    package var held: Set<Int> = []
    /// The indices of those that are somebody else's.
    package var others: Set<Int> = []
    /// How many replicas there are, ourselves among them.
    package var replicas = 1

    package init() {}

    /// For a process that asks nobody.
    package static let alone: ShardView = {
        var view = ShardView()
        view.held = [0]
        return view
    }()

    /// Whether a namespace is ours to work on.
    package func holds(_ namespace: String) -> Bool {
        held.contains(Shard(of: namespace, among: count).index)
    }

    /// Whether somebody else works on a namespace.
    package func isElsewhere(_ namespace: String) -> Bool {
        others.contains(Shard(of: namespace, among: count).index)
    }
}

extension ElectionState {
    var view: ShardView {
        var view = ShardView()
        view.count = roster?.count ?? own.shards
        guard let roster, let count = roster.count else { return view }
        view.held = roster.shards(of: session)
        view.others = Set(roster.holders.filter { $0.value != session && $0.key < count }.keys)
        view.replicas = max(1, roster.members.count)
        return view
    }
}
