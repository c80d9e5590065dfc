import Core
import Dispatch
import FoundationEssentials
import HTTP
import Testing

@testable import Git

/// Many who push to one branch at the same time: nothing is lost, and nothing is done twice.
@Suite(
    .serialized, .enabled(if: SmartServer.isInstalled, "nginx, fcgiwrap and git are needed: run hack/bootstrap"),
    .withSmartServer
)
struct CrowdIntegrationTests {
    /// Replicas, each with a transport and mirrors of its own, as separate processes would have.
    private static let replicas = 3
    private static let writersPerReplica = 4
    private static let people = 8
    private static let changes = 3
    /// More tries than the losers of every round could need.
    private static let tries = 400

    /// One change by the library: plan on what is there, and plan again when somebody was faster.
    private func change(_ mirror: GitRepository, _ name: String) async throws -> Int {
        for attempt in 1...Self.tries {
            let base = try await mirror.fetch(.branch("main")).commit
            let shared = try await mirror.withTree(of: base) { try $0.read("shared") }
            let commit = try await mirror.commit(
                onto: base,
                edits: ["by/\(name)": .write(Array(name.utf8)), "shared": .write(shared + Array("\(name)\n".utf8))],
                message: "Change \(name)\n\nChange: \(name)\n", author: author)
            do throws(GitError) {
                try await mirror.push(commit, to: "main", expecting: base)
                return attempt
            } catch {
                guard error.code == .pushRejected else { throw error }
                try? await Task.sleep(for: .milliseconds(Int.random(in: 10...150)))
            }
        }
        throw CommandFailed(description: "\(name) never got through")
    }

    @Test func `of twenty writers every change lands exactly once`() async throws {
        let server = try #require(SmartServer.current)
        let (disk, path) = try server.repository("crowd-of-twenty")
        let fixture = try GitFixture()
        try fixture.commit(["shared": "begin\n"])
        try fixture.git("push", "-q", disk, "HEAD:refs/heads/main")
        var names: Set<String> = []
        let url = server.url + path
        let remote = "http://git:\(server.password)@" + url.dropFirst("http://".count)
        let attempts = try await withThrowingTaskGroup(of: Int.self) { group in
            for replica in 0..<Self.replicas {
                let repositories = GitRepositories(
                    directory: fixture.folder / "replica-\(replica)", transport: try CurlTransport(),
                    clock: SystemClock())
                for writer in 0..<Self.writersPerReplica {
                    // The writers of a replica share its mirror, as environments of one repository do.
                    let mirror = try repositories.repository(url, credentials: server.credentials)
                    let mine = (0..<Self.changes).map { "r\(replica)-w\(writer)-\($0)" }
                    names.formUnion(mine)
                    group.addTask {
                        var tries = 0
                        for name in mine { tries += try await change(mirror, name) }
                        return tries
                    }
                }
            }
            for person in 0..<Self.people {
                let clone = fixture.folder / "person-\(person)"
                let mine = (0..<Self.changes).map { "person\(person)-\($0)" }
                names.formUnion(mine)
                group.addTask { try await onThread { try changeByHand(clone, remote, mine) } }
            }
            return try await group.reduce(0, +)
        }
        let log = try run(["git", "log", "--format=%(trailers:key=Change,valueonly,separator=)", "main"], in: disk)
        let landed = log.split(separator: "\n").map(String.init)
        print(
            "\(names.count) changes by \(Self.replicas * Self.writersPerReplica + Self.people) writers in \(attempts) tries"
        )
        #expect(landed.count == names.count)
        #expect(Set(landed) == names)
        // Nobody's content was overwritten: everybody's line and file is there, once.
        let shared = try run(["git", "show", "main:shared"], in: disk).split(separator: "\n").dropFirst().map(
            String.init)
        #expect(shared.count == names.count)
        #expect(Set(shared) == names)
        let files = try run(["git", "ls-tree", "--name-only", "main:by"], in: disk).split(separator: "\n")
        #expect(files.count == names.count)
        // One line of history, which still begins where it began.
        #expect(try run(["git", "rev-list", "--count", "main"], in: disk) == "\(names.count + 1)")
        #expect(try run(["git", "rev-list", "--min-parents=2", "--count", "main"], in: disk) == "0")
        #expect(try run(["git", "fsck", "--strict", "--full", "--no-dangling"], in: disk) == "")
    }
}

/// What a person does with plain git: commit, and when somebody was faster, take theirs and do it again.
private func changeByHand(_ clone: String, _ remote: String, _ names: [String]) throws -> Int {
    let script = """
        set -e
        git clone -q "$0" . ; tries=0
        for name in "$@"; do
          while :; do
            tries=$((tries + 1)); [ $tries -lt 1000 ]
            git fetch -q origin main; git reset -q --hard FETCH_HEAD
            mkdir -p by; printf %s "$name" >by/"$name"; echo "$name" >>shared
            git add -A; git commit -q -m "Change $name" -m "Change: $name"
            if git push -q origin HEAD:main 2>/dev/null; then break; fi
            sleep 0.0$((tries % 10))
          done
        done
        echo $tries
        """
    try FileManager.default.createDirectory(atPath: clone, withIntermediateDirectories: true)
    let output = try run(["sh", "-c", script, remote] + names, in: clone)
    return Int(output.split(separator: "\n").last ?? "") ?? 0
}

/// Runs something that blocks on a thread of its own, off the pool that the library's callers share.
private func onThread<R: Sendable>(_ body: @escaping @Sendable () throws -> R) async throws -> R {
    try await withCheckedThrowingContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(with: Result(catching: body)) }
    }
}
