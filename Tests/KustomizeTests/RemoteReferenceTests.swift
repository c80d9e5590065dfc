import Kustomize
import Testing

@Suite("A remote reference")
struct RemoteReferenceTests {
    /// What kustomize 5.8.1 clones, which ref it fetches, and the directory that it builds: recorded with a `git` that
    /// writes its arguments down.
    static let known: [(text: String, repository: String, ref: String, directory: String)] = [
        ("https://127.0.0.1/org/repo//path?ref=v1", "https://127.0.0.1/org/repo", "v1", "path"),
        ("http://127.0.0.1:1/o/r//a/b?ref=v1&submodules=false&timeout=3", "http://127.0.0.1:1/o/r", "v1", "a/b"),
        ("https://github.com/org/repo/path?ref=v1", "https://github.com/org/repo", "v1", "path"),
        ("github.com/org/repo/path?ref=v1", "https://github.com/org/repo", "v1", "path"),
        ("github.com/org/repo?ref=v1", "https://github.com/org/repo", "v1", ""),
        ("github.com/org/repo.git?ref=v1", "https://github.com/org/repo.git", "v1", ""),
        ("github.com/org/repo//x/y?version=v2", "https://github.com/org/repo", "v2", "x/y"),
        ("github.com/org/repo//x?version=v2&ref=v3", "https://github.com/org/repo", "v3", "x"),
        ("github.com/org/repo/x", "https://github.com/org/repo", "", "x"),
        ("github.com:org/repo/path?ref=v1", "https://github.com/org/repo", "v1", "path"),
        ("gIthub.com:org/repo", "https://github.com/org/repo", "", ""),
        ("GitHub.com/org/repo//x?ref=v1", "https://github.com/org/repo", "v1", "x"),
        ("http://github.com/a/b//c?ref=v1", "https://github.com/a/b", "v1", "c"),
        ("https://github.com:443/a/b//c?ref=v1", "https://github.com/a/b", "v1", "c"),
        ("https://github.com/org/repo/tree/main/x", "https://github.com/org/repo", "", "tree/main/x"),
        ("git@github.com:org/repo//path?ref=v1", "git@github.com:org/repo", "v1", "path"),
        ("git@example.com:org/repo/path?ref=v1", "git@example.com:org/repo", "v1", "path"),
        ("git@example.com:org/repo.git/path?ref=v1", "git@example.com:org/repo.git", "v1", "path"),
        ("git@example.com:v3/org/project/repo//x?ref=v1", "git@example.com:v3/org/project/repo", "v1", "x"),
        ("git@example.com:2222/a/b?ref=v1", "git@example.com:2222/a", "v1", "b"),
        ("git@example.com:a.git?ref=v1", "git@example.com:a.git", "v1", ""),
        ("git@example.com:a//b?ref=v1", "git@example.com:a", "v1", "b"),
        ("org-123@github.com:org/repo/path?ref=v1", "org-123@github.com:org/repo", "v1", "path"),
        ("ssh://git@example.com/org/repo//path?ref=v1", "ssh://git@example.com/org/repo", "v1", "path"),
        ("ssh://example.com/org/repo//path?ref=v1", "ssh://example.com/org/repo", "v1", "path"),
        ("ssh://git@host/~u/repo//x?ref=v1", "ssh://git@host/~u/repo", "v1", "x"),
        ("git::https://example.com/org/repo//path?ref=v1", "https://example.com/org/repo", "v1", "path"),
        ("git::ssh://git@example.com/org/repo//path?ref=v1", "ssh://git@example.com/org/repo", "v1", "path"),
        ("git::git@example.com:org/repo//path?ref=v1", "git@example.com:org/repo", "v1", "path"),
        ("GIT::https://example.com/org/repo", "https://example.com/org/repo", "", ""),
        ("git::github.com/org/repo//x", "https://github.com/org/repo", "", "x"),
        ("https://example.com/org/repo.git/path?ref=v1", "https://example.com/org/repo.git", "v1", "path"),
        ("https://example.com/org/repo.git//x?ref=v1", "https://example.com/org/repo.git", "v1", "x"),
        ("https://example.com/a/repo.git/b.git/x?ref=v1", "https://example.com/a/repo.git", "v1", "b.git/x"),
        ("https://example.com/a.git/b//c?ref=v1", "https://example.com/a.git/b", "v1", "c"),
        ("https://example.com/a//b.git/c?ref=v1", "https://example.com/a", "v1", "b.git/c"),
        ("https://example.com/a//b//c?ref=1", "https://example.com/a", "1", "b/c"),
        ("https://example.com/o/p/_git/repo/path?ref=v1", "https://example.com/o/p/_git/repo", "v1", "path"),
        ("https://example.com/o/p/_git/repo//path?ref=v1", "https://example.com/o/p/_git/repo", "v1", "path"),
        ("https://example.com/p/_git/a/b//c?ref=v1", "https://example.com/p/_git/a", "v1", "b/c"),
        ("https://example.com/_git/x", "https://example.com/_git/x", "", ""),
        ("https://example.com/org/repo/path", "https://example.com/org/repo", "", "path"),
        ("https://example.com/org/repo", "https://example.com/org/repo", "", ""),
        ("HTTPS://example.com/org/repo//x?ref=v1", "https://example.com/org/repo", "v1", "x"),
        ("https://example.com/a/b/c/d//x?ref=v1", "https://example.com/a/b/c/d", "v1", "x"),
        ("https://example.com/a/b/c/d?ref=v1", "https://example.com/a/b", "v1", "c/d"),
        ("https://gitlab.com/group/sub/repo/x?ref=v1", "https://gitlab.com/group/sub", "v1", "repo/x"),
        ("https://example.com:8443/org/repo//x?ref=v1", "https://example.com:8443/org/repo", "v1", "x"),
        ("https://example.com/org/repo//x?ref=a&ref=b", "https://example.com/org/repo", "a", "x"),
        ("https://example.com/a/b.git?ref=&version=v2", "https://example.com/a/b.git", "v2", ""),
        ("https://example.com/a/b?REF=v1", "https://example.com/a/b", "", ""),
        ("https://example.com/org/repo//x?timeout=abc&depth=3", "https://example.com/org/repo", "", "x"),
        ("https://example.com/org/repo///x?ref=v1", "https://example.com/org/repo", "v1", "x"),
        ("https://example.com/org/repo//x//y?ref=v1", "https://example.com/org/repo", "v1", "x/y"),
        ("https://example.com/org/repo//./x/.", "https://example.com/org/repo", "", "x"),
        ("https://example.com/org/repo//?ref=v1", "https://example.com/org/repo", "v1", ""),
        ("https://example.com/org/repo/?ref=v1", "https://example.com/org/repo", "v1", ""),
        ("https://example.com/a/b/c/../d?ref=v1", "https://example.com/a/b", "v1", "d"),
        ("https://example.com/repo//x?ref=v1", "https://example.com/repo", "v1", "x"),
        ("https://dev.azure.com/o/p/_git/r?path=/x&ref=v1", "https://dev.azure.com/o/p/_git/r", "v1", ""),
        (
            "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/x//sub?ref=v1",
            "https://git-codecommit.us-east-1.amazonaws.com/v1/repos/x", "v1", "sub"
        ),
    ]

