package import Logging

/// The keys of structured log metadata. Messages are constant; what varies goes under one of these.
package enum LogKey: String, Sendable {
    case controller
    case namespace = "object.namespace"
    case name = "object.name"
    case kind = "object.kind"
    case reconcile = "reconcile.id"
    case app
    case environment
    case revision
    case repository
    case reason
    case error
    case cluster
    case count
    case duration = "duration.ms"
    case url
    case status
    case attempt
    case receiver
    case path
    case identity
    case shard
}

extension Logger {
    /// Sets or reads one value under a key of ``LogKey``.
    package subscript(key: LogKey) -> Logger.Metadata.Value? {
        get { self[metadataKey: key.rawValue] }
        set { self[metadataKey: key.rawValue] = newValue }
    }
}

extension Dictionary where Key == String, Value == Logger.MetadataValue {
    /// Metadata from keys of ``LogKey``.
    package init(_ pairs: KeyValuePairs<LogKey, any CustomStringConvertible & Sendable>) {
        self.init(minimumCapacity: pairs.count)
        for (key, value) in pairs { self[key.rawValue] = .stringConvertible(value) }
    }
}
