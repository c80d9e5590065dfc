import KubernetesModel
import Migration
import SluiceAPI
import Testing

@Suite("Applications of one stage")
struct StageTests {
    /// Applications by name, path and namespace.
    private func convert(_ applications: [(String, String, String)], separate: Bool = false) throws -> Migration.Result
    {
        let yaml = applications.map { name, path, namespace in
            application(name: name, path: path).replacing("namespace: web}", with: "namespace: \(namespace)}")
        }.joined(separator: "\n---\n")
        var options = Migration.Options()
        options.separate = separate
        return Migration.argo(try manifests(yaml), options: options)
    }

    /// `name path namespace [apps]` of each Environment.
    private func shape(_ result: Migration.Result) throws -> [String] {
        try result.environments.map { manifest in
            let environment = try Environment(manifest: manifest)
            let spec = environment.spec
            return "\(environment.metadata.name) \(spec.source.path) \(spec.destination.namespace) \(spec.apps.include)"
        }
    }

    @Test("become one Environment, whatever the order of name and stage")
    func together() throws {
        let result = try convert([
            ("frontend-prod", "apps/frontend/overlays/prod", "prod-frontend"),
            ("cart-prod", "apps/cart/overlays/prod", "prod-cart"),
            ("prod-search", "apps/search/overlays/prod", "prod-search"),
        ])
        #expect(
            try shape(result) == [#"prod apps/{app}/overlays/prod prod-{app} ["cart", "frontend", "search"]"#])
    }

    @Test("are told from the same app's in other stages")
    func stages() throws {
        let result = try convert([
            ("frontend-dev", "apps/frontend/overlays/dev", "dev"),
            ("frontend-prod", "apps/frontend/overlays/prod", "prod"),
        ])
        #expect(
            try shape(result) == [
                #"dev apps/{app}/overlays/dev dev ["frontend"]"#, #"prod apps/{app}/overlays/prod prod ["frontend"]"#,
            ])
    }

    @Test("stay apart where they differ in more than the app")
    func different() throws {
        let result = try convert([
            ("frontend-prod", "apps/frontend/overlays/prod", "prod-frontend"),
            ("cart-prod", "apps/cart/overlays/prod", "special"),
        ])
        #expect(
            try shape(result) == [
                #"frontend-prod apps/{app}/overlays/prod prod-{app} ["frontend"]"#,
                #"cart-prod apps/{app}/overlays/prod special ["cart"]"#,
            ])
    }

    @Test("take the longer of two names that both fit")
    func longest() throws {
        let result = try convert([
            ("api-service-prod", "api/api-service/overlays/prod", "api-service"),
            ("api-gateway-prod", "api/api-gateway/overlays/prod", "api-gateway"),
        ])
        #expect(try shape(result) == [#"prod api/{app}/overlays/prod {app} ["api-gateway", "api-service"]"#])
    }

    @Test("stay as they are when only one says so, or --separate is given")
    func alone() throws {
        let one = [("frontend-prod", "apps/frontend/overlays/prod", "prod")]
        #expect(try shape(convert(one)) == [#"frontend-prod apps/frontend/overlays/prod prod ["*"]"#])
        let two = one + [("cart-prod", "apps/cart/overlays/prod", "prod")]
        #expect(try convert(two, separate: true).environments.map(\.name) == ["frontend-prod", "cart-prod"])
    }

    @Test("never share a name")
    func names() throws {
        let result = try convert([
            ("web", "a/web/x", "n"), ("web", "b/web/x", "n"), ("cart", "a/cart/x", "n"), ("x", "elsewhere", "n"),
        ])
        let names = result.environments.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.count == 3)
    }
}
