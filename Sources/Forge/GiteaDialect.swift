internal import KubernetesModel

/// The API of Gitea and Forgejo, version 1: <https://docs.gitea.com/api>. It cannot be asked for the pull requests of
/// one branch: the newest are listed and sifted.
struct GiteaDialect: ForgeDialect {
    static var pages: Int { 4 }

    private let base: String
    private let path: String

    init(path: String) {
        self.path = path
        base = "/repos/" + path.split(separator: "/").map { percentEncoded(String($0)) }.joined(separator: "/")
    }

    func headers(token: String) -> [(name: String, value: String)] {
        [("Authorization", "token \(token)"), ("Accept", "application/json")]
    }

    func list(from branch: String, into base: String, page: Int) -> ForgeCall {
        ForgeCall("GET", "\(self.base)/pulls?state=all&sort=recentupdate&limit=\(Self.pageSize)&page=\(page)")
    }

    func read(_ number: Int) -> ForgeCall { ForgeCall("GET", "\(base)/pulls/\(number)") }

    func open(_ draft: PullRequestDraft) -> ForgeCall {
        ForgeCall(
            "POST", "\(base)/pulls",
            [
                "title": .string(draft.title), "head": .string(draft.branch), "base": .string(draft.base),
                "body": .string(draft.description),
            ])
    }

    func update(_ number: Int, title: String, description: String) -> ForgeCall {
        ForgeCall("PATCH", "\(base)/pulls/\(number)", ["title": .string(title), "body": .string(description)])
    }

    func close(_ number: Int) -> ForgeCall { ForgeCall("PATCH", "\(base)/pulls/\(number)", ["state": "closed"]) }

    func pullRequest(_ json: JSONValue) -> PullRequest? {
        guard let number = json["number"]?.number, let state = json["state"]?.stringValue else { return nil }
        return PullRequest(
            number: number, url: json.text("html_url"),
            state: json["merged"]?.boolValue ?? false
                ? .merged(commit: json.text("merge_commit_sha")) : state == "open" ? .open : .closed,
            head: json["head"]?.text("sha") ?? "", title: json.text("title"), description: json.text("body"))
    }

    func isOwn(_ json: JSONValue, from branch: String) -> Bool {
        // Once the branch is deleted, `ref` is that of the pull request, and `label` still the branch's name.
        guard let head = json["head"], head.text("ref") == branch || head.text("label") == branch else { return false }
        return head["repo"]?.text("full_name").lowercased() == path.lowercased()
    }
}
