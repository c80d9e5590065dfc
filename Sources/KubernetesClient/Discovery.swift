internal import Core
internal import HTTP
package import KubernetesModel
internal import Synchronization

/// Knows how each kind is served. Answers are kept; a kind that is missing is looked for again, at most every few
/// seconds for each group version, because its CRD may have come since.
package final class Discovery: Sendable {
    private struct Entry {
        var resources: [String: APIResource]
        var fetched: Duration
    }

    private struct State {
        var versions: [String: Entry] = [:]
        var groups: [String: [String]]?
        var groupsFetched: Duration = .zero
        var streamsLists: Bool?
    }

    /// The least time between two looks for a kind that is missing.
    private static let missInterval = Duration.seconds(2)

    private let core: ClientCore
    private let state = Mutex(State())

    init(core: ClientCore) {
        self.core = core
    }

    /// How a kind is served. A kind or version that the server lacks throws `unknownKind`.
    package func resource(for gvk: GroupVersionKind) async throws(KubernetesError) -> APIResource {
        if let resource = known(gvk) { return resource }
        let entry = try await entry(gvk.apiVersion)
        guard let resource = entry[gvk.kind] else {
            throw KubernetesError(
                .unknownKind, "the cluster serves no kind \(gvk); install its CRD or correct apiVersion and kind")
        }
        return resource
    }

    /// What is known without asking.
    package func known(_ gvk: GroupVersionKind) -> APIResource? {
        state.withLock { $0.versions[gvk.apiVersion]?.resources[gvk.kind] }
    }

    /// All kinds of one group version, with their own resource (not subresources).
    package func resources(apiVersion: String) async throws(KubernetesError) -> [APIResource] {
        try await entry(apiVersion).values.sorted { $0.plural < $1.plural }
    }

    /// The versions of a group, the preferred one first; empty if the server has no such group.
    package func versions(ofGroup group: String) async throws(KubernetesError) -> [String] {
        if group.isEmpty { return ["v1"] }
        let now = core.monotonicClock.now()
        let known = state.withLock { state -> [String]? in
            guard let groups = state.groups else { return nil }
            if let versions = groups[group] { return versions }
            return now - state.groupsFetched < Discovery.missInterval ? [] : nil
        }
        if let known { return known }
        return try await fetchGroups()[group] ?? []
    }

    /// Every kind that the server serves, each in the version that its group prefers. Groups whose own server does not
    /// answer are left out. Asks anew each time.
    package func everything() async throws(KubernetesError) -> [APIResource] {
        var resources = try await resources(apiVersion: "v1")
        for (group, versions) in try await fetchGroups().sorted(by: { $0.key < $1.key }) {
            guard let version = versions.first else { continue }
            do throws(KubernetesError) {
                resources += try await self.resources(apiVersion: "\(group)/\(version)")
            } catch {
                if error.isCancelled { throw error }
            }
        }
        return resources
    }

    /// The versions of each group, the preferred one first.
    private func fetchGroups() async throws(KubernetesError) -> [String: [String]] {
        let now = core.monotonicClock.now()
        let json = try await fetch("/apis")
        var groups: [String: [String]] = [:]
        for entry in json["groups"]?.arrayValue ?? [] {
            guard let name = entry["name"]?.stringValue else { continue }
            var versions = (entry["versions"]?.arrayValue ?? []).compactMap { $0["version"]?.stringValue }
            if let preferred = entry["preferredVersion"]?["version"]?.stringValue {
                versions.removeAll { $0 == preferred }
                versions.insert(preferred, at: 0)
            }
            groups[name] = versions
        }
        state.withLock { state in
            state.groups = groups
            state.groupsFetched = now
        }
        return groups
    }

    /// Whether the server sends a list as the beginning of a watch: version 1.32 is the first that does unasked
    /// (https://kubernetes.io/docs/reference/using-api/api-concepts/#streaming-lists). Asked once; false where it does
    /// not answer.
    package func streamsLists() async -> Bool {
        if let known = state.withLock({ $0.streamsLists }) { return known }
        guard let version = try? await fetch("/version") else { return false }
        func number(_ field: String) -> Int {
            Int((version[field]?.stringValue ?? "").prefix { $0.isASCII && $0.isNumber }) ?? 0
        }
        let streams = (number("major"), number("minor")) >= (1, 32)
        state.withLock { $0.streamsLists = streams }
        return streams
    }

    /// Takes note that the server refused to stream a list: an administrator may have turned it off.
    func refusesStreamedLists() { state.withLock { $0.streamsLists = false } }

    /// Forgets everything, or one group version, so that the next look asks the server.
    package func invalidate(apiVersion: String? = nil) {
        state.withLock { state in
            if let apiVersion { state.versions[apiVersion] = nil } else { state = State() }
        }
    }

    /// The resources of a group version by kind: kept ones unless a look for a missing one is due.
    private func entry(_ apiVersion: String) async throws(KubernetesError) -> [String: APIResource] {
        let now = core.monotonicClock.now()
        let recent = state.withLock { state -> [String: APIResource]? in
            guard let entry = state.versions[apiVersion] else { return nil }
            return now - entry.fetched < Discovery.missInterval ? entry.resources : nil
        }
        if let recent { return recent }
        var resources: [String: APIResource] = [:]
        do throws(KubernetesError) {
            let path = apiVersion.contains("/") ? "/apis/\(apiVersion)" : "/api/\(apiVersion)"
            resources = Discovery.resources(in: try await fetch(path), apiVersion: apiVersion)
        } catch {
            guard error.isNotFound else { throw error }
        }
        state.withLock { $0.versions[apiVersion] = Entry(resources: resources, fetched: now) }
        return resources
    }

    private func fetch(_ path: String) async throws(KubernetesError) -> JSONValue {
        let escaped = path.split(separator: "/").map { "/" + URLText.escape(String($0)) }.joined()
        let subject = "discover \(path)"
        let body = try await core.send(
            ClientCore.Call(verb: "discover", resource: path, method: "GET", target: escaped, subject: subject))
        do throws(JSONError) {
            return try JSONValue(parsing: body)
        } catch {
            throw KubernetesError(.malformedResponse, "\(subject): the answer is no JSON (\(error.message))")
        }
    }

    /// Reads an `APIResourceList`.
    static func resources(in list: JSONValue, apiVersion: String) -> [String: APIResource] {
        let entries = list["resources"]?.arrayValue ?? []
        var subresources: [String: Set<String>] = [:]
        for entry in entries {
            let parts = (entry["name"]?.stringValue ?? "").split(separator: "/", maxSplits: 1).map(String.init)
            if parts.count == 2 { subresources[parts[0], default: []].insert(parts[1]) }
        }
        var out: [String: APIResource] = [:]
        for entry in entries {
            guard let name = entry["name"]?.stringValue, !name.contains("/"),
                let kind = entry["kind"]?.stringValue, out[kind] == nil
            else { continue }
            out[kind] = APIResource(
                gvk: GroupVersionKind(apiVersion: apiVersion, kind: kind), plural: name,
                namespaced: entry["namespaced"]?.boolValue ?? false,
                verbs: Set((entry["verbs"]?.arrayValue ?? []).compactMap(\.stringValue)),
                subresources: subresources[name] ?? [])
        }
        return out
    }
}
