import FoundationEssentials
import Glibc

/// Something that a test waited for or ran, and that went wrong.
struct Failure: Error, CustomStringConvertible {
    let description: String
}

/// Runs programs.
enum Command {
    /// Runs a program to its end and returns what it printed, without the last line end.
    @discardableResult
    static func run(_ path: String, _ arguments: [String], input: String = "") throws -> String {
        let scratch = "/tmp/sluice-command-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        try Files.write(input, to: scratch + "/in")
        let pid = try start(path, arguments, input: scratch + "/in", output: scratch + "/out")
        let status = wait(for: pid)
        var output = Files.read(scratch + "/out")
        guard status == 0 else {
            throw Failure(description: "\(path) \(arguments.joined(separator: " ")): status \(status): \(output)")
        }
        while output.last == "\n" { output.removeLast() }
        return output
    }

    /// Starts a program whose output is appended to a file.
    static func start(
        _ path: String, _ arguments: [String], input: String = "/dev/null", output: String
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var pid: pid_t = 0
        let code = posix_spawnp(&pid, path, &actions, nil, &words, environ)
        guard code == 0 else { throw Failure(description: "\(path) cannot be run: error \(code)") }
        return pid
    }

    /// The status that a program ended with, as `waitpid` tells it.
    @discardableResult
    static func wait(for pid: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status
    }
}

enum Files {
    static func write(_ text: String, to path: String) throws {
        let folder = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path))
    }

    /// What a file holds; nothing if it is not there.
    static func read(_ path: String) -> String {
        (try? String(contentsOf: URL(filePath: path), encoding: .utf8)) ?? ""
    }
}
