internal import KubernetesModel

/// GitHub's REST API, version 2022-11-28: <https://docs.github.com/en/rest/pulls/pulls>.
struct GitHubDialect: ForgeDialect {
    private let base: String
    private let path: String

    init(path: String) {
        self.path = path
        base = "/repos/" + path.split(separator: "/").map { percentEncoded(String($0)) }.joined(separator: "/")
    }

    func headers(token: String) -> [(name: String, value: String)] {
        [
            ("Authorization", "Bearer \(token)"), ("Accept", "application/vnd.github+json"),
            ("X-GitHub-Api-Version", "2022-11-28"),
        ]
    }

    func list(from branch: String, into base: String, page: Int) -> ForgeCall {
        let owner = path.split(separator: "/").first.map(String.init) ?? ""
        let head = percentEncoded("\(owner):\(branch)")
        return ForgeCall(
            "GET",
            "\(self.base)/pulls?state=all&head=\(head)&base=\(percentEncoded(base))&sort=created&direction=desc"
                + "&per_page=\(Self.pageSize)&page=\(page)")
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
        // Before the merge, merge_commit_sha is a trial.
        let isMerged = json["merged"]?.boolValue ?? false || json["merged_at"]?.stringValue != nil
        return PullRequest(
            number: number, url: json.text("html_url"),
            state: isMerged
                ? .merged(commit: json.text("merge_commit_sha")) : state == "open" ? .open : .closed,
            head: json["head"]?.text("sha") ?? "", title: json.text("title"), description: json.text("body"))
    }

    func isOwn(_ json: JSONValue, from branch: String) -> Bool {
        guard json["head"]?.text("ref") == branch else { return false }
        return json["head"]?["repo"]?.text("full_name").lowercased() == path.lowercased()
    }
}
