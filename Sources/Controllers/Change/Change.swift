internal import Core
package import Git
internal import KubernetesModel
package import SluiceAPI

/// What a promotion does: to files in Git, and thereby to objects in the cluster. Made without touching either.
package struct Change: Sendable, Hashable {
    /// The commit that it was worked out on.
    package let base: CommitID
    /// What changes for each app and image.
    package let items: [PromotionStatus.ItemState]
    /// The new content of the files that change, by path.
    package let edits: [String: [UInt8]]
    /// The files that go.
    package let removals: Set<String>
    /// The rendered objects that differ, Secrets masked.
    package let diff: ChangeDiff
    /// Gates that the resolution itself holds up: an upstream app that is not healthy, for example.
    package let holdups: [Gate]

    package init(
        base: CommitID, items: [PromotionStatus.ItemState], edits: [String: [UInt8]], removals: Set<String> = [],
        diff: ChangeDiff, holdups: [Gate]
    ) {
        self.base = base
        self.items = items
        self.edits = edits
        self.removals = removals
        self.diff = diff
        self.holdups = holdups
    }

    /// Whether everything is as asked already.
    package var isEmpty: Bool { edits.isEmpty && removals.isEmpty }

    /// All that it does to files.
    package var treeEdits: [String: TreeEdit] {
        edits.mapValues(TreeEdit.write).merging(removals.map { ($0, TreeEdit.delete) }) { write, _ in write }
    }

    /// The apps that it changes, sorted.
    package var apps: [String] { Set(items.filter { !$0.noop }.map(\.app)).sorted() }

    /// What an approval is bound to: the resolved versions and the rendered difference, not the commit below them.
    package var digest: String {
        let resolved = items.map { item in
            JSONValue.object(["app": .string(item.app), "image": .string(item.image), "to": .string(item.to)])
        }
        let document = JSONValue.object(["items": .array(resolved), "diff": .string(diff.digest)])
        return SHA256Digest(of: document.jsonBytes).description
    }
}

/// The difference between two renders, for people and for the plan digest.
package struct ChangeDiff: Sendable, Hashable {
    package var added = 0
    package var changed = 0
    package var removed = 0
    /// Unified text, bounded, Secrets masked.
    package var text = ""
    package var truncated = false
    /// A digest of every changed object, whole.
    package var digest = ""

    package init() {}
}
