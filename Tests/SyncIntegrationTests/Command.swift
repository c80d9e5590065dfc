import Core
import FoundationEssentials
import Glibc

/// Runs a program and reads what it prints.
enum Command {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static func run(_ path: String, _ arguments: [String], input: String = "") throws -> String {
        let directory = "/tmp/sluice-command-\(getpid())-\(UInt32.random(in: .min ... .max))"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let files = (input: directory + "/in", output: directory + "/out")
        try Data(input.utf8).write(to: URL(filePath: files.input))
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, files.input, O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, files.output, O_WRONLY | O_CREAT, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        defer { words.forEach { free($0) } }
        var pid: pid_t = 0
        guard posix_spawn(&pid, path, &actions, nil, &words, environ) == 0 else {
            throw Failure(description: "\(path) cannot be run")
        }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let output = (try? String(contentsOf: URL(filePath: files.output), encoding: .utf8)) ?? ""
        guard status == 0 else { throw Failure(description: "\(arguments.joined(separator: " ")): \(output)") }
        return output
    }
}
