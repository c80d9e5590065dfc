internal import Core
package import KubernetesModel
internal import Sync

extension ChangeDiff {
    /// The longest text, in bytes: what fits a ConfigMap with room to spare.
    private static let textLimit = 256 << 10

    /// Compares two sets of rendered objects.
    package init(before: [Manifest], after: [Manifest]) {
        self.init()
        let diff = ObjectDiff(before: before, after: after)
        guard !diff.isEmpty else { return }
        added = diff.count(.added)
        changed = diff.count(.changed)
        removed = diff.count(.removed)
        (text, truncated) = diff.text(limit: Self.textLimit)
        digest = diff.digest.hex
    }
}
