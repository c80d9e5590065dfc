internal import KubernetesModel

/// The API of Gitea and Forgejo, version 1: <https://docs.gitea.com/api>. It cannot be asked for the pull requests of
/// one branch: the newest are listed and sifted.
struct GiteaDialect: OwnedRepositoryDialect {
    static var pages: Int { 4 }

    let base: String
    let path: String

    init(path: String) {
        self.path = path
        base = Self.base(of: path)
    }

    func headers(token: String) -> [(name: String, value: String)] {
        [("Authorization", "token \(token)"), ("Accept", "application/json")]
    }

    func list(from branch: String, into base: String, page: Int) -> ForgeCall {
        ForgeCall("GET", "\(self.base)/pulls?state=all&sort=recentupdate&limit=\(Self.pageSize)&page=\(page)")
    }

    func isOwn(_ json: JSONValue, from branch: String) -> Bool {
        // Once the branch is deleted, `ref` is that of the pull request, and `label` still the branch's name.
        guard let head = json["head"], head.text("ref") == branch || head.text("label") == branch else { return false }
        return head["repo"]?.text("full_name").lowercased() == path.lowercased()
    }
}
