/// One of the parts into which the work of all replicas is divided: the namespaces that fall to it.
///
/// A namespace is never divided, for its Environments wait for one another. Which shard it falls to depends on its name
/// and on ``count`` alone, so all replicas agree whatever their caches show.
package struct Shard: Sendable, Hashable, CustomStringConvertible {
    /// More would only make the roster longer: each shard is worth a replica's while.
    package static let limit = 256

    package let index: Int
    /// How many shards there are.
    package let count: Int

    package init(_ index: Int, of count: Int) {
        self.index = index
        self.count = count
    }

    /// The shard that a namespace falls to, by rendezvous hashing: it goes to the shard that draws the highest number for
    /// it. So with one shard more, only what falls to the new one moves.
    package init(of namespace: String, among count: Int) {
        let text = Self.hash(namespace)
        var best = 0
        var highest: UInt64 = 0
        for index in 0..<max(1, count) {
            let drawn = Self.mix(text ^ Self.mix(UInt64(index) &+ 1))
            if drawn > highest { (best, highest) = (index, drawn) }
        }
        self.init(best, of: max(1, count))
    }

    package func holds(_ namespace: String) -> Bool {
        Shard(of: namespace, among: count).index == index
    }

    package var description: String { "\(index)/\(count)" }

    /// FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/): the same in every build and on every machine.
    private static func hash(_ text: String) -> UInt64 {
        text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    /// The finaliser of SplitMix64 (https://prng.di.unimi.it/splitmix64.c), which leaves no bit where it was.
    private static func mix(_ value: UInt64) -> UInt64 {
        var bits = value &+ 0x9e37_79b9_7f4a_7c15
        bits = (bits ^ (bits >> 30)) &* 0xbf58_476d_1ce4_e5b9
        bits = (bits ^ (bits >> 27)) &* 0x94d0_49bb_1331_11eb
        return bits ^ (bits >> 31)
    }
}
