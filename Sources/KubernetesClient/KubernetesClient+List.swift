internal import HTTP
package import KubernetesModel

extension KubernetesClient {
    /// Objects in one page; 500 is what the server's own tools use.
    package static let pageSize = 500

    /// One page of a list. A continue token that is too old throws `gone`.
    package func listPage(
        _ resource: APIResource, _ selector: ObjectSelector = ObjectSelector(), limit: Int = pageSize,
        continueToken: String = ""
    ) async throws(KubernetesError) -> ObjectList {
        var query = selector.query
        query.append(("limit", String(limit)))
        if !continueToken.isEmpty { query.append(("continue", continueToken)) }
        let call = call("list", resource, "GET", namespace: selector.namespace, query: query)
        let json = try await json(call)
        guard let items = json["items"] ?? json["metadata"].map({ _ in .array([]) }) else {
            throw KubernetesError(.malformedResponse, "\(call.subject): the answer is no list")
        }
        let metadata = json["metadata"]
        return ObjectList(
            items: (items.arrayValue ?? []).map { resource.complete($0) },
            resourceVersion: metadata?["resourceVersion"]?.stringValue ?? "",
            continueToken: metadata?["continue"]?.stringValue ?? "")
    }

    /// All objects, page by page; `start` is called before the first page, again when a list that grew too old in the
    /// middle begins anew.
    ///
    /// - Returns: the resource version from which to watch.
    package func listPages(
        _ resource: APIResource, _ selector: ObjectSelector = ObjectSelector(), pageSize: Int = pageSize,
        start: () -> Void = {}, page: ([Manifest]) -> Void
    ) async throws(KubernetesError) -> String {
        var restarts = 0
        start()
        var token = ""
        while true {
            let list: ObjectList
            do throws(KubernetesError) {
                list = try await listPage(resource, selector, limit: pageSize, continueToken: token)
            } catch {
                guard error.isGone, !token.isEmpty, restarts < 3 else { throw error }
                restarts += 1
                token = ""
                start()
                continue
            }
            page(list.items)
            guard !list.continueToken.isEmpty else { return list.resourceVersion }
            token = list.continueToken
        }
    }

    /// All objects with their metadata alone, page by page: what they hold is neither sent nor read.
    package func listMetadata(
        _ resource: APIResource, _ selector: ObjectSelector = ObjectSelector()
    ) async throws(KubernetesError) -> [Manifest] {
        var items: [Manifest] = []
        var token = ""
        repeat {
            var query = selector.query
            query.append(("limit", String(Self.pageSize)))
            if !token.isEmpty { query.append(("continue", token)) }
            var call = call("list", resource, "GET", namespace: selector.namespace, query: query)
            call.accept =
                "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1, application/json;q=0.5"
            let json = try await json(call)
            for item in json["items"]?.arrayValue ?? [] {
                items.append(
                    Manifest([
                        "apiVersion": .string(resource.gvk.apiVersion), "kind": .string(resource.gvk.kind),
                        "metadata": item["metadata"] ?? [:],
                    ]))
            }
            token = json["metadata"]?["continue"]?.stringValue ?? ""
        } while !token.isEmpty
        return items
    }

    /// All objects at once; for kinds that are known to be few.
    package func list(
        _ resource: APIResource, _ selector: ObjectSelector = ObjectSelector()
    ) async throws(KubernetesError) -> [Manifest] {
        var items: [Manifest] = []
        _ = try await listPages(resource, selector, start: { items.removeAll() }, page: { items += $0 })
        return items
    }
}

extension APIResource {
    /// The object with the kind and version that lists of built-in kinds leave out of their items.
    func complete(_ json: JSONValue) -> Manifest {
        var json = json
        if json["kind"] == nil { json["kind"] = .string(gvk.kind) }
        if json["apiVersion"] == nil { json["apiVersion"] = .string(gvk.apiVersion) }
        return Manifest(json)
    }
}
