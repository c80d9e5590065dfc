internal import Core
internal import Synchronization

/// Documents by the content that they were read from, within a bound; what was not used for longest goes first.
final class ParsedFiles: Sendable {
    private struct State {
        var entries: [ContentID: (documents: [ParsedDocument], bytes: Int, used: UInt64)] = [:]
        var bytes = 0
        var clock: UInt64 = 0
    }

    /// Parsed documents take about this many times their text.
    private static let expansion = 8
    private let capacity: Int
    private let state = Mutex(State())

    /// - Parameter capacity: bytes of memory (an estimate).
    init(capacity: Int) {
        self.capacity = capacity
    }

    var bytes: Int { state.withLock { $0.bytes } }

    subscript(id: ContentID) -> [ParsedDocument]? {
        guard !id.bytes.isEmpty else { return nil }
        return state.withLock { state in
            state.clock += 1
            state.entries[id]?.used = state.clock
            return state.entries[id]?.documents
        }
    }

    func insert(_ documents: [ParsedDocument], for id: ContentID, bytes: Int) {
        let cost = bytes * Self.expansion + 256
        guard !id.bytes.isEmpty, cost <= capacity / 4 else { return }
        state.withLock { state in
            state.clock += 1
            if let old = state.entries.updateValue((documents, cost, state.clock), forKey: id) {
                state.bytes -= old.bytes
            }
            state.bytes += cost
            guard state.bytes > capacity else { return }
            // Make room for a while, so that the sort below is rare.
            for (id, entry) in state.entries.sorted(by: { $0.value.used < $1.value.used }) {
                guard state.bytes > capacity / 4 * 3 else { break }
                state.entries[id] = nil
                state.bytes -= entry.bytes
            }
        }
    }
}
