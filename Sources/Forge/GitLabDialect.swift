internal import HTTP
internal import KubernetesModel

/// GitLab's REST API, version 4: <https://docs.gitlab.com/api/merge_requests/>,
/// <https://docs.gitlab.com/api/commits/#set-commit-pipeline-status>.
struct GitLabDialect: ForgeDialect {
    private let project: String
    private var base: String { project + "/merge_requests" }

    init(path: String) {
        project = "/projects/\(URLText.escape(path))"
    }

    func headers(token: String) -> [(name: String, value: String)] {
        // Personal, group, project and OAuth tokens all go this way.
        [("Authorization", "Bearer \(token)"), ("Accept", "application/json")]
    }

    func list(from branch: String, into base: String, page: Int) -> ForgeCall {
        ForgeCall(
            "GET",
            "\(self.base)?state=all&source_branch=\(URLText.escape(branch))&target_branch=\(URLText.escape(base))"
                + "&order_by=created_at&sort=desc&per_page=\(Self.pageSize)&page=\(page)")
    }

    func read(_ number: Int) -> ForgeCall { ForgeCall("GET", "\(base)/\(number)") }

    func open(_ draft: PullRequestDraft) -> ForgeCall {
        ForgeCall(
            "POST", base,
            [
                "title": .string(draft.title), "source_branch": .string(draft.branch),
                "target_branch": .string(draft.base), "description": .string(draft.description),
            ])
    }

    func update(_ number: Int, title: String, description: String) -> ForgeCall {
        ForgeCall("PUT", "\(base)/\(number)", ["title": .string(title), "description": .string(description)])
    }

    func close(_ number: Int) -> ForgeCall { ForgeCall("PUT", "\(base)/\(number)", ["state_event": "close"]) }

    func comment(_ number: Int, _ text: String) -> ForgeCall {
        ForgeCall("POST", "\(base)/\(number)/notes", ["body": .string(text)])
    }

    func report(_ status: CommitStatus, of commit: String) -> ForgeCall {
        let state =
            switch status.state {
            case .pending: "pending"
            case .success: "success"
            case .failure: "failed"
            }
        return ForgeCall(
            "POST", "\(project)/statuses/\(URLText.escape(commit))",
            [
                "state": .string(state), "name": .string(status.context), "description": .string(status.description),
            ])
    }

    /// GitLab refuses a status that the commit has already.
    func isSettled(_ refusal: ForgeError) -> Bool {
        refusal.code == .refused && refusal.message.contains("Cannot transition status")
    }

    func pullRequest(_ json: JSONValue) -> PullRequest? {
        guard let number = json["iid"]?.number, let state = json["state"]?.stringValue else { return nil }
        // A fast-forward makes no commit of its own: then it is the head that was merged.
        let made = [json.text("merge_commit_sha"), json.text("squash_commit_sha"), json.text("sha")]
        return PullRequest(
            number: number, url: json.text("web_url"),
            state: state == "merged"
                ? .merged(commit: made.first { !$0.isEmpty } ?? "")
                // While it is being merged it is `locked`.
                : state == "opened" || state == "locked" ? .open : .closed,
            head: json.text("sha"), title: json.text("title"), description: json.text("description"))
    }

    func isOwn(_ json: JSONValue, from branch: String) -> Bool {
        guard json.text("source_branch") == branch, let source = json["source_project_id"]?.intValue else {
            return false
        }
        return source == json["target_project_id"]?.intValue
    }
}
