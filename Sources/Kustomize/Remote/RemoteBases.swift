package import Core

/// What a render may read of other repositories: whose are allowed, and which of them are here.
///
/// A render fetches nothing. It asks for what it comes across; whoever started it fetches what was not here and renders
/// again. Calls come from the thread that renders and do not leave the machine.
package protocol RemoteBases: Sendable {
    var allowed: RemoteAllowList { get }

    /// What there is of a repository that is allowed.
    func answer(to reference: RemoteReference) -> RemoteAnswer
}

extension RemoteBases {
    /// Whether the repository is here, at the commit that the reference fixes, for whoever asks through this.
    func holds(_ reference: RemoteReference) -> Bool {
        if case .tree = answer(to: reference) { allowed.allows(reference) } else { false }
    }
}

package enum RemoteAnswer {
    /// The repository's files at the commit that the reference fixes; to be read on the caller's thread.
    case tree(any FileTree)
    /// It is not here yet; that it is wanted was noted.
    case awaited
    /// It cannot be had.
    case failed(any SluiceError)
    /// The reference names something that can be moved, which leads to this commit today.
    case movable(commit: String)
}

/// No remote base is allowed.
package struct NoRemoteBases: RemoteBases {
    package init() {}

    package var allowed: RemoteAllowList { .nothing }

    package func answer(to reference: RemoteReference) -> RemoteAnswer { .awaited }
}
