import Core
import Git
import Kustomize
import TestSupport
import Testing

/// What is compared with the operator's list is what is connected to, whatever somebody writes.
@Suite struct RemoteAddressPropertyTests {
    private static let parts = [
        "https://", "http://", "ssh://", "git::", "git@", "user:pw@", "github.com", "git.example.com", "evil.com", "/",
        "//",
        "/", "/", ":", "@", "?ref=", "#", "..", ".", "%2f", "%2e", "%20", "\\", "acme", "bases", ".git", "_git", "443",
        "8443", "&", "\u{0}", "\n", " ", "\u{e9}", "-", "~", "[::1]", "0x7f.1", "a",
    ]

    @Test func `two readers agree on host, port and path of whatever is not refused`() throws {
        var random = SplitMix(seed: 7)
        var limits = GitLimits()
        limits.allowInsecureHTTP = true
        let list = try RemoteAllowList(["git.example.com/acme"])
        var accepted = 0
        for _ in 0..<50_000 {
            let count = Int.random(in: 1...12, using: &random)
            var text = (0..<count).map { _ in Self.parts.randomElement(using: &random) ?? "" }.joined()
            if Bool.random(using: &random) { text = "https://git.example.com/acme/" + text }
            guard let reference = try? RemoteReference.parse(text) else { continue }
            accepted += 1
            guard let url = try? GitURL(reference.repository, limits: limits) else { continue }
            #expect(url.host == reference.host, "\(text)")
            #expect(url.scheme.rawValue == reference.scheme.rawValue, "\(text)")
            #expect(url.port == reference.port, "\(text)")
            #expect(url.path.split(separator: "/").map(String.init) == reference.path, "\(text)")
            #expect(!reference.directory.split(separator: "/").contains(".."), "\(text)")
            guard list.allows(reference) else { continue }
            #expect(url.host == "git.example.com" && url.port == nil, "\(text)")
            #expect(["acme", "acme.git"].contains(reference.path.first), "\(text)")
        }
        #expect(accepted > 1000)
    }
}

/// A small generator, so that every run sees the same texts.
private struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
