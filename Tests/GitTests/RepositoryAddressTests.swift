import Testing

@testable import Git

@Suite("Repository addresses")
struct RepositoryAddressTests {
    @Test(
        "all ways to one repository mean the same",
        arguments: [
            "https://git.example.com/company/gitops", "https://git.example.com/company/gitops.git",
            "https://git.example.com/company/gitops/", "https://GIT.Example.com/company/gitops.git",
            "https://git.example.com:8443/Company/GitOps.git", "http://git.example.com/company/gitops.git",
            "ssh://git@git.example.com/company/gitops.git", "ssh://git@git.example.com:2222/company/gitops.git",
            "git@git.example.com:company/gitops.git", "git@git.example.com:company/gitops",
        ])
    func same(url: String) throws {
        let address = try #require(RepositoryAddress(url))
        #expect(address.description == "git.example.com/company/gitops")
        #expect(address == RepositoryAddress("git@git.example.com:company/gitops.git"))
    }

    @Test(
        "others do not",
        arguments: [
            "https://git.example.com/company/gitops2.git", "https://git.example.com/gitops.git",
            "https://example.com/company/gitops.git", "https://git.example.com/company/gitops.git.git",
        ])
    func other(url: String) {
        #expect(RepositoryAddress(url) != RepositoryAddress("https://git.example.com/company/gitops"))
    }

    @Test(
        "what is no address is none", arguments: ["", "gitops", "ext::sh -c x", "https://", "https://-x/y/z", "a\nb"])
    func none(url: String) {
        #expect(RepositoryAddress(url) == nil)
    }
}
