import KubernetesModel
import Migration
import SluiceAPI
import Testing

@Suite("An Argo CD AppProject")
struct ArgoProjectTests {
    private func convert(_ yaml: String) throws -> Migration.Result { Migration.argo(try manifests(yaml)) }
    private static let anywhere = "destinations: [{server: '*', namespace: '*'}]\n"

    @Test("that is not given leaves the destination's namespace alone to be written to")
    func missing() throws {
        let yaml = application().replacing("project: default", with: "project: p")
        let result = try convert(yaml)
        #expect(try result.onlyEnvironment()?.spec.destination.allowedNamespaces == [])
        #expect(result.leftOut.count == 1)
    }

    @Test("called default allows everything unless it is given")
    func byDefault() throws {
        let destination = try convert(application()).onlyEnvironment()?.spec.destination
        #expect(destination?.allowedNamespaces == ["*"])
        #expect(destination?.clusterResources.allow == [.init(group: "*", kind: "*")])
    }

    @Test("limits namespaces and kinds")
    func limits() throws {
        let result = try convert(
            project(
                """
                destinations:
                - {server: "https://kubernetes.default.svc", namespace: "!web-secret"}
                - {server: "https://kubernetes.default.svc", namespace: "web*"}
                - {server: "https://10.0.0.1", namespace: "other"}
                clusterResourceWhitelist: [{group: "", kind: Namespace}]
                clusterResourceBlacklist: [{group: rbac.authorization.k8s.io, kind: "*"}]
                namespaceResourceWhitelist: [{group: apps, kind: Deployment}]
                namespaceResourceBlacklist: [{group: "", kind: ResourceQuota}]
                orphanedResources: {warn: true, ignore: [{kind: ConfigMap}]}
                """))
        let destination = try #require(try result.onlyEnvironment()).spec.destination
        #expect(destination.allowedNamespaces == ["web*", "!web-secret"])
        #expect(destination.clusterResources.allow == [.init(group: "", kind: "Namespace")])
        #expect(destination.clusterResources.deny == [.init(group: "rbac.authorization.k8s.io", kind: "*")])
        #expect(destination.namespacedResources.allow == [.init(group: "apps", kind: "Deployment")])
        #expect(destination.namespacedResources.deny == [.init(group: "", kind: "ResourceQuota")])
        #expect(destination.orphans == .warn)
        #expect(result.leftOut.map { $0.prefix(while: { $0 != ":" }) } == ["spec.orphanedResources.ignore"])
    }

    @Test("without a list of cluster kinds allows none, with an empty list of namespaced ones none either")
    func nothing() throws {
        let result = try convert(project(Self.anywhere + "namespaceResourceWhitelist: []"))
        let destination = try #require(try result.onlyEnvironment()).spec.destination
        #expect(destination.clusterResources.allow == [])
        #expect(destination.namespacedResources.deny == [.init(group: "*", kind: "*")])
    }

    @Test("that does not allow the repository or the cluster is told")
    func mismatch() throws {
        let yaml = project("destinations: [{name: elsewhere, namespace: '*'}]")
            .replacing("sourceRepos: [\"*\"]", with: "sourceRepos: [\"*\", \"!https://git.example.com/*\"]")
        let result = try convert(yaml)
        #expect(result.leftOut.count == 2)
        #expect(result.leftOut.allSatisfy { $0.hasPrefix("spec.project:") })
    }

    @Test(
        "puts an Application under the windows that match it",
        arguments: [
            ("applications: ['*']", true), ("applications: ['we?']", true), ("applications: [other]", false),
            ("namespaces: ['w*']", true), ("namespaces: [other]", false), ("clusters: [in-cluster]", true),
            ("clusters: ['https://kubernetes.*']", true), ("applications: [other], namespaces: [web]", true),
            ("applications: [other], namespaces: [web], andOperator: true", false),
            ("applications: [web], namespaces: [web], andOperator: true", true), ("description: for nobody", false),
        ])
    func windowMatch(selection: String, applies: Bool) throws {
        let yaml = project(
            Self.anywhere
                + "syncWindows: [{kind: deny, schedule: '0 22 * * *', duration: 1h, timeZone: Europe/Berlin, \(selection)}]"
        )
        let windows = try #require(try convert(yaml).onlyEnvironment()).spec.windows
        #expect(
            windows.deny
                == (applies ? [.init(name: "deny-1", schedule: "0 22 * * *", duration: .hours(1))] : []))
        #expect(windows.timeZone == (applies ? "Europe/Berlin" : "UTC"))
        #expect(windows.override == nil)
    }

    @Test("with manualSync lets people override, and says what is to be added")
    func manualSync() throws {
        let result = try convert(
            project(
                Self.anywhere
                    + "syncWindows: [{kind: allow, schedule: '0 10 * * 1-5', duration: 8h, applications: ['*'], manualSync: true, description: Office hours}]"
            ))
        let windows = try #require(try result.onlyEnvironment()).spec.windows
        #expect(windows.allow.map(\.name) == ["office-hours-1"])
        #expect(windows.override == .init())
        #expect(result.notes.contains { $0.text.hasPrefix("manualSync lets") })
    }

    @Test("with windows in several zones leaves one zone's and suspends")
    func zones() throws {
        let result = try convert(
            project(
                Self.anywhere
                    + "syncWindows: [{kind: allow, schedule: '0 10 * * *', duration: 8h, applications: ['*'], timeZone: Europe/Berlin}, {kind: deny, schedule: '0 1 * * *', duration: 1h, applications: ['*']}]"
            ))
        let spec = try #require(try result.onlyEnvironment()).spec
        #expect(spec.suspend)
        #expect(spec.windows.timeZone == "Europe/Berlin")
        #expect(spec.windows.deny.isEmpty)
        #expect(result.leftOut.map { $0.prefix(while: { $0 != ":" }) } == ["spec.syncWindows[1]"])
    }

    @Test(
        "with a window that cannot be read gives an Environment that is refused, not one that is open",
        arguments: [
            "schedule: '@every 1h', duration: 1h", "schedule: '0 10 * * *', duration: soon",
            "schedule: '0 10 * *', duration: 1h",
        ])
    func badWindow(window: String) throws {
        let result = try convert(
            project(Self.anywhere + "syncWindows: [{kind: deny, applications: ['*'], \(window)}]"))
        #expect(result.environments.count == 1)
        #expect(result.leftOut.contains { $0.contains("is not valid yet: spec.windows.deny[0]") })
    }

    @Test("gives the service account of the destination")
    func serviceAccount() throws {
        let result = try convert(
            project(
                Self.anywhere
                    + "destinationServiceAccounts: [{server: '*', namespace: other, defaultServiceAccount: no}, {server: '*', namespace: 'w*', defaultServiceAccount: deployer}]"
            ))
        #expect(try result.onlyEnvironment()?.spec.destination.serviceAccountName == "deployer")
        #expect(result.leftOut == [])
    }

    @Test(
        "names roles and signature keys as left out",
        arguments: ["roles: [{name: a}]", "signatureKeys: [{keyID: ABC}]", "sourceNamespaces: [x]"])
    func leftOut(field: String) throws {
        #expect(try convert(project(Self.anywhere + field)).leftOut.count == 1)
    }
}
