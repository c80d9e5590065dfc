internal import KubernetesModel

/// One request to a forge's API.
struct ForgeCall: Sendable, Hashable {
    let method: String
    /// Below the API's URL, with the query.
    let target: String
    var body: JSONValue?

    init(_ method: String, _ target: String, _ body: JSONValue? = nil) {
        self.method = method
        self.target = target
        self.body = body
    }
}

/// How one kind of forge is asked, and how it answers. Pure.
protocol ForgeDialect: Sendable {
    /// How many entries of a list are asked for at once.
    static var pageSize: Int { get }
    /// How many pages of a list are read at most.
    static var pages: Int { get }

    init(path: String)

    func headers(token: String) -> [(name: String, value: String)]
    /// Pull requests from a branch into another, in any state, newest first.
    func list(from branch: String, into base: String, page: Int) -> ForgeCall
    func read(_ number: Int) -> ForgeCall
    func open(_ draft: PullRequestDraft) -> ForgeCall
    func update(_ number: Int, title: String, description: String) -> ForgeCall
    func close(_ number: Int) -> ForgeCall
    /// Says something below a pull request, whatever its state.
    func comment(_ number: Int, _ text: String) -> ForgeCall
    func report(_ status: CommitStatus, of commit: String) -> ForgeCall
    /// Whether a refusal means that the status is what it was to become.
    func isSettled(_ refusal: ForgeError) -> Bool
    /// The pull request in an answer; nil where there is none.
    func pullRequest(_ json: JSONValue) -> PullRequest?
    /// Whether an entry of a list is from that branch of the repository itself: anybody may call a branch of a fork so.
    func isOwn(_ json: JSONValue, from branch: String) -> Bool
}

extension ForgeDialect {
    static var pageSize: Int { 50 }
    static var pages: Int { 1 }
    func isSettled(_ refusal: ForgeError) -> Bool { false }
}

extension JSONValue {
    /// A number in an answer that must be one of ours to ask for again.
    var number: Int? { intValue.flatMap(Int.init(exactly:)) }
    /// A text; empty for null and for anything else.
    func text(_ key: String) -> String { self[key]?.stringValue ?? "" }
}
