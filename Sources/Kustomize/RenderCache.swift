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
        var bytes: Int
        var used: UInt64
        /// The tree's root when the result was last known to stand.
        var root: ContentID?
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
    /// A tree that cannot tell its files' identities (empty ids) is rendered every time.
    package func render(
        _ tree: some FileTree, path: String, options: RenderOptions = RenderOptions()
    ) throws(KustomizeError) -> RenderResult {
        let key = Key(path: path, options: options)
        let root = (try? tree.entry(at: ""))?.id
        let known = state.withLock { $0.entries[key] ?? [] }
        for entry in known
        where (root != nil && root == entry.root && root?.bytes.isEmpty == false) || stands(entry.result, tree) {
            touch(key, entry.result.reads, root)
            return entry.result
        }
        let result = try Build(tree, options: options, cache: files).run(path)
        keep(result, key, root)
        return result
    }

    /// Whether the tree still holds everything that a result depends on.
    private func stands(_ result: RenderResult, _ tree: some FileTree) -> Bool {
        result.reads.allSatisfy { read in
            if read.path.hasSuffix("/") || read.path.isEmpty, read.id != SourceTree.directoryMark {
                guard let entry = try? tree.entry(at: String(read.path.dropLast())) else { return read.id == nil }
                return entry.id == read.id && !entry.id.bytes.isEmpty
            }
            guard let found = try? tree.entry(at: read.path) else { return read.id == nil }
            return read.id == (found.kind == .directory ? SourceTree.directoryMark : found.id)
        }
    }

    private func touch(_ key: Key, _ reads: Set<TreeRead>, _ root: ContentID?) {
        state.withLock { state in
            state.counters.hits += 1
            state.clock += 1
            guard let index = state.entries[key]?.firstIndex(where: { $0.result.reads == reads }) else { return }
            state.entries[key]?[index].used = state.clock
            state.entries[key]?[index].root = root
        }
    }

    private func keep(_ result: RenderResult, _ key: Key, _ root: ContentID?) {
        let isKnown = result.reads.allSatisfy { $0.id?.bytes.isEmpty != true }
        let cost = isKnown ? result.cost : 0
        state.withLock { state in
            state.counters.renders += 1
            guard isKnown, cost <= capacity / 4 else { return }
            state.clock += 1
            var entries = state.entries[key] ?? []
            if entries.count >= Self.variants,
                let oldest = entries.indices.min(by: { entries[$0].used < entries[$1].used })
            {
                state.counters.bytes -= entries.remove(at: oldest).bytes
            }
            entries.append(Entry(result: result, bytes: cost, used: state.clock, root: root))
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
    fileprivate var cost: Int {
        manifests.reduce(reads.count * 128 + 512) { sum, rendered in
            var bytes: [UInt8] = []
            rendered.manifest.json.write(to: &bytes)
            return sum + bytes.count * 6 + 256
        }
    }
}