    @Test("is taken apart as kustomize does", arguments: known)
    func parts(_ sample: (text: String, repository: String, ref: String, directory: String)) throws {
        let reference = try #require(try RemoteReference.parse(sample.text))
        #expect(reference.repository == sample.repository)
        #expect(reference.ref == sample.ref)
        #expect(reference.directory == sample.directory)
    }

    @Test(
        "is no path of the tree, and no text without a host that kustomize knows as one",
        arguments: [
            "base", "../base", "./github.com/org/repo//x?ref=v1", "github.com/org", "example.com/org/repo//path?ref=v1",
            "example.com/org/repo.git/path?ref=v1", "github.com.evil.com/org/repo//x", "github.com@evil.com/org/repo",
            "gh:org/repo", "a.b@example.com:a/b//c?ref=v1", "cm@v1.yaml", "apps/cart@v2", "a@b/c/d", "git@github.com",
            "git@github.com:org", "", ".", "x?ref=v1", "C:/base", "github.com//org/repo//x",
        ])
    func local(_ text: String) throws {
        #expect(try RemoteReference.parse(text) == nil)
    }

    @Test(
        "is refused where two readers could understand it differently, or what it names is not fetched",
        arguments: [
            // Not fetched.
            "file:///tmp/repo//x?ref=v1", "s3::https://bucket/x", "s3://bucket/x", "git://example.com/org/repo//x",
            "ext::sh -c x://y", "git::git::https://example.com/org/repo//x", "git::file:///etc", "git::example.com/a/b",
            "https://example.com/raw/deploy.yaml", "https://raw.example.com/o/r/main/d.yml",
            "http://example.com/x.json",
            // User and password.
            "https://user:pw@example.com/org/repo//x?ref=v1", "https://user@example.com/org/repo//x?ref=v1",
            "https://github.com@evil.com/org/repo//x", "https://evil.com\\@github.com/org/repo//x",
            "https://github.com:443@evil.com/org/repo", "ssh://git:pw@example.com/org/repo",
            "ssh://-oProxyCommand=x@example.com/org/repo", "ssh://git@@example.com/org/repo",
            // Paths.
            "https://example.com/org/../repo//x?ref=v1", "https://example.com/./org/repo//x?ref=v1",
            "https://example.com/acme/..%2fevil/repo//x", "https://example.com/acme/%2e%2e/evil//x",
            "https://example.com/org/re%70o//x", "https://example.com/org/repo//../x?ref=v1",
            "https://example.com/org/repo//x/../../y?ref=v1", "https://example.com/org/repo/..?ref=v1",
            "https://example.com//org/repo//x?ref=v1", "https://example.com/a/-b//x", "https://example.com/o;x/r//x",
            "https://example.com/org/r:x//y", "https://example.com/org/r#y//z", "https://example.com/org/re po//x",
            "https://example.com/org/r\u{e9}po//x", "https://example.com/org/repo\n//x",
            "https://example.com/p/_git//c?ref=v1",
            // Hosts.
            "https:///org/repo//x", "https://example.com?ref=v1", "https://example.com/?ref=v1",
            "https://example.com/a",
            "ssh://-oProxyCommand=x/org/repo//x", "https://[::1]:80/org/repo//x", "https://ex_ample.com/a/b",
            "https://example.com:/a/b", "https://example.com:0/a/b", "https://example.com:+80/a/b",
            "https://example.com:99999/a/b", "https://git::example.com/org/repo", "https://example.com%2f@x/a/b",
            "https://github.com:8443/a/b", "http://github.com:8080/a/b//c?ref=v1",
            "https://example.com/a/b?ref=" + String(repeating: "x", count: 3000),
        ])
    func refused(_ text: String) {
        let refusal = #expect(throws: RemoteReference.Refusal.self) { try RemoteReference.parse(text) }
        #expect(refusal?.problem.contains("pw") == false)
    }

