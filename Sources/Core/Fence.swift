/// The right to change things outside this process, which may end at any moment.
///
/// Whoever acts in the name of a lease does so under a fence (``current``), and all that is called from there inherits
/// it. What sends a change asks ``mayWrite`` at the last moment before: a process that was stopped for a while goes on
/// with its next instruction, long after the lease has run out, and no cancellation is faster than that.
package struct Fence: Sendable {
    /// The fence of what is being done; nil where nothing restricts it.
    @TaskLocal package static var current: Fence?

    /// Whether what is being done may change anything now.
    package static var mayWrite: Bool { current?.isOpen ?? true }

    private let check: @Sendable () -> Bool

    /// - Parameter isOpen: asked before each change, from any thread; must not block.
    package init(isOpen: @escaping @Sendable () -> Bool) {
        check = isOpen
    }

    package var isOpen: Bool { check() }
}
