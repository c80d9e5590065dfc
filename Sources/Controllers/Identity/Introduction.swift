/// Who put something into Git: found by the commit since which it has stood there unchanged.
///
/// The rule (see the threat model): whoever signed the oldest commit of the unbroken run in which an entry stood as it
/// stands now vouches for it. Editing somebody else's entry starts a new run under the editor's own signature, and
/// copying one elsewhere does too.
///
/// | versions, newest first (entry)   | current | introduced by |
/// |----------------------------------|---------|---------------|
/// | c3 `a`, c2 `a`, c1 absent        | `a`     | c2            |
/// | c3 `a`, c2 `b`, c1 `a`           | `a`     | c3            |
/// | c2 `b`, c1 `a`                   | `a`     | none: the file no longer says so |
package enum Introduction {
    /// One version of a file: the commit that made it, and what is looked for in it.
    package struct Version<Commit: Sendable, Value: Equatable & Sendable>: Sendable {
        package let commit: Commit
        /// Nil where that version does not have it.
        package let value: Value?

        package init(commit: Commit, value: Value?) {
            self.commit = commit
            self.value = value
        }
    }

    /// The commit that introduced `current`.
    ///
    /// - Parameters:
    ///   - versions: the file's versions, newest first.
    ///   - complete: whether the history reaches the file's beginning. Where it does not and the run has no visible
    ///     start, nobody vouches for the entry.
    package static func commit<Commit, Value>(
        of current: Value, in versions: [Version<Commit, Value>], complete: Bool
    ) -> Commit? {
        var introduced: Commit?
        for version in versions {
            guard version.value == current else { return introduced }
            introduced = version.commit
        }
        return complete ? introduced : nil
    }
}
