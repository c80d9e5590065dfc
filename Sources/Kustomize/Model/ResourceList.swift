/// The objects of a build in the order in which they were added, found by what they are or were called.
struct ResourceList: Sendable {
    private(set) var resources: [Resource] = []
    /// Counts the ids of all objects; built when it is needed, dropped when an object may have been renamed.
    private var currentIDs: [ResourceID: Int]?

    init() {}

    var count: Int { resources.count }
    var indices: Range<Int> { resources.indices }

    /// Reads in place; writes may rename.
    subscript(index: Int) -> Resource {
        get { resources[index] }
        _modify {
            currentIDs = nil
            yield &resources[index]
        }
    }

    /// Edits every object in turn.
    mutating func forEach(_ body: (inout Resource) throws(KustomizeError) -> Void) throws(KustomizeError) {
        currentIDs = nil
        for index in resources.indices { try body(&resources[index]) }
    }

    /// Makes values that stand in several places of an object say the same there again.
    mutating func settleShared() {
        for index in resources.indices where !resources[index].shared.isEmpty { resources[index].settleShared() }
    }

    /// Adds an object; two with one id are an error.
    mutating func append(_ resource: Resource) throws(KustomizeError) {
        let id = resource.id.normalised
        var ids = currentIDs ?? index()
        currentIDs = nil
        let count = ids[id, default: 0]
        ids[id] = count + 1
        guard count == 0 else {
            let other = resources.first { $0.id.normalised == id }
            throw KustomizeError(
                .conflict, file: resource.origin.file, line: resource.origin.line,
                "\(resource.id) is already there"
                    + (other.map { ", from \($0.origin.file)" } ?? "")
                    + ": rename one of them, remove one, or turn one into a patch")
        }
        resources.append(resource)
        currentIDs = ids
    }

    mutating func append(contentsOf others: [Resource]) throws(KustomizeError) {
        for other in others { try append(other) }
    }

    private func index() -> [ResourceID: Int] {
        var ids: [ResourceID: Int] = Dictionary(minimumCapacity: resources.count + 8)
        for resource in resources { ids[resource.id.normalised, default: 0] += 1 }
        return ids
    }

    /// Puts another object in an object's place, without a check.
    mutating func replace(_ index: Int, with resource: Resource) {
        currentIDs = nil
        resources[index] = resource
    }

    /// Removes objects that a patch emptied.
    mutating func dropEmpty() {
        guard resources.contains(where: \.isEmpty) else { return }
        currentIDs = nil
        resources.removeAll(where: \.isEmpty)
    }

    mutating func removeAll(where predicate: (Resource) -> Bool) {
        currentIDs = nil
        resources.removeAll(where: predicate)
    }

    mutating func reorder(_ sort: (inout [Resource]) -> Void) { sort(&resources) }

    /// The indexes of the objects that are, or ever were, called `id`.
    func indexes(everCalled id: ResourceID) -> [Int] {
        let wanted = id.normalised
        return resources.indices.filter { index in
            let resource = resources[index]
            guard !resource.isEmpty else { return false }
            // Most objects do not even share the name; look at that first.
            guard resource.name == wanted.name || resource.previous.contains(where: { $0.name == wanted.name }) else {
                return false
            }
            return resource.allIDs.contains { $0.normalised == wanted }
        }
    }

    /// An id that more than one object has, with the places of the two first ones.
    var conflict: (id: ResourceID, first: Int, second: Int)? {
        var seen: [ResourceID: Int] = Dictionary(minimumCapacity: resources.count)
        for (index, resource) in resources.enumerated() where !resource.isEmpty {
            let id = resource.id.normalised
            if let first = seen[id] { return (id, first, index) }
            seen[id] = index
        }
        return nil
    }
}
