/// Which repository a URL means, whatever the way to it: `https://git.example.com/company/gitops.git` and
/// `git@git.example.com:company/gitops` mean the same.
///
/// Scheme, user, port, the suffix `.git` and the case of letters do not count. Two repositories that differ in no more
/// than that are taken for one: use it to decide what to look at, never what to believe.
package struct RepositoryAddress: Sendable, Hashable, CustomStringConvertible {
    private let host: String
    private let path: String

    package init(_ url: GitURL) {
        host = url.host
        var path = url.path.lowercased()[...]
        while path.hasPrefix("/") { path.removeFirst() }
        while path.hasSuffix("/") { path.removeLast() }
        if path.hasSuffix(".git") { path.removeLast(4) }
        self.path = String(path)
    }

    /// Nil for a text that is no address of a repository.
    package init?(_ text: String) {
        var limits = GitLimits()
        limits.allowFile = true
        limits.allowInsecureHTTP = true
        guard let url = try? GitURL(text, limits: limits) else { return nil }
        self.init(url)
    }

    package var description: String { "\(host)/\(path)" }
}
