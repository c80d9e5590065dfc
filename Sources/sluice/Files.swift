import Core
import Glibc
import KubernetesModel
import YAML

/// Reading what is named on the command line.
enum Files {
    /// The bytes of a file, or of standard input for `-`.
    static func read(_ path: String) throws -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure.usage("\(path): \(reason())") }
        defer { if path != "-" { close(descriptor) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw Failure.usage("\(path): \(reason())") }
            guard count > 0 else { return bytes }
            bytes += buffer[..<count]
            guard bytes.count <= 64 << 20 else { throw Failure.usage("\(path): larger than 64 MiB") }
        }
    }

    static func isDirectory(_ path: String) -> Bool {
        var info = stat()
        return stat(path, &info) == 0 && info.st_mode & S_IFMT == S_IFDIR
    }

    /// Files as they are named, and for a directory the manifests in and below it, in the order of their names.
    static func manifests(_ paths: [String]) throws -> [String] {
        try paths.flatMap { path in
            guard path != "-", isDirectory(path) else { return [path] }
            let base = path.hasSuffix("/") ? path : path + "/"
            return try manifests(below: "", in: DirectoryFileTree(root: path)).map { base + $0 }
        }
    }

    private static func manifests(below folder: String, in tree: DirectoryFileTree) throws -> [String] {
        try tree.children(of: folder).flatMap { entry -> [String] in
            switch entry.kind {
            case .directory: return try manifests(below: entry.path, in: tree)
            case .file: return [".yaml", ".yml", ".json"].contains(where: entry.path.hasSuffix) ? [entry.path] : []
            default: return []
            }
        }
    }

    /// Writes a file that is not there yet.
    static func create(_ bytes: [UInt8], at path: String) throws {
        guard access(path, F_OK) != 0 else {
            throw Failure.usage("\(path): there is such a file already; name a new one")
        }
        try write(bytes, to: path)
    }

    /// Writes a file whole or not at all.
    static func write(_ bytes: [UInt8], to path: String) throws {
        let temporary = path + ".tmp-\(getpid())"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw Failure.found("\(path): \(reason())") }
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                Glibc.write(descriptor, raw.baseAddress?.advanced(by: offset), raw.count - offset)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            offset += count
        }
        let failed = offset < bytes.count
        close(descriptor)
        guard !failed, rename(temporary, path) == 0 else {
            let why = reason()
            unlink(temporary)
            throw Failure.found("\(path): \(why)")
        }
    }

    /// The documents of a YAML or JSON file with their places, nulls left out.
    static func documents(_ path: String) throws -> [(node: YAMLNode, manifest: Manifest)] {
        try YAML.documents(parsing: read(path), file: path).compactMap { node in
            let json = try node.json(.goYAML3)
            return json.isNull ? nil : (node, Manifest(json))
        }
    }

    private static func reason() -> String {
        strerror(errno).map { String(cString: $0) } ?? "cannot be read"
    }
}
