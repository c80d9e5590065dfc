internal import HTTP
package import KubernetesModel

extension KubernetesClient {
    package func get(
        _ resource: APIResource, namespace: String?, name: String
    ) async throws(KubernetesError) -> Manifest {
        try await object(
            call("get", resource, "GET", namespace: namespace, name: name), resource)
    }

    /// The object, or nil if there is none.
    package func getIfPresent(
        _ resource: APIResource, namespace: String?, name: String
    ) async throws(KubernetesError) -> Manifest? {
        do throws(KubernetesError) {
            return try await get(resource, namespace: namespace, name: name)
        } catch {
            if error.isNotFound { return nil }
            throw error
        }
    }

    package func create(
        _ resource: APIResource, _ manifest: Manifest, options: WriteOptions = WriteOptions()
    ) async throws(KubernetesError) -> Manifest {
        var call = call(
            "create", resource, "POST", namespace: manifest.namespace,
            name: options.subresource == nil ? nil : manifest.name, subject: manifest.name,
            subresource: options.subresource, query: query(options))
        call.contentType = "application/json"
        call.body = manifest.json.jsonBytes
        return try await object(call, resource)
    }

    /// Replaces a whole object; its `resourceVersion`, where it has one, must be the current one.
    package func update(
        _ resource: APIResource, _ manifest: Manifest, options: WriteOptions = WriteOptions()
    ) async throws(KubernetesError) -> Manifest {
        var call = call(
            "update", resource, "PUT", namespace: manifest.namespace, name: manifest.name,
            subresource: options.subresource, query: query(options))
        call.contentType = "application/json"
        call.body = manifest.json.jsonBytes
        return try await object(call, resource)
    }

    /// Replaces an object's status, as ``update(_:_:options:)`` does with subresource `status`.
    package func updateStatus(
        _ resource: APIResource, _ manifest: Manifest, fieldManager: String? = nil
    ) async throws(KubernetesError) -> Manifest {
        try await update(
            resource, manifest, options: WriteOptions(fieldManager: fieldManager, subresource: "status"))
    }

    package func patch(
        _ resource: APIResource, namespace: String?, name: String, _ patch: ObjectPatch,
        options: WriteOptions = WriteOptions()
    ) async throws(KubernetesError) -> Manifest {
        var call = call(
            "patch", resource, "PATCH", namespace: namespace, name: name, subresource: options.subresource,
            query: query(options))
        call.contentType = patch.contentType
        call.body = patch.body
        return try await object(call, resource)
    }

    /// Server-side apply: says which fields we want, and learns from the answer what became of them.
    package func apply(
        _ resource: APIResource, _ manifest: Manifest, fieldManager: String, force: Bool = true, dryRun: Bool = false,
        subresource: String? = nil
    ) async throws(KubernetesError) -> Manifest {
        try await object(
            applyCall(
                resource, manifest,
                WriteOptions(fieldManager: fieldManager, force: force, dryRun: dryRun, subresource: subresource)),
            resource)
    }

    /// A dry run of ``apply(_:_:fieldManager:force:dryRun:subresource:)`` of which only the verdict is wanted: what
    /// became of the object is not decoded.
    package func checkApply(
        _ resource: APIResource, _ manifest: Manifest, fieldManager: String, force: Bool = true
    ) async throws(KubernetesError) {
        _ = try await core.send(
            applyCall(resource, manifest, WriteOptions(fieldManager: fieldManager, force: force, dryRun: true)))
    }

    private func applyCall(
        _ resource: APIResource, _ manifest: Manifest, _ options: WriteOptions
    ) -> ClientCore.Call {
        var call = call(
            "apply", resource, "PATCH", namespace: manifest.namespace, name: manifest.name,
            subresource: options.subresource, query: query(options))
        // JSON is YAML.
        call.contentType = "application/apply-patch+yaml"
        call.body = manifest.json.jsonBytes
        return call
    }

    /// Server-side apply of a status alone: `manifest` has identity and `status`.
    package func applyStatus(
        _ resource: APIResource, _ manifest: Manifest, fieldManager: String, force: Bool = true
    ) async throws(KubernetesError) -> Manifest {
        try await apply(resource, manifest, fieldManager: fieldManager, force: force, subresource: "status")
    }

    /// Deletes an object.
    ///
    /// - Returns: what the server answers: the object while finalizers or its grace period keep it, else a `Status`.
    @discardableResult
    package func delete(
        _ resource: APIResource, namespace: String?, name: String, options: DeleteOptions = DeleteOptions()
    ) async throws(KubernetesError) -> Manifest {
        var call = call("delete", resource, "DELETE", namespace: namespace, name: name)
        call.contentType = "application/json"
        call.body = options.body.jsonBytes
        return Manifest(try await json(call))
    }

    /// A request to any path of the server, for what has no method of its own: `/version`, `/readyz`.
    package func raw(
        _ method: String, path: String, body: JSONValue? = nil
    ) async throws(KubernetesError) -> [UInt8] {
        var call = ClientCore.Call(
            verb: "raw", resource: path, method: method, target: path, subject: "\(method) \(path)",
            impersonation: impersonation)
        if let body {
            call.contentType = "application/json"
            call.body = body.jsonBytes
        }
        return try await core.send(call)
    }

    // MARK: -

    func call(
        _ verb: String, _ resource: APIResource, _ method: String, namespace: String?, name: String? = nil,
        subject: String? = nil, subresource: String? = nil, query: [(String, String)] = []
    ) -> ClientCore.Call {
        var object = namespace.map { $0.isEmpty ? "" : "\($0)/" } ?? ""
        object += subject ?? name ?? ""
        let suffix = subresource.map { "/" + $0 } ?? ""
        var call = ClientCore.Call(
            verb: verb, resource: resource.qualifiedName + suffix, method: method,
            target: resource.path(namespace: namespace, name: name, subresource: subresource) + URLText.query(query),
            subject: "\(verb) \(resource.qualifiedName)\(suffix)" + (object.isEmpty ? "" : " \(object)"),
            sensitive: resource.isSensitive, impersonation: impersonation)
        if let timeout {
            call.deadlines = HTTPDeadlines(connect: min(timeout, .seconds(10)), stall: timeout, total: timeout)
        }
        return call
    }

    private func query(_ options: WriteOptions) -> [(String, String)] {
        var pairs: [(String, String)] = []
        if let manager = options.fieldManager { pairs.append(("fieldManager", manager)) }
        if options.force { pairs.append(("force", "true")) }
        if options.dryRun { pairs.append(("dryRun", "All")) }
        return pairs
    }

    func json(_ call: ClientCore.Call) async throws(KubernetesError) -> JSONValue {
        let body = try await core.send(call)
        do throws(JSONError) {
            return try JSONValue(parsing: body)
        } catch {
            throw KubernetesError(.malformedResponse, "\(call.subject): the answer is no JSON (\(error.message))")
        }
    }

    private func object(_ call: ClientCore.Call, _ resource: APIResource) async throws(KubernetesError) -> Manifest {
        let json = try await json(call)
        guard json["metadata"]?.objectValue != nil else {
            throw KubernetesError(.malformedResponse, "\(call.subject): the answer is no object of the API")
        }
        return Manifest(json)
    }
}
