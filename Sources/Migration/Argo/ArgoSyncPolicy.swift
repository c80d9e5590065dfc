import KubernetesModel
import SluiceAPI

/// Reads an Application's sync policy. Argo CD's defaults are other than ours, so that each is said.
struct ArgoSyncPolicy {
    /// What an Application without a policy does: nothing by itself.
    static let manual = EnvironmentSpec.Sync(automated: false, prune: false, selfHeal: false, pruneLast: false)

    /// Options that ask for what is done here anyway, or for what both do by default.
    private static let given: Set<String> = [
        "ServerSideApply=true", "ApplyOutOfSyncOnly=true", "ApplyOutOfSyncOnly=false", "RespectIgnoreDifferences=true",
        "FailOnSharedResource=true", "SkipDryRunOnMissingResource=true", "SkipDryRunOnMissingResource=false",
        "Validate=true", "ClientSideApplyMigration=true", "ClientSideApplyMigration=false", "Prune=true",
        "Replace=false", "Force=false",
    ]

    private var sync = ArgoSyncPolicy.manual
    private var createNamespace = false
    private var namespaceMetadata = EnvironmentSpec.NamespaceMetadata()

    init() {}

    init(_ reader: inout FieldReader) {
        reader.object("automated") { reader in
            sync.automated = reader.bool("enabled") ?? true
            sync.prune = reader.bool("prune") ?? false
            sync.selfHeal = reader.bool("selfHeal") ?? false
            sync.allowEmpty = reader.bool("allowEmpty") ?? false
        }
        for option in reader.strings("syncOptions") { read(option, &reader) }
        reader.object("retry") { reader in
            reader.pass("refresh")
            let limit = reader.int("limit") ?? 5
            // Below zero means without end.
            sync.retry.limit = limit < 0 ? 100 : Int(min(limit, 100))
            if limit < 0 || limit > 100 { reader.leftOut("limit", "100 is the most") }
            reader.object("backoff") { backoff(&$0) }
        }
        reader.object("managedNamespaceMetadata") { reader in
            namespaceMetadata.labels = reader.map("labels")
            namespaceMetadata.annotations = reader.map("annotations")
        }
    }

    func write(into spec: inout EnvironmentSpec) {
        spec.sync = sync
        spec.destination.createNamespace = createNamespace
        spec.destination.namespaceMetadata = namespaceMetadata
    }

    private mutating func backoff(_ reader: inout FieldReader) {
        if let duration = reader.duration("duration") { sync.retry.backoff.duration = duration }
        if let longest = reader.duration("maxDuration") { sync.retry.backoff.maxDuration = longest }
        guard let factor = reader.int("factor") else { return }
        sync.retry.backoff.factor = Int(max(1, min(factor, 10)))
        if !(1...10).contains(factor) { reader.leftOut("factor", "must be between 1 and 10 here") }
    }

    private mutating func read(_ option: String, _ reader: inout FieldReader) {
        let parts = option.split(separator: "=", maxSplits: 1).map(String.init)
        let (name, value) = (parts.first ?? "", parts.count == 2 ? parts[1] : "")
        switch (name, value) {
        case ("CreateNamespace", _): createNamespace = value == "true"
        case ("PruneLast", _): sync.pruneLast = value == "true"
        case ("Prune", "false"): sync.prune = false
        case ("Force", "true"):
            sync.replaceImmutable = true
            reader.note(
                "syncOptions",
                "Force=true becomes sync.replaceImmutable: objects are replaced only where a field cannot be changed")
        case ("PrunePropagationPolicy", _):
            let policy = PropagationPolicy.allCases.first { $0.rawValue.lowercased() == value.lowercased() }
            if let policy {
                sync.prunePropagation = policy
            } else {
                reader.leftOut("syncOptions", "\(option) is no propagation policy")
            }
        case _ where ArgoSyncPolicy.given.contains(option): break
        default: reader.leftOut("syncOptions", "\(option) has no counterpart")
        }
    }
}

/// Reads one entry of `ignoreDifferences`.
enum IgnoredDifference {
    static func read(_ reader: inout FieldReader) -> EnvironmentSpec.IgnoreDifference? {
        var entry = EnvironmentSpec.IgnoreDifference(group: reader.string("group"), kind: reader.string("kind"))
        let (name, namespace) = (reader.string("name"), reader.string("namespace"))
        if !name.isEmpty { entry.name = name }
        if !namespace.isEmpty { entry.namespace = namespace }
        entry.jsonPointers = reader.strings("jsonPointers")
        entry.managers = reader.strings("managedFieldsManagers")
        for expression in reader.strings("jqPathExpressions") {
            if let pointer = JQPath(expression)?.pointer {
                entry.jsonPointers.append(pointer)
            } else {
                reader.leftOut(
                    "jqPathExpressions",
                    "'\(expression)' is more than a path: write JSON pointers, in which * stands for every element")
            }
        }
        return entry.jsonPointers.isEmpty && entry.managers.isEmpty ? nil : entry
    }
}

/// A jq expression that is a mere path: `.spec.template.spec.containers[].image`, `.metadata["a.b/c"]`, `.list[0]`.
struct JQPath {
    /// As a JSON pointer (RFC 6901); `*` for every element.
    let pointer: String

    /// Nil for anything else.
    init?(_ text: String) {
        var rest = text[...]
        var pointer = ""
        guard rest.hasPrefix(".") else { return nil }
        while !rest.isEmpty {
            guard let step = JQPath.step(&rest) else { return nil }
            if let step {
                pointer += "/" + step.replacing("~", with: "~0").replacing("/", with: "~1")
            }
        }
        guard !pointer.isEmpty else { return nil }
        self.pointer = pointer
    }

    /// One step off the front: `.some(nil)` for one that leads nowhere new (`?`, or `.` before a bracket), nil for a fault.
    private static func step(_ rest: inout Substring) -> String?? {
        let first = rest.removeFirst()
        if first == "?" { return .some(nil) }
        if first == "[" {
            guard let end = rest.firstIndex(of: "]") else { return nil }
            let inner = rest[..<end]
            rest = rest[rest.index(after: end)...]
            if inner.isEmpty { return "*" }
            if inner.allSatisfy({ $0.isASCII && $0.isNumber }) { return String(inner) }
            guard inner.count > 2, inner.hasPrefix("\""), inner.hasSuffix("\"") else { return nil }
            let key = inner.dropFirst().dropLast()
            return key.contains("\"") || key.contains("\\") ? nil : String(key)
        }
        guard first == "." else { return nil }
        if rest.first == "[" { return .some(nil) }
        let name = rest.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        guard let initial = name.first, !initial.isNumber else { return nil }
        rest = rest.dropFirst(name.count)
        return String(name)
    }
}
