/// The members of a JSON object, kept sorted by key so that equal objects have equal representations.
///
/// Look-up is O(log n), insertion O(n); building from a sequence is O(n log n).
package struct JSONObject: Sendable, Hashable {
    package struct Member: Sendable, Hashable {
        package let key: String
        package var value: JSONValue
    }

    private var members: [Member]

    package init() {
        members = []
    }

    /// Builds from pairs; the last of several pairs with one key wins.
    package init(_ pairs: some Sequence<(String, JSONValue)>) {
        members = pairs.map { Member(key: $0.0, value: $0.1) }
        normalise()
    }

    package init(_ strings: [String: String]) {
        self.init(strings.map { ($0.key, .string($0.value)) })
    }

    /// Sorts by key and drops all but the last member of each key; cheap when already in order.
    private mutating func normalise() {
        var ordered = true
        for index in members.indices.dropFirst() where members[index - 1].key >= members[index].key {
            ordered = false
            break
        }
        guard !ordered else { return }
        // The sort is stable, so among equal keys the last one written stays last.
        members.sort { $0.key < $1.key }
        var kept: [Member] = []
        kept.reserveCapacity(members.count)
        for member in members {
            if kept.last?.key == member.key { kept.removeLast() }
            kept.append(member)
        }
        members = kept
    }

    /// The index of a key, or where it would be inserted.
    private func position(of key: String) -> (index: Int, found: Bool) {
        var low = 0
        var high = members.count
        while low < high {
            let middle = (low + high) / 2
            if members[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return (low, low < members.count && members[low].key == key)
    }

    package subscript(key: String) -> JSONValue? {
        get {
            let (index, found) = position(of: key)
            return found ? members[index].value : nil
        }
        set {
            let (index, found) = position(of: key)
            switch (newValue, found) {
            case (let value?, true): members[index].value = value
            case (let value?, false): members.insert(Member(key: key, value: value), at: index)
            case (nil, true): members.remove(at: index)
            case (nil, false): break
            }
        }
    }

    package subscript(key: String, default fallback: JSONValue) -> JSONValue {
        get { self[key] ?? fallback }
        set { self[key] = newValue }
    }

    package var keys: [String] { members.map(\.key) }

    /// The members whose value is a string, as a dictionary; others are left out.
    package var strings: [String: String] {
        var out: [String: String] = [:]
        for member in members {
            if case .string(let value) = member.value { out[member.key] = value }
        }
        return out
    }

    /// The same object with every value transformed.
    package func mapValues(_ transform: (JSONValue) throws -> JSONValue) rethrows -> JSONObject {
        var copy = self
        for index in copy.members.indices { copy.members[index].value = try transform(members[index].value) }
        return copy
    }
}

extension JSONObject: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { members.count }
    package subscript(position: Int) -> (key: String, value: JSONValue) {
        (members[position].key, members[position].value)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        self.init(elements)
    }
}
