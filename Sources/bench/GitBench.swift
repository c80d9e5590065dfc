internal import ArgumentParser
internal import Core
internal import FoundationEssentials
internal import Git
internal import Glibc
internal import HTTP
internal import YAML

/// Measures the Git library beside the `git` command, against the same server and in turns.
struct GitBench: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "git", abstract: "Fetches new commits, and edits, commits and pushes, beside the git command.",
        discussion: """
            Prints for each measure "NAME OURS GIT", the medians in milliseconds, and at last our peak of resident \
            memory as "memory MIB". The server is that of SLUICE_GIT_URL.
            """)

    @Option(help: "The repository's path on the server.")
    var path: String

    @Option(help: "An empty folder to work in.")
    var folder: String

    @Option(help: "How often each is done.")
    var rounds = 10

    /// The file whose image is set.
    private static let file = "apps/web/overlays/production/kustomization.yaml"

    func validate() throws {
        guard (1...1000).contains(rounds) else { throw ValidationError("the rounds must lie in 1...1000") }
    }

    func run() async throws {
        let shell = try Shell(folder: folder)
        let remote = shell.remote(path)
        let repository = GitRepository(
            url: try GitURL(shell.variable("SLUICE_GIT_URL") + path), credentials: shell.credentials,
            directory: folder + "/mirror", transport: try CurlTransport(), clock: SystemClock())
        let clone = (
            ours: try await timed { _ = try await repository.fetch(.branch("main")) },
            git: try shell.timed("git clone -q --mirror \(remote) clone.git")
        )
        print("clone \(decimal(clone.ours)) \(decimal(clone.git))")
        try shell.run("git clone -q \(remote) work")
        flush()
        var fetches = Series()
        var pushes = Series()
        for round in 1...rounds {
            try shell.run("git -C work pull -q && echo \(round) >work/news && git -C work add news && \(Self.land)")
            try await fetches.add(
                isEven: round.isMultiple(of: 2),
                ours: { try await timed { _ = try await repository.fetch(.branch("main")) } },
                git: { try shell.timed("git -C clone.git fetch -q origin +refs/heads/main:refs/heads/main") })
            try await pushes.add(
                isEven: round.isMultiple(of: 2),
                ours: {
                    let base = try await repository.fetch(.branch("main")).commit
                    return try await timed { try await promote(repository, base, to: "s\(round)") }
                },
                git: {
                    try shell.run("git -C work pull -q")
                    return try shell.timed(
                        "sed -i 's/newTag: .*/newTag: g\(round)/' work/\(Self.file) && "
                            + "git -C work commit -qam 'promote g\(round)' && git -C work push -q origin HEAD:main")
                })
        }
        print("fetch \(fetches.medians)")
        print("push \(pushes.medians)")
        print("memory \(try Shell.peakMebibytes())")
    }

    /// A commit that comes from elsewhere.
    private static let land = "git -C work commit -qm news && git -C work push -q origin HEAD:main"

    /// What a promotion does to a repository: its edit, its commit and its push, on the branch as it is known.
    private func promote(_ repository: GitRepository, _ base: CommitID, to tag: String) async throws {
        let file = Self.file
        let edited = try await repository.withTree(of: base) { tree in
            try KustomizationEdit.setImages(
                in: try tree.read(file), [ImageEdit(name: "company/web", newTag: tag)], file: file)
        }
        let commit = try await repository.commit(
            onto: base, edits: [file: .write(edited)], message: "promote \(tag)\n",
            author: CommitAuthor(name: "bench", email: "bench@example.com"))
        try await repository.push(commit, to: "main", expecting: base)
    }
}

/// Times of both sides, in milliseconds.
private struct Series {
    private var ours: [Double] = []
    private var git: [Double] = []

    /// Measures both sides, each first in turn.
    mutating func add(
        isEven: Bool, ours measure: () async throws -> Double, git other: () throws -> Double
    ) async throws {
        if isEven { git.append(try other()) }
        ours.append(try await measure())
        if !isEven { git.append(try other()) }
    }

    var medians: String { "\(decimal(Self.median(ours))) \(decimal(Self.median(git)))" }

    private static func median(_ values: [Double]) -> Double {
        values.isEmpty ? 0 : values.sorted()[(values.count - 1) / 2]
    }
}

/// How long something takes, in milliseconds.
private func timed(_ body: () async throws -> Void) async throws -> Double {
    let begin = ContinuousClock.now
    try await body()
    return begin.duration(to: .now).inSeconds * 1000
}

/// Runs commands in a folder, and knows the Git server of the environment.
private struct Shell {
    private let folder: String

    init(folder: String) throws {
        self.folder = folder
        for name in ["SLUICE_GIT_URL", "SLUICE_GIT_USERNAME", "SLUICE_GIT_PASSWORD"] where getenv(name) == nil {
            throw ValidationError("\(name) is not set: eval \"$(hack/git-server env)\"")
        }
        for (key, value) in ["NAME": "bench", "EMAIL": "bench@example.com"] {
            setenv("GIT_AUTHOR_\(key)", value, 1)
            setenv("GIT_COMMITTER_\(key)", value, 1)
        }
    }

    func variable(_ name: String) -> String { getenv(name).map { String(cString: $0) } ?? "" }

    var credentials: GitCredentials {
        GitCredentials(
            .basic(username: variable("SLUICE_GIT_USERNAME"), password: variable("SLUICE_GIT_PASSWORD")))
    }

    /// A repository's address for the git command, which has no other place for a password here.
    func remote(_ path: String) -> String {
        let scheme = "http://"
        let rest = variable("SLUICE_GIT_URL").dropFirst(scheme.count)
        return "\(scheme)\(variable("SLUICE_GIT_USERNAME")):\(variable("SLUICE_GIT_PASSWORD"))@\(rest)\(path)"
    }

    func run(_ command: String) throws {
        let script = ["/bin/sh", "-ec", "cd \"$0\"; \(command)", folder]
        var words: [UnsafeMutablePointer<CChar>?] = script.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid = pid_t()
        var status: Int32 = 0
        guard posix_spawn(&pid, "/bin/sh", nil, nil, &words, environ) == 0 else {
            throw ValidationError("a shell cannot be started")
        }
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        guard status == 0 else { throw ValidationError("status \(status) of: \(command)") }
    }

    func timed(_ command: String) throws -> Double {
        let begin = ContinuousClock.now
        try run(command)
        return begin.duration(to: .now).inSeconds * 1000
    }

    /// The most memory that this process had resident so far.
    static func peakMebibytes() throws -> Int {
        let status = String(decoding: try Data(contentsOf: URL(fileURLWithPath: "/proc/self/status")), as: UTF8.self)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") } ?? ""
        return (Int(line.filter(\.isNumber)) ?? 0) / 1024
    }
}
