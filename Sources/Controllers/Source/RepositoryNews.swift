internal import ControllerRuntime
internal import Core
internal import Git
internal import KubernetesModel
internal import Logging
internal import SluiceAPI

/// Passes on that repositories have changed to the sources that follow them.
///
/// A replica that follows none of them, because another leads, asks that one through the annotation `reconcile-at`.
struct RepositoryNews: Sendable {
    private let context: OperatorContext

    init(_ context: OperatorContext) {
        self.context = context
    }

    /// - Parameter urls: in any form; those of repositories that no Environment names are passed over.
    func tell(_ urls: [String]) async {
        let changed = Set(urls.compactMap { RepositoryAddress($0) })
        guard !changed.isEmpty else { return }
        for name in context.environments.names {
            guard let environment = context.environment(name),
                let address = RepositoryAddress(environment.spec.source.repository), changed.contains(address)
            else { continue }
            if let source = context.sources.source(of: name) {
                await source.nudge()
                // A pull request may have been closed, which moves no branch.
                context.proposals.expire(namespace: name.namespace)
                context.wake.workChanged(in: name.namespace)
            } else {
                await ask(for: name)
            }
        }
    }

    private func ask(for name: NamespacedName) async {
        let time = JSONValue.string(context.clock.now().rfc3339Micro)
        do {
            _ = try await context.store(Environment.self).merge(
                ["metadata": ["annotations": .object(JSONObject([(Annotation.reconcileAt, time)]))]], into: name,
                status: false)
        } catch {
            // The next poll finds it too.
            context.logger.info(
                "Environment cannot be told of a webhook",
                metadata: .init([.namespace: name.namespace, .environment: name.name, .error: "\(error)"]))
        }
    }
}
