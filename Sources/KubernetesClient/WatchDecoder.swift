internal import Core
internal import KubernetesModel

/// Cuts a watch's bytes into lines and lines into events.
struct WatchDecoder: Sendable {
    /// A larger event is an error: above what etcd stores (1.5 MiB) with room for JSON.
    static let eventLimit = 4 << 20

    let resource: APIResource
    let subject: String
    private let clock: any WallClock
    private let isKnown: Reflector.KnownVersions?
    private var buffer: [UInt8] = []
    /// Where the first line begins that was not given out yet.
    private var start = 0
    /// Up to where no line end was found.
    private var scanned = 0

    /// - Parameter isKnown: events of versions that are known are not decoded, and given as bookmarks.
    init(resource: APIResource, subject: String, clock: any WallClock, isKnown: Reflector.KnownVersions? = nil) {
        self.isKnown = isKnown
        self.resource = resource
        self.subject = subject
        self.clock = clock
    }

    mutating func append(_ chunk: [UInt8]) {
        if start > 0 {
            buffer.removeFirst(start)
            scanned -= start
            start = 0
        }
        if buffer.isEmpty { buffer = chunk } else { buffer += chunk }
    }

    /// The next whole event, or nil when more bytes are needed.
    mutating func next() throws(KubernetesError) -> WatchEvent? {
        while let end = lineEnd() {
            let line = start..<end
            start = end + 1
            scanned = start
            guard !line.isEmpty else { continue }
            if let version = knownVersion(in: line) { return .bookmark(resourceVersion: version) }
            if let event = try event(Array(buffer[line])) { return event }
        }
        guard buffer.count - start <= WatchDecoder.eventLimit else {
            throw KubernetesError(
                .malformedResponse, "\(subject): an event is larger than \(WatchDecoder.eventLimit >> 20) MiB")
        }
        return nil
    }

    private mutating func lineEnd() -> Int? {
        let end = buffer[scanned...].firstIndex(of: 0x0A)
        if end == nil { scanned = buffer.count }
        return end
    }

    /// The version that a line tells of, where it is no news.
    private func knownVersion(in line: Range<Int>) -> String? {
        guard let isKnown else { return nil }
        let version = buffer.withUnsafeBufferPointer { bytes in
            WatchEventPeek.version(
                in: UnsafeBufferPointer(rebasing: bytes[line]), namespaced: resource.namespaced)
        }
        guard let version, isKnown(version) else { return nil }
        return version.resourceVersion
    }

    /// Nil for a kind of event that this version does not know.
    private func event(_ line: [UInt8]) throws(KubernetesError) -> WatchEvent? {
        let json: JSONValue
        do throws(JSONError) {
            json = try JSONValue(parsing: line)
        } catch {
            throw KubernetesError(.malformedResponse, "\(subject): an event is no JSON (\(error.message))")
        }
        guard let object = json["object"], object.objectValue != nil else {
            throw KubernetesError(.malformedResponse, "\(subject): an event has no object")
        }
        switch json["type"]?.stringValue {
        case "ADDED": return .added(resource.complete(object))
        case "MODIFIED": return .modified(resource.complete(object))
        case "DELETED": return .deleted(resource.complete(object))
        case "BOOKMARK":
            let version = Manifest(object).resourceVersion
            let endsList = Manifest(object).annotation("k8s.io/initial-events-end") == "true"
            return endsList ? .initialEventsEnd(resourceVersion: version) : .bookmark(resourceVersion: version)
        case "ERROR":
            throw KubernetesError(
                status: object["code"]?.intValue.flatMap { Int(exactly: $0) } ?? 500, document: object,
                subject: subject, sensitive: resource.isSensitive, retryAfter: nil, now: clock.now())
        default: return nil
        }
    }
}
