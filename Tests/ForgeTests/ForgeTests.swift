import Core
import HTTP
import TestSupport
import Testing

@testable import Forge

@Suite("Forge repositories")
struct ForgeRepositoryTests {
    private func make(
        _ host: String, _ path: String, kind: ForgeKind? = nil, api: String = "", port: String = "", secure: Bool = true
    ) throws -> ForgeRepository {
        try ForgeRepository(
            kind: kind, apiURL: api, host: host, authority: host + port, isSecure: secure, path: path)
    }

    @Test(
        "the host tells which API is where",
        arguments: [
            ("github.com", "/company/gitops.git", ForgeKind.gitHub, "https://api.github.com", "company/gitops"),
            ("github.company.example", "/a/b", .gitHub, "https://github.company.example/api/v3", "a/b"),
            ("gitlab.com", "group/sub/gitops.git", .gitLab, "https://gitlab.com/api/v4", "group/sub/gitops"),
            ("codeberg.org", "company/gitops", .gitea, "https://codeberg.org/api/v1", "company/gitops"),
            ("forgejo.company.example", "/a/b.git", .gitea, "https://forgejo.company.example/api/v1", "a/b"),
        ])
    func derives(host: String, path: String, kind: ForgeKind, api: String, repository: String) throws {
        let made = try make(host, path)
        #expect(made.kind == kind)
        #expect(made.apiURL == api)
        #expect(made.path == repository)
    }

    @Test("what is set goes before what the host tells")
    func explicit() throws {
        let made = try make("git.example.com", "/code/a/b.git", kind: .gitea, port: ":3000", secure: false)
        #expect(made.apiURL == "http://git.example.com:3000/api/v1")
        #expect(made.path == "a/b")
        #expect(
            try make("github.com", "a/b", kind: .gitea, api: "https://x.example/api/v1//").apiURL
                == "https://x.example/api/v1")
    }

    @Test("an unknown host and a path without an owner are errors that say what to set")
    func unknown() {
        let error = #expect(throws: ForgeError.self) { try make("git.example.com", "/a/b.git") }
        #expect(error?.message.contains("spec.source.push.pullRequest.provider") == true)
        #expect(throws: ForgeError.self) { try make("github.com", "/b.git") }
    }
}

/// One entry of each API, in a state.
enum Answers {
    static func entry(
        _ kind: ForgeKind, number: Int = 7, state: String = "open", branch: String = "sluice/shop/p",
        head: String = "c0ffee", merge: String = "", own: Bool = true
    ) -> String {
        let repository = own ? "Company/gitops" : "mallory/gitops"
        switch kind {
        case .gitHub:
            let merged = state == "merged" ? "\"2026-11-23T06:00:00Z\"" : "null"
            return """
                {"number":\(number),"html_url":"https://github.com/company/gitops/pull/\(number)",\
                "state":"\(state == "open" ? "open" : "closed")","merged_at":\(merged),"title":"T","body":"B",\
                "merge_commit_sha":"\(merge.isEmpty ? "7a1a1" : merge)",\
                "head":{"ref":"\(branch)","sha":"\(head)","repo":{"full_name":"\(repository)"}}}
                """
        case .gitea:
            return """
                {"number":\(number),"html_url":"https://codeberg.org/company/gitops/pulls/\(number)",\
                "state":"\(state == "open" ? "open" : "closed")","merged":\(state == "merged"),"title":"T","body":"B",\
                "merge_commit_sha":\(merge.isEmpty ? "null" : "\"\(merge)\""),\
                "head":{"ref":"\(branch)","sha":"\(head)","repo":{"full_name":"\(repository)"}}}
                """
        case .gitLab:
            let word = state == "open" ? "opened" : state
            return """
                {"iid":\(number),"web_url":"https://gitlab.com/company/gitops/-/merge_requests/\(number)",\
                "state":"\(word)","title":"T","description":"B","sha":"\(head)","source_branch":"\(branch)",\
                "merge_commit_sha":null,"squash_commit_sha":\(merge.isEmpty ? "null" : "\"\(merge)\""),\
                "source_project_id":\(own ? 1 : 2),"target_project_id":1}
                """
        }
    }
}

