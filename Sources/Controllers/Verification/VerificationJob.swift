internal import Core
package import KubernetesModel
package import SluiceAPI
internal import YAML

/// The Job of one part of a verification. Pure: its name is made of what it is for, so that it exists once.
package struct VerificationJob: Sendable, Hashable {
    /// The key of the template in its ConfigMap.
    package static let key = "job.yaml"
    /// How long a Job is kept after its end where nobody has removed it, in seconds.
    package static let keptFor: Int64 = 3600

    package let name: String
    package let namespace: String

    /// - Parameter part: one whose work is a Job.
    package init(_ part: VerificationPart, of promotion: Promotion, in environment: Environment) {
        let seed = "\(promotion.namespacedName) \(promotion.spec.attempt) \(part.name)"
        let readable = ObjectNames.prefix("\(promotion.metadata.name)-\(part.name.prefix { $0 != "/" })", limit: 45)
        name = "\(readable.lowercased())-\(SHA256Digest(of: seed).hex.prefix(10))"
        let destination = environment.spec.destination.namespace(of: part.app)
        // Where each manifest names its own namespace, the environment's is the one that is known to be there.
        namespace = destination.isEmpty ? environment.metadata.namespace : destination
    }

    /// The Job that a template makes.
    ///
    /// Its name and namespace are ours whatever the template says, each container learns what it is to verify from its
    /// environment variables, and Kubernetes itself ends it when its time is over.
    ///
    /// - Throws: ``ChangeError`` where the template is not one Job.
    package func manifest(
        template: [UInt8], part: VerificationPart, timeout: GoDuration, of promotion: Promotion,
        in environment: Environment
    ) throws(ChangeError) -> Manifest {
        func refuse(_ what: String) -> ChangeError { ChangeError(RunReason.jobFailed.rawValue, "\(Self.key): \(what)") }
        let documents: [JSONValue]
        do {
            documents = try YAML.documents(parsing: template, file: Self.key).map { try $0.json(.goYAML3) }
                .filter { $0 != .null }
        } catch {
            throw refuse("\(error)")
        }
        guard documents.count == 1, let document = documents.first, document["kind"]?.stringValue == "Job",
            document["apiVersion"]?.stringValue == "batch/v1", document["spec"]?["template"]?["spec"] != nil
        else { throw refuse("must hold one Job of batch/v1") }
        var job = document
        let labels = job["metadata"]?["labels"]?.objectValue ?? JSONObject()
        var metadata: JSONObject = [
            "name": .string(name), "namespace": .string(namespace), "labels": .object(labels),
            "annotations": job["metadata"]?["annotations"] ?? [:],
        ]
        metadata["labels"]?[Label.promotion] = .string(ObjectNames.label(promotion.metadata.name))
        job["metadata"] = .object(metadata)
        job["status"] = nil
        job["spec"]?["activeDeadlineSeconds"] = .int(max(1, timeout.milliseconds / 1000))
        job["spec"]?["ttlSecondsAfterFinished"] = .int(Self.keptFor)
        for field in ["initContainers", "containers"] {
            guard let containers = job["spec"]?["template"]?["spec"]?[field]?.arrayValue else { continue }
            let told = containers.map { telling($0, part, promotion, environment) }
            job["spec"]?["template"]?["spec"]?[field] = .array(told)
        }
        return Manifest(job)
    }

    /// A container that knows what it verifies; what its template sets itself stands.
    private func telling(
        _ container: JSONValue, _ part: VerificationPart, _ promotion: Promotion, _ environment: Environment
    ) -> JSONValue {
        let versions = promotion.status.items.filter { $0.app == part.app && !$0.image.isEmpty }
        let told = [
            ("SLUICE_ENVIRONMENT", environment.metadata.name), ("SLUICE_PROMOTION", promotion.metadata.name),
            ("SLUICE_APP", part.app), ("SLUICE_COMMIT", promotion.status.commit),
            ("SLUICE_VERSION", versions.map(\.to).joined(separator: ",")),
        ]
        let present = container["env"]?.arrayValue ?? []
        let names = Set(present.compactMap { $0["name"]?.stringValue })
        let added = told.filter { !names.contains($0.0) }.map { name, value -> JSONValue in
            ["name": .string(name), "value": .string(value)]
        }
        var container = container
        container["env"] = .array(present + added)
        return container
    }
}

/// How the Job of a verification stands in the cluster.
package enum JobReading: Sendable, Hashable {
    case missing
    case running
    case succeeded
    case failed(String)
    /// It cannot be read at the moment; the text says why.
    case unreadable(String)

    /// Reads a Job's conditions.
    package init(_ job: Manifest) {
        for condition in job.json["status"]?["conditions"]?.arrayValue ?? []
        where condition["status"]?.stringValue == "True" {
            switch condition["type"]?.stringValue {
            case "Complete"?:
                self = .succeeded
                return
            case "Failed"?:
                let parts = ["reason", "message"].compactMap { condition[$0]?.stringValue }.filter { !$0.isEmpty }
                self = .failed(parts.joined(separator: ": ").bounded(to: 256))
                return
            default: continue
            }
        }
        self = .running
    }
}
