internal import CGit2

/// What libgit2's smart protocol runs over: it asks for streams.
protocol SmartSubtransport: AnyObject {
    var operation: RemoteOperation { get }
    func stream(_ service: SmartService) throws(GitError) -> any SmartStream
}

/// One stream: libgit2 writes, then reads.
protocol SmartStream: AnyObject {
    func write(_ bytes: UnsafeRawBufferPointer) throws(GitError)
    /// 0 at the end.
    func read(_ buffer: UnsafeMutableRawBufferPointer) throws(GitError) -> Int
}

/// What a stream is for.
struct SmartService {
    let name: String
    let isListing: Bool

    init?(_ service: git_smart_service_t) {
        switch service {
        case GIT_SERVICE_UPLOADPACK_LS: (name, isListing) = ("git-upload-pack", true)
        case GIT_SERVICE_UPLOADPACK: (name, isListing) = ("git-upload-pack", false)
        case GIT_SERVICE_RECEIVEPACK_LS: (name, isListing) = ("git-receive-pack", true)
        case GIT_SERVICE_RECEIVEPACK: (name, isListing) = ("git-receive-pack", false)
        default: return nil
        }
    }

    var isPush: Bool { name == "git-receive-pack" }
    var contentType: String { "application/x-\(name)-\(isListing ? "advertisement" : "result")" }
}

/// The C side of subtransports: structures that libgit2 sees, each with a retained object of ours behind it.
enum SmartTransport {
    /// A subtransport, and for ssh the one stream that all of its services share.
    private final class Context {
        let subtransport: any SmartSubtransport
        let isStateless: Bool
        var current: UnsafeMutablePointer<git_smart_subtransport_stream>?

        init(_ subtransport: any SmartSubtransport, isStateless: Bool) {
            self.subtransport = subtransport
            self.isStateless = isStateless
        }
    }

    private final class StreamContext {
        let stream: any SmartStream
        let owner: Context

        init(_ stream: any SmartStream, _ owner: Context) {
            self.stream = stream
            self.owner = owner
        }
    }

    /// The callback `git_transport_cb`; `payload` is a ``RemoteOperation``.
    static func make(
        _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_transport>?>?, _ owner: OpaquePointer?,
        _ payload: UnsafeMutableRawPointer?
    ) -> Int32 {
        guard let operation = RemoteOperation.from(payload) else { return GIT_ERROR.rawValue }
        var definition = git_smart_subtransport_definition(
            callback: { out, _, payload in SmartTransport.makeSubtransport(out, payload) },
            rpc: operation.url.scheme == .ssh ? 0 : 1, param: payload)
        return git_transport_smart(out, owner, &definition)
    }

    private static func makeSubtransport(
        _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport>?>?,
        _ payload: UnsafeMutableRawPointer?
    ) -> Int32 {
        guard let out, let operation = RemoteOperation.from(payload) else { return GIT_ERROR.rawValue }
        let context =
            operation.url.scheme == .ssh
            ? Context(SSHSubtransport(operation), isStateless: false)
            : Context(HTTPSubtransport(operation), isStateless: true)
        let memory = UnsafeMutablePointer<sluice_git_subtransport>.allocate(capacity: 1)
        memory.initialize(to: sluice_git_subtransport())
        memory.pointee.context = Unmanaged.passRetained(context).toOpaque()
        memory.pointee.base.action = { out, transport, _, service in
            guard let out, let context = SmartTransport.context(transport), let service = SmartService(service) else {
                return GIT_ERROR.rawValue
            }
            return SmartTransport.open(service, context, transport, out)
        }
        memory.pointee.base.close = { _ in 0 }
        memory.pointee.base.free = { transport in
            guard let transport else { return }
            transport.withMemoryRebound(to: sluice_git_subtransport.self, capacity: 1) { memory in
                if let context = memory.pointee.context { Unmanaged<Context>.fromOpaque(context).release() }
                memory.deallocate()
            }
        }
        out.pointee = UnsafeMutableRawPointer(memory).assumingMemoryBound(to: git_smart_subtransport.self)
        return 0
    }

    private static func context(_ pointer: UnsafeMutablePointer<git_smart_subtransport>?) -> Context? {
        pointer.flatMap { pointer in
            pointer.withMemoryRebound(to: sluice_git_subtransport.self, capacity: 1) { $0.pointee.context }
        }.map { Unmanaged<Context>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func streamContext(
        _ pointer: UnsafeMutablePointer<git_smart_subtransport_stream>?
    ) -> StreamContext? {
        pointer.flatMap { pointer in
            pointer.withMemoryRebound(to: sluice_git_stream.self, capacity: 1) { $0.pointee.context }
        }.map { Unmanaged<StreamContext>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func open(
        _ service: SmartService, _ context: Context, _ transport: UnsafeMutablePointer<git_smart_subtransport>?,
        _ out: UnsafeMutablePointer<UnsafeMutablePointer<git_smart_subtransport_stream>?>
    ) -> Int32 {
        let beginsUpdate = service.isPush && !service.isListing && !context.isStateless
        return context.subtransport.operation.guarded { () throws(GitError) in
            if beginsUpdate { try context.subtransport.operation.beginUpdate() }
            if let current = context.current {
                out.pointee = current
                return
            }
            let stream = wrap(try context.subtransport.stream(service), context, transport)
            if !context.isStateless { context.current = stream }
            out.pointee = stream
        }
    }

    private static func wrap(
        _ stream: any SmartStream, _ context: Context, _ transport: UnsafeMutablePointer<git_smart_subtransport>?
    ) -> UnsafeMutablePointer<git_smart_subtransport_stream> {
        let memory = UnsafeMutablePointer<sluice_git_stream>.allocate(capacity: 1)
        memory.initialize(to: sluice_git_stream())
        memory.pointee.base.subtransport = transport
        memory.pointee.context = Unmanaged.passRetained(StreamContext(stream, context)).toOpaque()
        memory.pointee.base.read = { stream, buffer, size, count in
            guard let context = SmartTransport.streamContext(stream), let buffer, let count else {
                return GIT_ERROR.rawValue
            }
            return context.owner.subtransport.operation.guarded { () throws(GitError) in
                count.pointee = try context.stream.read(UnsafeMutableRawBufferPointer(start: buffer, count: size))
            }
        }
        memory.pointee.base.write = { stream, buffer, size in
            guard let context = SmartTransport.streamContext(stream), let buffer else { return GIT_ERROR.rawValue }
            return context.owner.subtransport.operation.guarded { () throws(GitError) in
                try context.stream.write(UnsafeRawBufferPointer(start: buffer, count: size))
            }
        }
        memory.pointee.base.free = { stream in
            guard let stream else { return }
            SmartTransport.streamContext(stream)?.owner.current = nil
            stream.withMemoryRebound(to: sluice_git_stream.self, capacity: 1) { memory in
                if let context = memory.pointee.context { Unmanaged<StreamContext>.fromOpaque(context).release() }
                memory.deallocate()
            }
        }
        return UnsafeMutableRawPointer(memory).assumingMemoryBound(to: git_smart_subtransport_stream.self)
    }
}