    @Test("is fixed by all digits of a commit and by nothing else")
    func commit() throws {
        let id = "0123456789abcdef0123456789ABCDEF01234567"
        #expect(try RemoteReference.parse("https://x.com/a/b?ref=\(id)")?.commit == id.lowercased())
        for ref in ["v1", "", "0123456", String(id.dropLast()) + "g", id + "0", "refs/heads/main"] {
            #expect(try RemoteReference.parse("https://x.com/a/b?ref=\(ref)")?.commit == nil)
        }
    }
}

@Suite("The list of remote bases")
struct RemoteAllowListTests {
    struct Sample: Sendable, CustomTestStringConvertible {
        let entries: [String]
        let allowed: [String]
        let others: [String]

        var testDescription: String { entries.joined(separator: " ") }
    }

    static let samples = [
        Sample(entries: [], allowed: [], others: ["https://github.com/acme/bases//x", "git@github.com:acme/bases"]),
        Sample(
            entries: ["github.com/acme"],
            allowed: [
                "https://github.com/acme/bases//x", "github.com/acme/bases", "git@github.com:acme/bases.git",
                "ssh://git@github.com/acme/bases", "https://GITHUB.com/acme/bases",
                "git::https://github.com/acme/bases",
            ],
            others: [
                "https://github.com/acme-evil/bases", "https://github.com/acmebases/x", "https://github.com/Acme/bases",
                "https://github.com/evil/acme//acme", "https://github.com.evil.com/acme/bases",
                "https://evil.github.com/acme/bases", "https://github.com./acme/bases",
                "https://example.com/acme/bases",
                "https://xn--gthub-n4a.com/acme/bases",
            ]),
        Sample(
            entries: ["git.example.com/acme/bases.git/"],
            allowed: [
                "https://git.example.com/acme/bases//x", "https://git.example.com/acme/bases.git/x",
                "https://git.example.com:443/acme/bases", "ssh://git@git.example.com:22/acme/bases",
            ],
            others: [
                "https://git.example.com/acme/bases-2//x", "https://git.example.com/acme//bases",
                "https://git.example.com/acme/bases.git2//x", "https://git.example.com:8443/acme/bases",
                "ssh://git@git.example.com:443/acme/bases", "git@git.example.com:8443/acme/bases//x",
            ]),
        Sample(
            entries: ["127.0.0.1:3000/public", "Git.Internal"],
            allowed: [
                "http://127.0.0.1:3000/public/b//x", "https://127.0.0.1:3000/public/b//x", "https://git.internal/a/b",
            ],
            others: [
                "http://127.0.0.1/public/b", "http://127.0.0.1:3001/public/b", "http://localhost:3000/public/b",
                "http://127.0.0.1:3000/private/b", "https://git.internal:8443/a/b", "http://2130706433:3000/public/b",
            ]),
        Sample(
            entries: ["dev.azure.com/org/My%20Project"], allowed: ["https://dev.azure.com/org/My%20Project/_git/r//x"],
            others: ["https://dev.azure.com/org/My/_git/r//x"]),
    ]

    @Test("matches hosts and whole names of the path", arguments: samples)
    func matches(_ sample: Sample) throws {
        let list = try RemoteAllowList(sample.entries)
        for text in sample.allowed { #expect(list.allows(try #require(try RemoteReference.parse(text))), "\(text)") }
        for text in sample.others { #expect(!list.allows(try #require(try RemoteReference.parse(text))), "\(text)") }
    }

    @Test(
        "takes no entry that may mean something else than it says",
        arguments: [
            "", "/", "/acme", "https://github.com/acme", "git@github.com:acme", "github.com:acme", "github.com/*", "*",
            "github.com/acme/../evil", "github.com//acme", "github.com/acme//", "github.com/a?ref=x",
            "github.com/a%2fb",
            "github.com:0/a", "github.com:+443/a", "github.com:1:2/a", "-x/a", "github.com /a", "[::1]/a", "x@y/a",
        ])
    func entries(_ text: String) {
        #expect(throws: KustomizeError.self) { try RemoteAllowList([text]) }
    }
}
