import HTTP
import Testing

@Suite("Texts in URLs")
struct URLTextTests {
    @Test(
        "keep their letters, digits and marks, and no other byte",
        arguments: [
            ("", ""), ("aZ09-._~", "aZ09-._~"), ("a/b c", "a%2Fb%20c"), ("ü", "%C3%BC"), ("%41", "%2541"),
            // A path with one of these as a segment would be another path.
            (".", "%2E"), ("..", "%2E%2E"), ("...", "..."), (".a", ".a"),
        ])
    func escape(text: String, escaped: String) {
        #expect(URLText.escape(text) == escaped)
    }

    @Test("make a query of pairs, and none of no pairs")
    func query() {
        #expect(URLText.query([]) == "")
        #expect(URLText.query([("limit", "500"), ("continue", "a=b&c")]) == "?limit=500&continue=a%3Db%26c")
    }
}
