internal import ArgumentParser
internal import Core
internal import Kustomize

/// Renders directories in this process, as the operator does.
struct Render: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Renders directories, and with --commits again after each of so many changes to one of them.",
        discussion: """
            Prints "cold MILLISECONDS PEAK OUTPUT", the peak in KiB and the output in bytes, and for the commits \
            "commits" with the time that all directories took together after each.
            """)

    @Option(help: "The tree's root.")
    var root: String

    @Option(help: "How many changes of one directory's kustomization.yaml to go through, with a cache.")
    var commits = 0

    @Argument(help: "The directories below the root.")
    var directories: [String]

    func validate() throws {
        guard (0...10_000).contains(commits), !directories.isEmpty else {
            throw ValidationError("name a directory; the commits must lie in 0...10000")
        }
    }

    func run() throws {
        let tree = DirectoryFileTree(root: root)
        var output = 0
        let begin = ContinuousClock.now
        for directory in directories { output += Kustomize.text(of: try Kustomize.build(tree, path: directory)).count }
        let wall = begin.duration(to: .now)
        print("cold \(Int(wall.inSeconds * 1000)) \(peakMemory()) \(output)")
        if commits > 0 { print("commits \(summary(try changes()))") }
    }

    /// How long everything takes after each commit to one directory; nothing is read from disk in that time.
    private func changes() throws -> [Duration] {
        var tree = try memoryTree()
        let cache = RenderCache()
        for directory in directories { _ = try cache.render(tree, path: directory) }
        var durations: [Duration] = []
        for commit in 0..<commits {
            let path = directories[commit % directories.count] + "/kustomization.yaml"
            guard let text = tree[path] else { throw ValidationError("there is no \(path)") }
            tree[path] = text + Array("# commit \(commit)\n".utf8)
            let before = cache.counters.renders
            let begin = ContinuousClock.now
            for directory in directories { _ = try cache.render(tree, path: directory) }
            durations.append(begin.duration(to: .now))
            guard cache.counters.renders == before + 1 else {
                throw ValidationError("a commit rendered more than its directory")
            }
        }
        return durations
    }

    private func memoryTree() throws -> MemoryFileTree {
        let disk = DirectoryFileTree(root: root)
        var tree = MemoryFileTree()
        var pending = [""]
        while let folder = pending.popLast() {
            for entry in try disk.children(of: folder) {
                if entry.kind == .directory {
                    pending.append(entry.path)
                } else {
                    tree[entry.path] = try disk.contents(of: entry)
                }
            }
        }
        return tree
    }
}
