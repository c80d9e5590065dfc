internal import Core
internal import Glibc
internal import Kustomize

/// Feeds the readers and the renderer with input that is nearly right, and dies where they trap, hang or grow beyond
/// bounds; `hack/fuzz` builds it with the address sanitizer and runs it.
///
///     fuzz CORPUS STATE [SECONDS [SEED [COUNT]]]
///
/// CORPUS is the folder of cases that trees are taken from. STATE is a file that holds the seed that is under way.
@main
struct Fuzz {
    /// How long one input may take, and what it may make of memory, before that is a fault.
    private static let hang: UInt32 = 30
    private static let peak = 3 << 20

    static func main() {
        let arguments = CommandLine.arguments.dropFirst().map { $0 }
        guard arguments.count >= 2 else { end("usage: fuzz CORPUS STATE [SECONDS [SEED [COUNT]]]") }
        let numbers = arguments.dropFirst(2).map { UInt64($0) ?? 0 }
        let seconds = numbers.first ?? 60
        let first = numbers.dropFirst().first ?? 1
        let count = numbers.dropFirst(2).first ?? .max
        let seeds = SeedTrees(corpus: arguments[0])
        guard !seeds.trees.isEmpty else { end("there are no cases in \(arguments[0])") }
        let state = open(arguments[1], O_WRONLY | O_CREAT, 0o644)
        guard state >= 0 else { end("\(arguments[1]) cannot be written") }
        run(seeds, state, .seconds(Int64(clamping: seconds)), first, count)
    }

    private static func run(_ seeds: SeedTrees, _ state: Int32, _ time: Duration, _ first: UInt64, _ count: UInt64) {
        let begin = ContinuousClock.now
        var tally = Tally()
        var slowest = (duration: Duration.zero, seed: UInt64(0))
        var seed = first
        while tally.inputs < count, begin.duration(to: .now) < time {
            note(seed, state)
            alarm(hang)
            let start = ContinuousClock.now
            Trial(seed: seed, seeds: seeds).run(&tally)
            let duration = start.duration(to: .now)
            if duration > slowest.duration { slowest = (duration, seed) }
            if tally.inputs % 256 == 0, peakMemory() > peak {
                end("memory grew to \(peakMemory()) KiB by seed \(seed)")
            }
            seed += 1
        }
        alarm(0)
        print(
            "\(tally.inputs) inputs: \(tally.rendered) rendered, \(tally.refused) refused; seeds \(first) to \(seed - 1)"
        )
        print("the slowest took \(slowest.duration) (seed \(slowest.seed)); peak memory \(peakMemory()) KiB")
    }

    /// Keeps the seed where it outlives this process.
    private static func note(_ seed: UInt64, _ state: Int32) {
        let text = Array(("\(seed)" + String(repeating: " ", count: 20)).utf8.prefix(20)) + [0x0A]
        _ = pwrite(state, text, text.count, 0)
    }

    static func peakMemory() -> Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss
    }

    /// Says what is wrong, and ends with a failure.
    static func end(_ text: String) -> Never {
        let line = Array((text + "\n").utf8)
        _ = write(2, line, line.count)
        exit(1)
    }
}

/// What became of the inputs.
struct Tally {
    var inputs: UInt64 = 0
    var rendered = 0
    var refused = 0
}
