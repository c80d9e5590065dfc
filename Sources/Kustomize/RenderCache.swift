package import Core
internal import KubernetesModel
internal import Synchronization

/// Results of earlier renders, reused while everything that they read is unchanged.
///
/// May be used from any thread; the tree that is passed in is used on the caller's thread only, during the call.
package final class RenderCache: Sendable {
    /// How often something was rendered, and how often an earlier result was reused, since the start.
    package struct Counters: Sendable, Hashable {
        package var renders = 0
        package var hits = 0
        /// What the kept results and documents take, in bytes (an estimate).
        package var bytes = 0
    }

    fileprivate struct Key: Hashable {
        var path: String
        var options: RenderOptions
    }

    fileprivate struct Entry {
        var result: RenderResult
        var proof: ReadProof
        var bytes: Int
        /// When it was last used; no two entries have the same.
        var used: UInt64
    }

    fileprivate struct State {
        var entries: [Key: [Entry]] = [:]
        var counters = Counters()
        var clock: UInt64 = 0
    }

    /// How many results of one directory are kept: branches and pinned commits see different ones.
    private static let variants = 4
    private let capacity: Int
    private let state = Mutex(State())
    private let files: ParsedFiles

    /// - Parameter capacity: how many bytes of results and documents to keep; the least recently used go first.
    package init(capacity: Int = 256 << 20) {
        self.capacity = capacity / 2
        files = ParsedFiles(capacity: capacity / 2)
    }

    package var counters: Counters {
        var counters = state.withLock { $0.counters }
        counters.bytes += files.bytes
        return counters
    }

    /// The result of rendering `path`, from an earlier render if the tree still holds what that one read.
    ///
    /// A tree that cannot tell its files' identities (empty ids) is rendered every time. What came from other
    /// repositories is fixed by commits that stand in the files; but who may not read those gets no result of another's.
    package func render(
        _ tree: some FileTree, path: String, options: RenderOptions = RenderOptions(),
        remote: any RemoteBases = NoRemoteBases()
    ) throws(KustomizeError) -> RenderResult {
        let key = Key(path: path, options: options)
        // What served last serves most likely again.
        for entry in state.withLock({ $0.entries[key] ?? [] }).sorted(by: { $0.used > $1.used }) {
            var proof = entry.proof
            guard proof.stands(in: tree), entry.result.remotes.allSatisfy(remote.holds) else { continue }
            touch(key, entry.used, proof)
            return entry.result
        }
        let result = try Build(tree, options: options, remote: remote, cache: files).run(path)
        keep(result, key, ReadProof(result.reads, in: tree))
        return result
    }

    private func touch(_ key: Key, _ used: UInt64, _ proof: ReadProof) {
        state.withLock { state in
            state.counters.hits += 1
            state.clock += 1
            guard let index = state.entries[key]?.firstIndex(where: { $0.used == used }) else { return }
            state.entries[key]?[index].used = state.clock
            state.entries[key]?[index].proof = proof
        }
    }

    private func keep(_ result: RenderResult, _ key: Key, _ proof: ReadProof) {
        let cost = proof.isConclusive ? result.cost + proof.cost : 0
        state.withLock { state in
            state.counters.renders += 1
            guard proof.isConclusive, cost <= capacity / 4 else { return }
            state.clock += 1
            var entries = state.entries[key] ?? []
            if entries.count >= Self.variants,
                let oldest = entries.indices.min(by: { entries[$0].used < entries[$1].used })
            {
                state.counters.bytes -= entries.remove(at: oldest).bytes
            }
            entries.append(Entry(result: result, proof: proof, bytes: cost, used: state.clock))
            state.entries[key] = entries
            state.counters.bytes += cost
            if state.counters.bytes > capacity { state.evict(to: capacity / 4 * 3) }
        }
    }
}

extension RenderCache.State {
    /// Drops what was not used for longest.
    mutating func evict(to target: Int) {
        let ages = entries.flatMap { key, entries in entries.map { (key, $0.used) } }.sorted { $0.1 < $1.1 }
        for (key, used) in ages {
            guard counters.bytes > target else { return }
            guard let index = entries[key]?.firstIndex(where: { $0.used == used }) else { continue }
            counters.bytes -= entries[key]?.remove(at: index).bytes ?? 0
            if entries[key]?.isEmpty == true { entries[key] = nil }
        }
    }
}

extension RenderResult {
    /// An estimate of the memory that it takes, in bytes.
    fileprivate var cost: Int { manifests.reduce(512) { $0 + $1.manifest.json.cost + 256 } + reads.count * 128 }
}

extension JSONValue {
    /// An estimate of the memory that it takes, in bytes: short texts lie in the value itself.
    fileprivate var cost: Int {
        switch self {
        case .null, .bool, .int, .double: 0
        case .string(let text): text.utf8.count < 16 ? 0 : text.utf8.count + 32
        case .array(let elements): elements.reduce(32) { $0 + $1.cost + 24 }
        case .object(let object):
            object.reduce(32) { $0 + $1.value.cost + 48 + ($1.key.utf8.count < 16 ? 0 : $1.key.utf8.count + 32) }
        }
    }
}
