internal import ControllerRuntime
internal import Testing

@Suite("Shards")
struct ShardTests {
    static let namespaces = (0..<2000).map { "team-\($0)" }

    @Test("every namespace falls to one shard, and about as many to each", arguments: [1, 2, 3, 8, 16])
    func spread(count: Int) {
        let sizes = Dictionary(grouping: Self.namespaces) { Shard(of: $0, among: count).index }.mapValues(\.count)
        let fair = Self.namespaces.count / count
        #expect(sizes.count == count)
        #expect(sizes.values.allSatisfy { (fair * 7 / 10...fair * 13 / 10).contains($0) }, "\(sizes)")
    }

    @Test("with a shard more, only what falls to the new one moves", arguments: 1...16)
    func growth(count: Int) {
        let moved = Self.namespaces.filter {
            Shard(of: $0, among: count).index != Shard(of: $0, among: count + 1).index
        }
        #expect(moved.allSatisfy { Shard(of: $0, among: count + 1).index == count })
        #expect(!moved.isEmpty)
    }

    /// Replicas of different versions must agree, so these never change.
    @Test(
        "a namespace's shard is the same in every version",
        arguments: [
            ("default", 8, 3), ("shop", 8, 1), ("payments", 8, 7), ("shop", 3, 1), ("", 5, 3), ("größe", 4, 3),
        ])
    func stability(namespace: String, count: Int, index: Int) {
        #expect(Shard(of: namespace, among: count) == Shard(index, of: count))
        #expect(Shard(index, of: count).holds(namespace))
    }
}

@Suite("Sharded queues", .timeLimit(.minutes(1)))
struct ShardedQueueTests {
    @Test("a key goes to the queue of its shard, and is dropped where another process works on that")
    func routing() async {
        let queue = ShardedQueue<Name>()
        queue.add(Name(namespace: "before"))
        let mine = Shard(of: "shop", among: 4)
        let opened = queue.open(mine)
        let elsewhere = (0..<100).map { Name(namespace: "n\($0)") }.filter { !mine.holds($0.namespace) }
        queue.add([Name(namespace: "shop")] + elsewhere)
        #expect(opened.depth == 1)
        #expect(queue.takes(Name(namespace: "shop")))
        #expect(!elsewhere.contains { queue.takes($0) } && !elsewhere.isEmpty)
        queue.close(mine)
        #expect(!queue.takes(Name(namespace: "shop")))
    }

    struct Name: ShardedKey {
        let namespace: String
    }
}