@Suite("Forge client")
struct ForgeClientTests {
    static let token = "s3cr3t-token"

    private func client(_ kind: ForgeKind, _ transport: ScriptedTransport, clock: ManualClock = ManualClock()) throws
        -> ForgeClient
    {
        let host = [ForgeKind.gitHub: "github.com", .gitLab: "gitlab.com", .gitea: "codeberg.org"][kind] ?? ""
        let repository = try ForgeRepository(
            kind: kind, apiURL: "", host: host, authority: host, isSecure: true, path: "company/gitops.git")
        return try ForgeClient(repository, token: Self.token, transport: transport, clock: clock)
    }

    static let lists: [ForgeKind: String] = [
        .gitHub:
            "/repos/company/gitops/pulls?state=all&head=company%3Asluice%2Fshop%2Fp&base=main&sort=created"
            + "&direction=desc&per_page=50&page=1",
        .gitLab:
            "/api/v4/projects/company%2Fgitops/merge_requests?state=all&source_branch=sluice%2Fshop%2Fp"
            + "&target_branch=main&order_by=created_at&sort=desc&per_page=50&page=1",
        .gitea: "/api/v1/repos/company/gitops/pulls?state=all&sort=recentupdate&limit=50&page=1",
    ]
    static let items: [ForgeKind: String] = [
        .gitHub: "/repos/company/gitops/pulls", .gitLab: "/api/v4/projects/company%2Fgitops/merge_requests",
        .gitea: "/api/v1/repos/company/gitops/pulls",
    ]

    @Test("finds the branch's own pull requests, newest first, and none of a fork", arguments: ForgeKind.allCases)
    func finds(kind: ForgeKind) async throws {
        let transport = ScriptedTransport()
        let entries = [
            Answers.entry(kind, number: 3, state: "closed"), Answers.entry(kind, number: 9),
            Answers.entry(kind, number: 8, own: false), Answers.entry(kind, number: 5, branch: "sluice/shop/pp"),
            Answers.entry(kind, number: 4, state: "merged", merge: "abc"), "{}", "null",
        ]
        transport.expect("GET", try #require(Self.lists[kind]), .json("[\(entries.joined(separator: ","))]")) {
            request in
            let sent = request.headers.first { $0.name == "Authorization" }?.value
            #expect(sent == (kind == .gitea ? "token \(Self.token)" : "Bearer \(Self.token)"))
            #expect(request.maxRedirects == 0)
        }
        let found = try await client(kind, transport).pullRequests(from: "sluice/shop/p", into: "main")
        #expect(found.map(\.number) == [9, 4, 3])
        #expect(found.map(\.state) == [.open, .merged(commit: "abc"), .closed])
        #expect(found.first?.head == "c0ffee")
        #expect(found.first?.description == "B")
        transport.finish()
    }

    @Test("GitLab's merge tells its commit: the merge, the squashed, or the head that was fast-forwarded to")
    func gitLabMerge() async throws {
        let transport = ScriptedTransport()
        let path = try #require(Self.items[.gitLab]) + "/7"
        transport.expect("GET", path, .json(Answers.entry(.gitLab, state: "merged")))
        let found = try await client(.gitLab, transport).pullRequest(7)
        #expect(found.state == .merged(commit: "c0ffee"))
    }

    @Test("Gitea's list is read page by page, up to a limit")
    func pages() async throws {
        let transport = ScriptedTransport()
        let full =
            "[" + (0..<50).map { Answers.entry(.gitea, number: $0, branch: "other") }.joined(separator: ",") + "]"
        for page in 1...4 {
            transport.expect(
                "GET", "/api/v1/repos/company/gitops/pulls?state=all&sort=recentupdate&limit=50&page=\(page)",
                .json(page == 3 ? full.replacing("other", with: "sluice/shop/p") : full))
        }
        let found = try await client(.gitea, transport).pullRequests(from: "sluice/shop/p", into: "main")
        #expect(found.count == 50)
        transport.finish()
    }

