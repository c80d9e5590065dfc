import Testing

@testable import Kustomize

@Suite("A pattern")
struct PatternTests {
    @Test(
        "matches as RE2 does",
        arguments: [
            ("^a.*c$", "abc", true), ("^a.*c$", "abd", false), ("b", "abc", true), ("^(?:a|b)+$", "abab", true),
            ("^[a-c]{2,3}$", "abc", true), ("^[a-c]{2,3}$", "abca", false), ("^[^a]$", "a", false),
            (#"^\d+\.\w+$"#, "12.ab", true), (#"^\d+$"#, "١", false), ("(?i)^HELLO$", "hello", true),
            ("^(?i:A)b$", "ab", true), ("^(?i:A)b$", "aB", false), ("^a{$", "a{", true), ("^a{,2}$", "a{,2}", true),
            (#"^\Qa.b\E$"#, "a.b", true), (#"^\Qa.b\E$"#, "axb", false), ("^[[:alpha:]]+$", "ab1", false),
            (#"\bfoo\b"#, "a foo b", true), (#"\bfoo\b"#, "afoo", false), ("^x*$", "", true), ("", "anything", true),
            (#"^[\]a-]+$"#, "]-a", true), ("^é$", "é", true), (".", "\n", false), ("(?s).", "\n", true),
            ("^(a|ab)(c|bcd)$", "abcd", true), (#"^\x41\x{1F600}$"#, "A😀", true),
            (#"^\p{Lu}\pL+$"#, "Éa", true), (#"^\p{Lu}$"#, "a", false), (#"^\P{Nd}$"#, "5", false),
            (#"^[\p{Nd}x]+$"#, "٣x", true), (#"^[^\p{L}]$"#, "ä", false), (#"^\p{^L}$"#, "-", true),
        ])
    func matches(_ pattern: String, _ text: String, _ expected: Bool) throws {
        #expect(try Pattern(pattern).matches(text) == expected)
    }

    @Test(
        "is refused when it is none",
        arguments: [
            "a(", "a)", "[a", "*a", "a**", "(?x)", "\\", "a{1001}", #"\p{Greek}"#, "[b-a]", "(?<n", "[[:foo:]]",
        ])
    func refused(_ pattern: String) {
        #expect(throws: PatternError.self) { try Pattern(pattern) }
    }

    @Test("takes linear time where a backtracking matcher would not end")
    func linear() throws {
        let pattern = try Pattern("^(a+)+(b|a*)*$")
        #expect(!pattern.matches(String(repeating: "a", count: 2000) + "!"))
        #expect(throws: PatternError.self) { try Pattern("((((a{100}){100}){100}){100})") }
    }
}

@Suite("A label selector")
struct LabelSelectorTests {
    @Test(
        "selects",
        arguments: [
            ("a=b", true), ("a==b", true), ("a!=b", false), ("a in (x, b)", true), ("a notin (x)", true), ("c", false),
            ("!c", true), ("a=b,n>1", true), ("n<1", false), ("", true), ("missing!=x", true),
            ("missing notin (x)", true),
        ])
    func selects(_ text: String, _ expected: Bool) throws {
        #expect(try LabelSelector(text).matches(["a": "b", "n": "2"]) == expected)
    }

    @Test("is refused when it is none", arguments: ["a=b=c", "a in x", "a in (x", "=b", "a>x", ",,"])
    func refused(_ text: String) {
        #expect(throws: PatternError.self) { try LabelSelector(text) }
    }
}
