import Core
import KubernetesModel
import SluiceAPI

/// What an AppProject says about the Applications that belong to it.
struct ArgoProject {
    /// A cluster and namespaces in it; all of them globs, `!` in front denies.
    struct Destination {
        let server: String
        let name: String
        let namespace: String
    }

    /// One sync window, with whom it is for.
    struct Window {
        let window: DraftWindow
        let applications: [String]
        let namespaces: [String]
        let clusters: [String]
        /// Whether all of the lists must match, where one would do otherwise.
        let every: Bool
    }

    struct ServiceAccount {
        let server: String
        let namespace: String
        let account: String
    }

    let name: String
    private(set) var repositories: [String] = []
    private(set) var destinations: [Destination] = []
    private(set) var clusterResources = EnvironmentSpec.ClusterResources(allow: [])
    private(set) var namespacedResources = EnvironmentSpec.NamespacedResources()
    private(set) var orphans = OrphanPolicy.ignore
    private(set) var windows: [Window] = []
    private(set) var serviceAccounts: [ServiceAccount] = []

    init(_ object: ImportedObject, _ notes: inout [ImportNote]) {
        name = object.manifest.name
        object.readSpec(&notes) { read(&$0, object) }
    }

    private mutating func read(_ reader: inout FieldReader, _ object: ImportedObject) {
        reader.pass("description")
        repositories = reader.strings("sourceRepos")
        destinations = reader.objects("destinations") { reader in
            Destination(
                server: reader.string("server"), name: reader.string("name"), namespace: reader.string("namespace"))
        }
        clusterResources.allow = kinds("clusterResourceWhitelist", &reader)
        clusterResources.deny = kinds("clusterResourceBlacklist", &reader)
        // Absent, everything is allowed, and so it is here; an empty list allows nothing, which ours cannot say.
        let isEmpty = reader.has("namespaceResourceWhitelist")
        namespacedResources.allow = kinds("namespaceResourceWhitelist", &reader)
        namespacedResources.deny = kinds("namespaceResourceBlacklist", &reader)
        if isEmpty, namespacedResources.allow.isEmpty {
            namespacedResources.deny = [.init(group: "*", kind: "*")]
        }
        orphans =
            reader.object("orphanedResources") { reader -> OrphanPolicy in
                reader.leaveOut("ignore", "exceptions from the warning about orphaned objects are not supported")
                return reader.bool("warn") ?? true ? .warn : .ignore
            } ?? .ignore
        let path = reader.path / "syncWindows"
        var index = 0
        windows = reader.objects("syncWindows") { reader in
            defer { index += 1 }
            return window(&reader, object, index, path[index])
        }
        if windows.contains(where: \.window.manual) {
            reader.note(
                "syncWindows",
                "manualSync lets people sync while a window is shut: here it is windows.override; name the groups that may, and add approvals if you meant those"
            )
        }
        serviceAccounts = reader.objects("destinationServiceAccounts") { reader in
            ServiceAccount(
                server: reader.string("server"), namespace: reader.string("namespace"),
                account: reader.string("defaultServiceAccount"))
        }
        reader.leaveOut(
            "roles", "people's rights are RoleBindings to the chart's roles sluice-viewer, -promoter and -approver")
        reader.leaveOut(
            "signatureKeys", "commits are verified by SSH signatures: see source.verify and its list of signers")
        reader.leaveOut("sourceNamespaces", "an Environment belongs to the namespace that it is in")
        reader.pass("permitOnlyProjectScopedClusters")
    }

    private func kinds(_ key: String, _ reader: inout FieldReader) -> [EnvironmentSpec.KindPattern] {
        reader.objects(key) { reader in
            let pattern = EnvironmentSpec.KindPattern(group: reader.string("group"), kind: reader.string("kind"))
            guard !reader.has("name") else {
                reader.leaveOut("name", "kinds are allowed and denied as a whole, not by name")
                return nil
            }
            return pattern
        }
    }

    private func window(
        _ reader: inout FieldReader, _ object: ImportedObject, _ index: Int, _ path: FieldPath
    ) -> Window? {
        let kind = reader.string("kind")
        guard let kind = DraftWindow.Kind(rawValue: kind) else {
            reader.leftOut("kind", "must be allow or deny")
            return nil
        }
        // A duration that is none stays one that validation refuses: what is shut must not open by a slip.
        let duration = reader.duration("duration") ?? .seconds(0)
        let zone = reader.string("timeZone")
        let window = DraftWindow(
            kind: kind, index: index, schedule: reader.string("schedule"), duration: duration,
            timeZone: zone.isEmpty ? "UTC" : zone, manual: reader.bool("manualSync") ?? false,
            text: reader.string("description"), object: object, path: path)
        return Window(
            window: window, applications: reader.strings("applications"), namespaces: reader.strings("namespaces"),
            clusters: reader.strings("clusters"), every: reader.bool("andOperator") ?? false)
    }
}

extension ArgoProject {
    /// Whether a destination's cluster is the one that an Application names.
    private func sameCluster(_ destination: Destination, server: String, name: String) -> Bool {
        let pattern = destination.server.isEmpty ? destination.name : destination.server
        let plain = pattern.hasPrefix("!") ? String(pattern.dropFirst()) : pattern
        return Glob(plain).matches(destination.server.isEmpty ? name : server)
    }

    /// The namespaces of a cluster that are allowed and denied, denials last, as our lists read them.
    func namespaces(server: String, name: String) -> [String] {
        let own = destinations.filter { !$0.server.hasPrefix("!") && sameCluster($0, server: server, name: name) }
        let namespaces = own.map(\.namespace).filter { !$0.isEmpty }
        return namespaces.filter { !$0.hasPrefix("!") } + namespaces.filter { $0.hasPrefix("!") }
    }

    func allows(repository: String) -> Bool {
        let denied = repositories.filter { $0.hasPrefix("!") }.map { Glob(String($0.dropFirst())) }
        let allowed = repositories.filter { !$0.hasPrefix("!") }.map(Glob.init)
        return allowed.contains { $0.matches(repository) } && !denied.contains { $0.matches(repository) }
    }

    /// The windows that an Application is under.
    func windows(application: String, namespace: String, server: String, cluster: String) -> [DraftWindow] {
        windows.filter { window in
            func matches(_ patterns: [String], _ texts: String...) -> Bool {
                patterns.contains { pattern in texts.contains { Glob(pattern).matches($0) } }
            }
            let verdicts = [
                (window.applications, matches(window.applications, application)),
                (window.namespaces, matches(window.namespaces, namespace)),
                (window.clusters, matches(window.clusters, server, cluster)),
            ].filter { !$0.0.isEmpty }.map(\.1)
            return window.every ? !verdicts.isEmpty && verdicts.allSatisfy { $0 } : verdicts.contains(true)
        }.map(\.window)
    }

    /// The service account that an Application is synced by; empty for none.
    func serviceAccount(server: String, namespace: String) -> String {
        serviceAccounts.first {
            Glob($0.server).matches(server) && Glob($0.namespace).matches(namespace)
        }?.account ?? ""
    }
}
