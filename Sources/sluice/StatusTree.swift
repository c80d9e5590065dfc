import KubernetesModel
import SluiceAPI

/// Environments as a tree, each below the first of those that it takes its versions from, with what is on its way into it.
///
///     dev         Ready  3/3 synced  3/3 healthy  1a2b3c4d5e6f
///     └─ staging  Ready  3/3 synced  3/3 healthy  1a2b3c4d5e6f
///        └─ production  Ready  ...
///           * promotion cart-v2: Gated, 1 of 2 approvals
struct StatusTree {
    private let environments: [Environment]
    private let promotions: [String: [Promotion]]
    private var children: [String: [Environment]] = [:]
    private var roots: [Environment] = []
    private var lines: [String] = []
    private var shown: Set<String> = []

    /// - Parameter environments: of one namespace.
    init(_ environments: [Environment], _ promotions: [Promotion]) {
        self.environments = environments
        self.promotions = Dictionary(
            grouping: promotions.filter { $0.status.timestamps.finished == nil }, by: \.spec.environment)
        let names = Set(environments.map(\.metadata.name))
        for environment in environments {
            let upstream = environment.spec.upstream?.environments.first { names.contains($0) }
            if let upstream, upstream != environment.metadata.name {
                children[upstream, default: []].append(environment)
            } else {
                roots.append(environment)
            }
        }
    }

    var text: String {
        var tree = self
        for root in roots { tree.add(root, indent: "", mark: "") }
        // A circle of upstreams has no root; nobody is passed over for that.
        for environment in environments where !tree.shown.contains(environment.metadata.name) {
            tree.add(environment, indent: "", mark: "")
        }
        return tree.lines.isEmpty ? "no environments" : tree.lines.joined(separator: "\n")
    }

    private mutating func add(_ environment: Environment, indent: String, mark: String) {
        guard shown.insert(environment.metadata.name).inserted else { return }
        let status = environment.status
        let parts = [
            environment.metadata.name, status.phase?.rawValue ?? "Unknown", "\(status.summary.synced) synced",
            "\(status.summary.healthy) healthy", status.summary.window, String(status.revision.synced.prefix(12)),
        ]
        lines.append(indent + mark + parts.filter { !$0.isEmpty }.joined(separator: "  "))
        let below = indent + (mark.isEmpty ? "" : mark == "└─ " ? "   " : "│  ")
        for promotion in promotions[environment.metadata.name] ?? [] {
            let phase = promotion.status.phase?.rawValue ?? "New"
            let message = promotion.status.message.isEmpty ? "" : ", \(promotion.status.message)"
            lines.append("\(below)* promotion \(promotion.metadata.name): \(phase)\(message)")
        }
        let next = children[environment.metadata.name] ?? []
        for (index, child) in next.enumerated() {
            add(child, indent: below, mark: index + 1 == next.count ? "└─ " : "├─ ")
        }
    }
}
