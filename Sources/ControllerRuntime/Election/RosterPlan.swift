/// What one replica is to change of the roster, and what it is to give up; pure.
///
/// All replicas plan from the same roster by the same rule, so their plans fit together: each is due its share, the
/// remainder goes to those that hold most, and nobody who holds no more than that gives anything up.
struct RosterPlan: Sendable, Hashable {
    /// Shards that are free and ours to take.
    var take: Set<Int> = []
    /// Shards of ours whose work is to come to its end.
    var yield: Set<Int> = []
    /// Sessions that are there no longer.
    var expel: Set<String> = []
    /// Into how many shards the work is to be divided from now on; all are free then.
    var count: Int?
    /// Whether something that will be ours is about to become free.
    var isWaiting = false

    /// - Parameters:
    ///   - session: our own.
    ///   - own: how we stand in the roster.
    ///   - dead: the sessions that are there no longer.
    init(_ roster: Roster, session: String, own: Roster.Member, dead: Set<String>) {
        expel = Set(roster.members.keys).intersection(dead)
        var members = roster.members.filter { !dead.contains($0.key) }
        members[session] = own
        let mine = roster.shards(of: session)
        guard let count = roster.count, members.values.contains(where: { $0.shards == count }) else {
            // Nobody wants it divided as it is. Once nobody holds anything, that can be changed.
            yield = mine
            let isFree = roster.holders.values.allSatisfy { dead.contains($0) }
            if isFree, !own.isLeaving { self.count = own.shards }
            isWaiting = !own.isLeaving
            return
        }
        let free = (0..<count).filter { index in roster.holders[index].map { dead.contains($0) } ?? true }
        let due = own.isLeaving ? 0 : Self.share(of: session, count, members.filter { !$0.value.isLeaving }, roster)
        if mine.count > due { yield = Set(mine.sorted().suffix(mine.count - due)) }
        if mine.count < due { take = Set(free.prefix(due - mine.count)) }
        isWaiting = mine.count + take.count < due
    }

    /// How many shards a member is due: of 8 shards, three members get 3, 3 and 2, and those that hold most now get 3.
    private static func share(
        of session: String, _ count: Int, _ members: [String: Roster.Member], _ roster: Roster
    ) -> Int {
        let held = members.keys.map { (session: $0, count: roster.shards(of: $0).count) }
            .sorted { ($1.count, $0.session) < ($0.count, $1.session) }
        guard let rank = held.firstIndex(where: { $0.session == session }) else { return 0 }
        return count / held.count + (rank < count % held.count ? 1 : 0)
    }
}
