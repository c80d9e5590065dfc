internal import KubernetesModel
internal import Testing

@testable internal import ControllerRuntime

@Suite("The plan for the roster")
struct RosterPlanTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// For each shard its holder; `-` for none.
        var shards = "----"
        /// The sessions, `*` after those that are dead, `!` after those that leave, a number where they want another count.
        var members = "a b"
        var take: Set<Int> = []
        var yield: Set<Int> = []
        var expel: Set<String> = []
        var count: Int?
        var waits = false
    }

    /// What `a` is to do.
    static let cases = [
        Case(testDescription: "alone, it takes all", members: "a", take: [0, 1, 2, 3]),
        Case(testDescription: "two that begin take half each", take: [0, 1]),
        Case(
            testDescription: "what one has, the other does not wait for beyond its share", shards: "bb--", take: [2, 3]),
        Case(testDescription: "with its share it is content", shards: "abab"),
        Case(testDescription: "one that holds more gives the rest up", shards: "aaaa", yield: [2, 3]),
        Case(testDescription: "one that holds less waits for that", shards: "bbbb", waits: true),
        Case(testDescription: "the remainder stays with those that have it", shards: "abc", members: "a b c"),
        Case(testDescription: "a leader stays when another joins", shards: "a"),
        Case(testDescription: "who joins a leader does not wait", shards: "b"),
        Case(
            testDescription: "of 7, the first of three gives but one up", shards: "aaaabbb", members: "a b c",
            yield: [3]),
        Case(testDescription: "the dead one's are free", shards: "abab", members: "a b*", take: [1, 3], expel: ["b"]),
        Case(testDescription: "a share of the dead one's", shards: "abab", members: "a b* c", expel: ["b"]),
        Case(testDescription: "a leaving one's are waited for", shards: "bbab", members: "a b!", waits: true),
        Case(testDescription: "one that leaves gives all up", shards: "aab-", members: "a! b", yield: [0, 1]),
        Case(
            testDescription: "a holder that nobody knows of is left in peace", shards: "?-", members: "a", take: [1],
            waits: true),
        Case(
            testDescription: "another count waits while somebody wants this one", shards: "bb--", members: "a8 b",
            take: [2, 3]),
        Case(
            testDescription: "nobody wants this count: what it holds is given up", shards: "aabb", members: "a8 b8",
            yield: [0, 1], waits: true),
        Case(
            testDescription: "once all is free the count is changed", shards: "----", members: "a8 b8", count: 8,
            waits: true),
        Case(testDescription: "not while somebody holds a shard", shards: "---b", members: "a8 b8", waits: true),
        Case(
            testDescription: "unless that one is dead", shards: "---b", members: "a8 b*", expel: ["b"], count: 8,
            waits: true),
    ]

    @Test(arguments: cases)
    func plan(_ example: Case) {
        var roster = Roster()
        roster.count = example.shards.count
        for (index, holder) in example.shards.enumerated() where holder != "-" { roster.holders[index] = "\(holder)" }
        var dead: Set<String> = []
        for text in example.members.split(separator: " ") {
            let session = String(text.prefix(1))
            roster.members[session] = Roster.Member(
                name: session, shards: Int(text.filter(\.isNumber)) ?? example.shards.count,
                isLeaving: text.hasSuffix("!"))
            if text.hasSuffix("*") { dead.insert(session) }
        }
        let own = roster.members["a"] ?? Roster.Member(name: "a", shards: 1)
        let plan = RosterPlan(roster, session: "a", own: own, dead: dead)
        #expect(plan.take == example.take)
        #expect(plan.yield == example.yield)
        #expect(plan.expel == example.expel)
        #expect(plan.count == example.count)
        #expect(plan.isWaiting == example.waits)
    }

    @Test("what is no roster of ours reads as one in which nobody is")
    func strangeLeases() {
        let roster = Roster(
            Manifest([
                "metadata": [
                    "resourceVersion": "7",
                    "annotations": [
                        "sluice.dev/shards": "99999999999999999999", "shard.sluice.dev/x": "s",
                        "member.sluice.dev/s": "{", "other": "x",
                    ],
                ],
                "spec": ["holderIdentity": "somebody", "leaseTransitions": "many"],
            ]))
        #expect(roster.count == nil && roster.holders.isEmpty)
        #expect(roster.members == ["s": Roster.Member(name: "", shards: 0, text: "{")])
        #expect(roster.shards(of: "s").isEmpty)
    }
}
