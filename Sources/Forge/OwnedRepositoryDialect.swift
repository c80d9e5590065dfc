internal import HTTP
internal import KubernetesModel

/// What the API of Gitea has as that of GitHub has it: repositories by owner and name, and most of the calls.
protocol OwnedRepositoryDialect: ForgeDialect {
    /// `/repos/company/gitops`
    var base: String { get }
    /// `company/gitops`
    var path: String { get }
}

extension OwnedRepositoryDialect {
    static func base(of path: String) -> String {
        "/repos/" + path.split(separator: "/").map { URLText.escape(String($0)) }.joined(separator: "/")
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

    func comment(_ number: Int, _ text: String) -> ForgeCall {
        ForgeCall("POST", "\(base)/issues/\(number)/comments", ["body": .string(text)])
    }

    func report(_ status: CommitStatus, of commit: String) -> ForgeCall {
        ForgeCall(
            "POST", "\(base)/statuses/\(URLText.escape(commit))",
            [
                "state": .string(status.state.rawValue), "context": .string(status.context),
                "description": .string(status.description),
            ])
    }

    func pullRequest(_ json: JSONValue) -> PullRequest? {
        guard let number = json["number"]?.number, let state = json["state"]?.stringValue else { return nil }
        // Before the merge, GitHub's merge_commit_sha is a trial; its lists have merged_at and not merged.
        let isMerged = json["merged"]?.boolValue ?? false || json["merged_at"]?.stringValue != nil
        return PullRequest(
            number: number, url: json.text("html_url"),
            state: isMerged
                ? .merged(commit: json.text("merge_commit_sha")) : state == "open" ? .open : .closed,
            head: json["head"]?.text("sha") ?? "", title: json.text("title"), description: json.text("body"))
    }
}
