internal import HTTP
internal import KubernetesModel

/// GitHub's REST API, version 2022-11-28: <https://docs.github.com/en/rest/pulls/pulls>,
/// <https://docs.github.com/en/rest/commits/statuses>.
struct GitHubDialect: OwnedRepositoryDialect {
    let base: String
    let path: String

    init(path: String) {
        self.path = path
        base = Self.base(of: path)
    }

    func headers(token: String) -> [(name: String, value: String)] {
        [
            ("Authorization", "Bearer \(token)"), ("Accept", "application/vnd.github+json"),
            ("X-GitHub-Api-Version", "2022-11-28"),
        ]
    }

    func list(from branch: String, into base: String, page: Int) -> ForgeCall {
        let owner = path.split(separator: "/").first.map(String.init) ?? ""
        let head = URLText.escape("\(owner):\(branch)")
        return ForgeCall(
            "GET",
            "\(self.base)/pulls?state=all&head=\(head)&base=\(URLText.escape(base))&sort=created&direction=desc"
                + "&per_page=\(Self.pageSize)&page=\(page)")
    }

    func isOwn(_ json: JSONValue, from branch: String) -> Bool {
        guard json["head"]?.text("ref") == branch else { return false }
        return json["head"]?["repo"]?.text("full_name").lowercased() == path.lowercased()
    }
}
