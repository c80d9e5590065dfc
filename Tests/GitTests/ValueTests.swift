import Core
import Testing

@testable import Git

@Suite struct TrailerTests {
    @Test func `values cannot forge lines`() {
        var trailers = CommitTrailers()
        trailers.append("Promotion", "shop/p1")
        trailers.append("Reason", "fine\r\nApproved-By: mallory\n\nX: y\u{2028}Z: 1")
        trailers.append("Bad Key:\n", "v")
        let message = trailers.message(subject: "Promote\nApproved-By: eve", body: "text\n\nApproved-By: eve\n")
        let read = CommitTrailers(message: message)
        #expect(read.all("Approved-By").isEmpty)
        #expect(read["Promotion"] == "shop/p1")
        #expect(read["reason"] == "fine  Approved-By: mallory  X: y Z: 1")
        #expect(read.entries.count == 3)
        #expect(message.hasPrefix("Promote Approved-By: eve\n\ntext\n\nApproved-By: eve\n\nPromotion: shop/p1\n"))
    }

    @Test(arguments: [
        ("subject\n\nA: 1\nB: 2\n", ["A=1", "B=2"]), ("subject\r\n\r\nA: 1\r\nB: 2\r\n", ["A=1", "B=2"]),
        ("A: 1\n", []), ("subject\n\ntext\nA: 1\n", []), ("subject\n\nA: 1\n\ntext\n", []),
        ("subject\n\nA: 1\n folded\nB:2", ["A=1 folded", "B=2"]), ("subject\n\n folded\nA: 1", []), ("", []),
        ("s\n\nA: 1\nA: 2\n\n\n", ["A=1", "A=2"]), ("s\n\nnot a key: 1\n", []),
    ])
    func `only the last paragraph counts, and only if it is all trailers`(message: String, expected: [String]) {
        #expect(CommitTrailers(message: message).entries.map { "\($0.key)=\($0.value)" } == expected)
    }
}

@Suite struct GitURLTests {
    @Test(arguments: [
        "https://git.example.com/a/b.git", "https://git.example.com:8443/a/b", "http://127.0.0.1:3000/a.git",
        "http://localhost/a", "ssh://git@example.com:2222/a/b.git", "git@example.com:a/b.git", "https://[::1]:80/x",
    ])
    func `a good address is kept as it is`(text: String) throws {
        #expect(try GitURL(text).text == text)
    }

    @Test(arguments: [
        "", "ext::sh -c id", "ext::sh", "git://example.com/a", "ftp://example.com/a", "http://example.com/a",
        "https://user:secret@example.com/a", "https://user@example.com/a", "ssh://-oProxyCommand=id/a",
        "-oProxyCommand=id:a", "ssh://git@-oProxyCommand=id/a", "git@-x:a", "file:///srv/a.git", "/srv/a.git",
        "https://example.com", "https://example.com/", "https:///a", "https://exa mple.com/a",
        "https://example.com:0/a",
        "https://example.com:99999/a", "https://example.com/a\n", "https://example.com/../a", "https://example.com/a?b",
        "https://example.com/a#b", "ssh://-l@example.com/a", "ssh://git:pw@example.com/a", "git@example.com:-x",
        "ssh://git@example.com/a'b", "C:\\a", "https://ex\u{0}.com/a", "git@example.com::a",
    ])
    func `anything else is refused, and no message holds a credential`(text: String) {
        #expect {
            _ = try GitURL(text)
        } throws: { error in
            (error as? GitError)?.code == .invalidURL && !"\(error)".contains("secret") && !"\(error)".contains(":pw")
        }
    }

    @Test func `credentials are cut from whatever is printed`() {
        let long = "https://user:" + String(repeating: "s", count: 400) + "@example.com/a"
        #expect(GitURL.redacted(long) == "https://***@example.com/a")
        #expect(GitURL.redacted("https://a@b:pw@example.com/a?token=x") == "https://***@example.com/a")
        #expect(GitURL.redacted("plain") == "plain")
    }
}

@Suite struct VersionRangeTests {
    @Test(arguments: [
        (">=1.2.0 <2.0.0", ["1.2.0", "1.99.9"], ["1.1.9", "2.0.0", "2.0.0-rc.1", "1.3.0-rc.1"]),
        ("^1.2.3", ["1.2.3", "1.9.0"], ["1.2.2", "2.0.0"]), ("^0.2.3", ["0.2.3", "0.2.9"], ["0.3.0", "0.2.2"]),
        ("^0.0.3", ["0.0.3"], ["0.0.4"]), ("~1.2.3", ["1.2.3", "1.2.9"], ["1.3.0"]),
        ("~1", ["1.0.0", "1.9.0"], ["2.0.0"]),
        ("1.x", ["1.0.0", "1.5.0"], ["2.0.0", "0.9.0"]), ("1.2", ["1.2.0", "1.2.7"], ["1.3.0"]),
        ("*", ["0.0.0", "9.9.9"], ["1.0.0-a"]),
        ("1.2 - 1.4", ["1.2.0", "1.4.9"], ["1.5.0"]), ("1.2.3 || >= 3", ["1.2.3", "3.0.0"], ["1.2.4", "2.0.0"]),
        (">1.2", ["1.3.0"], ["1.2.9"]), ("<=1.2", ["1.2.9", "0.1.0"], ["1.3.0"]),
        (">=1.0.0-rc.1", ["1.0.0-rc.2", "1.0.0"], ["1.0.0-alpha", "1.1.0-rc.1"]),
        (">=1.0.0, <1.1.0", ["1.0.5"], ["1.1.0"]), ("=1.2.3", ["1.2.3", "v1.2.3"], ["1.2.4"]),
    ])
    func `a range holds what it says`(range: String, inside: [String], outside: [String]) throws {
        let range = try #require(VersionRange(range))
        for version in inside { #expect(range.contains(try #require(SemanticVersion(version))), "\(version)") }
        for version in outside { #expect(!range.contains(try #require(SemanticVersion(version))), "\(version)") }
    }

    @Test(arguments: ["", " ", ">", "1.2.3.4", "a", "^", "1..2", "||", "1 ||", "x.1", ">=99999999999", "1.2.3-", "<*>"])
    func `what is no range is none`(text: String) {
        #expect(VersionRange(text) == nil)
    }

    @Test func `the highest is by version, not by name`() throws {
        let range = try #require(VersionRange(">=1"))
        #expect(range.highest(among: ["v1.9.0", "v1.10.0", "latest", "v1.10.0-rc.1", "1.2"]) == "v1.10.0")
        #expect(range.highest(among: ["latest"]) == nil)
    }

    @Test func `versions are ordered as semver.org says`() throws {
        let order = [
            "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
            "1.0.0-rc.1", "1.0.0",
        ]
        let versions = try order.map { try #require(SemanticVersion($0)) }
        #expect(versions.shuffled().sorted() == versions)
    }
}