    @Test("opens, changes and closes in each API's words", arguments: ForgeKind.allCases)
    func writes(kind: ForgeKind) async throws {
        let transport = ScriptedTransport()
        let items = try #require(Self.items[kind])
        let patch = kind == .gitLab ? "PUT" : "PATCH"
        transport.expect("POST", items, .json(Answers.entry(kind), status: 201)) { request in
            let body = String(decoding: request.body, as: UTF8.self)
            let wanted: [ForgeKind: String] = [
                .gitHub: #"{"base":"main","body":"D","head":"sluice/shop/p","title":"T"}"#,
                .gitea: #"{"base":"main","body":"D","head":"sluice/shop/p","title":"T"}"#,
                .gitLab:
                    #"{"description":"D","source_branch":"sluice/shop/p","target_branch":"main","title":"T"}"#,
            ]
            #expect(body.replacing(#"\/"#, with: "/") == wanted[kind])
        }
        transport.expect(patch, items + "/7", .json(Answers.entry(kind)))
        transport.expect(patch, items + "/7", .json(Answers.entry(kind, state: "merged", merge: "abc"))) { request in
            let body = String(decoding: request.body, as: UTF8.self)
            #expect(body == (kind == .gitLab ? #"{"state_event":"close"}"# : #"{"state":"closed"}"#))
        }
        let comments = kind == .gitLab ? items + "/7/notes" : items.replacing("/pulls", with: "/issues") + "/7/comments"
        transport.expect("POST", comments, .json(#"{"id":1,"body":"why"}"#, status: 201)) { request in
            #expect(String(decoding: request.body, as: UTF8.self) == #"{"body":"why"}"#)
        }
        let forge = try client(kind, transport)
        let draft = PullRequestDraft(branch: "sluice/shop/p", base: "main", title: "T", description: "D")
        #expect(try await forge.open(draft).number == 7)
        #expect(try await forge.update(7, title: "T", description: "D").state == .open)
        // Somebody merged it before it could be closed.
        #expect(try await forge.close(7).state == .merged(commit: "abc"))
        try await forge.comment(7, "why")
        transport.finish()
    }

    @Test("says how a commit fares in each API's words", arguments: ForgeKind.allCases)
    func statuses(kind: ForgeKind) async throws {
        let transport = ScriptedTransport()
        let commit = "0123456789abcdef0123456789abcdef01234567"
        let targets: [ForgeKind: String] = [
            .gitHub: "/repos/company/gitops/statuses/\(commit)",
            .gitLab: "/api/v4/projects/company%2Fgitops/statuses/\(commit)",
            .gitea: "/api/v1/repos/company/gitops/statuses/\(commit)",
        ]
        for state in CommitStatus.State.allCases {
            transport.expect("POST", try #require(targets[kind]), .json("{}", status: 201)) { request in
                let body = String(decoding: request.body, as: UTF8.self).replacing(#"\/"#, with: "/")
                let word = kind == .gitLab && state == .failure ? "failed" : state.rawValue
                let name = kind == .gitLab ? "name" : "context"
                #expect(body.contains("\"state\":\"\(word)\""))
                #expect(body.contains("\"\(name)\":\"sluice/shop/dev\""))
                #expect(body.contains("\"description\":\"why\""))
            }
            let status = CommitStatus(state, context: "sluice/shop/dev", description: "why")
            try await client(kind, transport).report(status, of: commit)
        }
        transport.finish()
    }

    @Test("takes GitLab's refusal of a status that is there already for what it is, and no other refusal")
    func settledStatus() async throws {
        let status = CommitStatus(.success, context: "c", description: "")
        for (said, isFine) in [
            ("Cannot transition status via :succeed from :success (Reason(s): ...)", true), ("name is too long", false),
        ] {
            let transport = ScriptedTransport()
            transport.expect(
                "POST", "/api/v4/projects/company%2Fgitops/statuses/abc",
                .json("{\"message\":\"\(said)\"}", status: 400))
            let forge = try client(.gitLab, transport)
            do throws(ForgeError) {
                try await forge.report(status, of: "abc")
                #expect(isFine)
            } catch {
                #expect(!isFine && error.code == .refused)
            }
        }
    }

    @Test(
        "tells errors apart, and never the token",
        arguments: [
            (401, [], ForgeError.Code.unauthorized), (403, [], .forbidden), (404, [], .notFound), (409, [], .conflict),
            (422, [], .refused), (400, [], .refused), (500, [], .unavailable), (502, [], .unavailable),
            (429, [], .rateLimited), (403, [(name: "Retry-After", value: "30")], .rateLimited),
            (403, [(name: "X-RateLimit-Remaining", value: "0")], .rateLimited), (301, [], .unknown),
        ] as [(Int, [(name: String, value: String)], ForgeError.Code)])
    func errors(status: Int, headers: [(name: String, value: String)], code: ForgeError.Code) async throws {
        let transport = ScriptedTransport()
        let said = #"{"message":"no, \#(Self.token)\nreally","errors":[{"message":"because"}]}"#
        transport.expect("GET", "/repos/company/gitops/pulls/7", .json(said, status: status, headers: headers))
        let error = try await #require(throws: ForgeError.self) { try await client(.gitHub, transport).pullRequest(7) }
        #expect(error.code == code)
        #expect(error.message.contains("\(status) (no, *** really; because)"))
        #expect(!error.message.contains(Self.token))
        let isTransient = [ForgeError.Code.unavailable, .conflict].contains(code)
        if code == .rateLimited {
            guard case .waitUntil = error.disposition else {
                Issue.record("a time to come back, not \(error.disposition)")
                return
            }
        } else {
            #expect(error.disposition == (isTransient ? .transient : .terminal))
        }
    }

    @Test(
        "comes back when it is told to, within an hour",
        arguments: [
            ("Retry-After", "30", 30), ("Retry-After", "999999", 3600), ("Retry-After", "-1", 60),
            ("Retry-After", "soon", 60), ("X-RateLimit-Reset", "1767225690", 90), ("X-RateLimit-Reset", "1", 1),
            ("RateLimit-Reset", "99999999999", 3600), ("X-Other", "1", 60),
        ])
    func retry(header: String, value: String, seconds: Int) async throws {
        let transport = ScriptedTransport()
        let clock = ManualClock()
        transport.expect(
            "GET", "/repos/company/gitops/pulls/7", .json("{}", status: 429, headers: [(name: header, value: value)]))
        let error = try await #require(throws: ForgeError.self) {
            try await client(.gitHub, transport, clock: clock).pullRequest(7)
        }
        let now: Timestamp = clock.now()
        #expect(error.disposition == .waitUntil(now + .seconds(seconds)))
    }

    @Test(
        "an answer that is none of the API's is said to be so",
        arguments: ["", "<html>", "[]", "{}", #"{"number":"7"}"#])
    func unintelligible(body: String) async throws {
        let transport = ScriptedTransport()
        transport.expect("GET", "/repos/company/gitops/pulls/7", .json(body))
        let error = try await #require(throws: ForgeError.self) { try await client(.gitHub, transport).pullRequest(7) }
        #expect(error.code == .unintelligible)
    }

    @Test("sends no token in the clear to another machine, and none that breaks a header")
    func refuses() throws {
        func make(_ api: String, token: String = Self.token, insecure: Bool = false) throws {
            let repository = try ForgeRepository(
                kind: .gitea, apiURL: api, host: "x", authority: "x", isSecure: true, path: "a/b")
            _ = try ForgeClient(repository, token: token, transport: ScriptedTransport(), allowsInsecure: insecure)
        }
        for url in [
            "http://git.example.com/api/v1", "http://127.0.0.1.example.com/api", "http://127.0.0.1@evil.example/api",
            "http://localhost.evil.example/api", "ftp://localhost/api",
        ] {
            #expect(throws: ForgeError.self, "\(url)") { try make(url) }
        }
        for url in ["http://127.0.0.1:3000/api/v1", "http://localhost/api", "http://[::1]:80/api", "https://x/api"] {
            #expect(throws: Never.self, "\(url)") { try make(url) }
        }
        #expect(throws: Never.self) { try make("http://git.example.com/api/v1", insecure: true) }
        for token in ["", "a b", "a\r\nX-Evil: 1"] {
            #expect(throws: ForgeError.self) { try make("https://x/api", token: token) }
        }
    }
}
