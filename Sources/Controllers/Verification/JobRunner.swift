internal import Core
internal import KubernetesClient
internal import KubernetesModel
internal import Logging
internal import SluiceAPI
internal import Sync

/// Reads, creates and removes the Jobs of verifications, in the cluster that an Environment deploys to and as the
/// service account that it deploys as.
struct JobRunner: Sendable {
    static let resource = APIResource(
        gvk: GroupVersionKind(group: "batch", version: "v1", kind: "Job"), plural: "jobs", namespaced: true)
    private static let configMaps = APIResource(
        gvk: GroupVersionKind(group: "", version: "v1", kind: "ConfigMap"), plural: "configmaps", namespaced: true)

    private let context: OperatorContext

    init(_ context: OperatorContext) {
        self.context = context
    }

    func reading(_ job: VerificationJob, of part: VerificationPart, in environment: Environment) async -> JobReading {
        do throws(KubernetesError) {
            let client = try await client(environment)
            guard
                let object = try await client.getIfPresent(Self.resource, namespace: job.namespace, name: job.name)
            else { return .missing }
            return JobReading(object)
        } catch {
            return .unreadable(error.message)
        }
    }

    /// Creates a Job unless it exists.
    ///
    /// - Returns: what keeps it from being created, if that will not pass by itself.
    func create(
        _ part: VerificationPart, of promotion: Promotion, in environment: Environment
    ) async throws -> String? {
        guard case .job(let check) = part.work else { return nil }
        let job = VerificationJob(part, of: promotion, in: environment)
        let name = check.templateRef.name
        let namespace = environment.metadata.namespace
        guard
            let template = try await context.client.getIfPresent(Self.configMaps, namespace: namespace, name: name),
            let text = template.json["data"]?[VerificationJob.key]?.stringValue
        else { return "ConfigMap \(name) does not exist or has no key \(VerificationJob.key)" }
        let manifest: Manifest
        do throws(ChangeError) {
            manifest = try job.manifest(
                template: Array(text.utf8), part: part, timeout: check.timeout, of: promotion, in: environment)
        } catch {
            return "ConfigMap \(name): \(error.message)"
        }
        do throws(KubernetesError) {
            _ = try await client(environment).create(Self.resource, manifest)
            return nil
        } catch {
            // An earlier life of this process made it.
            if error.isAlreadyExists { return nil }
            guard error.disposition == .terminal else { throw error }
            return error.message
        }
    }

    /// Removes a Job and its pods; one that is gone is no error.
    func remove(_ part: VerificationPart, of promotion: Promotion, in environment: Environment) async {
        let job = VerificationJob(part, of: promotion, in: environment)
        do throws(KubernetesError) {
            try await client(environment)
                .delete(Self.resource, namespace: job.namespace, name: job.name)
        } catch {
            guard !error.isNotFound else { return }
            // Its time to live removes it.
            context.logger.info(
                "Job of a verification was not removed", metadata: .init([.name: job.name, .error: "\(error)"]))
        }
    }

    private func client(_ environment: Environment) async throws(KubernetesError) -> KubernetesClient {
        try await cluster(of: environment).client(as: environment.deployer)
    }

    /// The cluster that an Environment deploys to.
    func cluster(of environment: Environment) async throws(KubernetesError) -> ClusterSync {
        let references: EnvironmentReferences
        do {
            references = try await EnvironmentReferences.read(of: environment, context.references)
        } catch let error as KubernetesError {
            throw error
        } catch {
            throw KubernetesError(.unavailable, "\(error)")
        }
        return try context.clusters.cluster(of: environment, kubeconfig: references.kubeconfig)
    }
}
