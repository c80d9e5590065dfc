/// What one render may still take: time, and memory for what it multiplies.
///
/// A few lines of input can ask for any amount of output: a value that is copied into itself forty times over, a patch of
/// megabytes for every object. So everything that multiplies values asks here first.
final class Budget {
    private let limits: RenderLimits
    private let start = ContinuousClock.now
    private var bytes = 0
    private var left: Int { bytes > limits.outputSize ? -1 : limits.outputSize - bytes }

    init(_ limits: RenderLimits) {
        self.limits = limits
    }

    /// Whether the time is up. Long loops stop on this, and whoever called them then throws ``check(file:)``'s error.
    var isOverdue: Bool { start.duration(to: .now) >= limits.time }

    /// Throws if the time is up.
    func check(file: String = "") throws(KustomizeError) {
        guard isOverdue else { return }
        throw KustomizeError(
            .limitExceeded, file: file,
            "rendering takes longer than \(limits.time.components.seconds) seconds: split the directory")
    }

    /// Takes a value's size off what is left.
    func spend(_ node: Node, file: String = "") throws(KustomizeError) {
        try spend(node.size(upTo: left), file: file)
    }

    /// Takes bytes off what is left; nil is more than there is.
    func spend(_ size: Int?, file: String = "") throws(KustomizeError) {
        guard let size, size <= left else { throw exhausted(file) }
        bytes += size
    }

    /// Takes a value off as ``spend(_:file:)`` does; false, and all is spent, if there is not enough.
    func covers(_ node: Node) -> Bool {
        let size = node.size(upTo: left)
        bytes = size.map { bytes + $0 } ?? .max
        return size != nil
    }

    /// Throws if the time is up, or more was asked for than there was.
    func checkAll(file: String = "") throws(KustomizeError) {
        try check(file: file)
        if bytes > limits.outputSize { throw exhausted(file) }
    }

    private func exhausted(_ file: String) -> KustomizeError {
        bytes = .max
        return KustomizeError(
            .limitExceeded, file: file,
            "the result is larger than \(limits.outputSize) bytes: a patch, replacement or var multiplies a large value"
        )
    }
}

extension Node {
    /// About how many bytes the value takes when it is written; nil if that is more than a bound, which may be negative.
    func size(upTo bound: Int) -> Int? {
        var left = bound
        return subtractSize(from: &left) ? bound - left : nil
    }

    /// What a scalar takes besides its text: a line and its indentation.
    private static let overhead = 16

    private func subtractSize(from left: inout Int) -> Bool {
        left -= Self.overhead
        switch self {
        case .scalar(let scalar): left -= scalar.text.utf8.count
        case .sequence(let elements):
            for element in elements where !element.subtractSize(from: &left) { return false }
        case .mapping(let mapping):
            for entry in mapping.entries {
                left -= entry.key.utf8.count
                guard entry.value.subtractSize(from: &left) else { return false }
            }
        }
        return left >= 0
    }
}
