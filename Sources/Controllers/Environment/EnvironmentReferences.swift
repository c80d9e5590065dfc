package import ControllerRuntime
package import Git
package import KubernetesModel
package import SluiceAPI

/// The Secrets and ConfigMaps that an Environment names, read from its own namespace and from no other.
package struct EnvironmentReferences: Sendable {
    package var credentials = GitCredentials.anonymous
    /// What is sent to the forge's API; empty where the Secret has nothing of that kind.
    package var forgeToken = ""
    package var kubeconfig: ReferenceContent?
    package var signers: SignerDirectory?
    package var signingKey: SSHSigningKey?
    /// What is missing or malformed, by the spec's field; nothing is guessed in its place.
    package var faults: [FieldError] = []
    /// The same for what only promotions and rollbacks need; syncing goes on without it.
    package var promotionFaults: [FieldError] = []

    /// Reads all of them; each is watched from now on, and the Environment is told of changes.
    ///
    /// - Throws: what keeps the API server from answering; a reference that does not exist is a fault.
    package static func read(
        of environment: Environment, _ watcher: ReferenceWatcher<NamespacedName>
    ) async throws -> EnvironmentReferences {
        var found = EnvironmentReferences()
        var reader = Reader(environment: environment, watcher: watcher)
        let source = environment.spec.source
        if let name = source.credentialsRef?.name,
            let content = try await reader.secret(name, FieldPath("spec") / "source" / "credentialsRef", &found.faults)
        {
            do throws(GitError) {
                found.credentials = try GitCredentials(data: content.data, secret: name)
                found.forgeToken = content.text("token") ?? content.text("password") ?? ""
            } catch {
                found.faults.append(FieldError("spec.source.credentialsRef", error.message))
            }
        }
        if let name = environment.spec.destination.kubeconfigRef?.name {
            found.kubeconfig = try await reader.secret(
                name, FieldPath("spec") / "destination" / "kubeconfigRef", &found.faults)
        }
        if let name = source.push.signingKeyRef?.name,
            let content = try await reader.secret(
                name, FieldPath("spec") / "source" / "push" / "signingKeyRef", &found.promotionFaults)
        {
            found.readSigningKey(content, secret: name)
        }
        if let name = environment.spec.approvals?.signersRef?.name ?? source.verify.signersRef?.name {
            try await found.readSigners(name, &reader)
        }
        watcher.retain(reader.references, for: environment.namespacedName)
        return found
    }

    private mutating func readSigningKey(_ content: ReferenceContent, secret: String) {
        guard let key = content["ssh-privatekey"] else {
            promotionFaults.append(
                FieldError("spec.source.push.signingKeyRef", "Secret \(secret) has no key ssh-privatekey"))
            return
        }
        do throws(GitError) {
            signingKey = try SSHSigningKey(openSSH: key)
        } catch {
            promotionFaults.append(FieldError("spec.source.push.signingKeyRef", error.message))
        }
    }

    /// A list of signers is public, so a ConfigMap serves; a Secret of that name is taken where there is none.
    private mutating func readSigners(_ name: String, _ reader: inout Reader) async throws {
        guard let content = try await reader.configMapOrSecret(name) else {
            promotionFaults.append(
                FieldError("spec.approvals.signersRef", "neither a ConfigMap nor a Secret \(name) exists"))
            return
        }
        do throws(GitError) {
            signers = try SignerDirectory(data: content.data)
        } catch {
            promotionFaults.append(FieldError("spec.approvals.signersRef", "\(name): \(error.message)"))
        }
    }

    private struct Reader {
        let environment: Environment
        let watcher: ReferenceWatcher<NamespacedName>
        var references: Set<Reference> = []

        private mutating func content(_ kind: Reference.Kind, _ name: String) async throws -> ReferenceContent? {
            let reference = Reference(kind, namespace: environment.metadata.namespace, name: name)
            references.insert(reference)
            return try await watcher.content(of: reference, for: environment.namespacedName)
        }

        mutating func secret(
            _ name: String, _ path: FieldPath, _ faults: inout [FieldError]
        ) async throws -> ReferenceContent? {
            let content = try await content(.secret, name)
            if content == nil { faults.append(FieldError("\(path)", "Secret \(name) does not exist")) }
            return content
        }

        mutating func configMapOrSecret(_ name: String) async throws -> ReferenceContent? {
            if let content = try await content(.configMap, name) { return content }
            return try await content(.secret, name)
        }
    }
}
