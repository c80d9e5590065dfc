internal import ArgumentParser
internal import Core
internal import KubernetesClient
internal import KubernetesModel

/// From a change by hand to its undoing, seen through a watch.
struct Heal: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Changes a field of an object, waits until the operator restores it, and does so several times.",
        discussion: "A # in the name stands for the number of the time, so that each time another object is changed.")

    @OptionGroup var object: ObjectArguments

    @Option(help: "What the field is changed to, as JSON.")
    var value: String

    @Option(help: "How often.")
    var times = 20

    @Option(help: "The longest that one may take, in seconds.")
    var timeout = 30

    func run() async throws {
        let cluster = try Cluster()
        let resource = try await cluster.resource(object.resource)
        let pointer = try object.parsedPointer()
        let wrong = try JSONValue(parsing: value)
        var durations: [Duration] = []
        for number in 1...max(times, 1) {
            durations.append(try await once(cluster, resource, pointer, wrong, number))
            // The operator may still be reading its own write; a person would not be faster either.
            try await Task.sleep(for: .milliseconds(200))
        }
        print("drift to healed: \(summary(durations))")
    }

    private func once(
        _ cluster: Cluster, _ resource: APIResource, _ pointer: JSONPointer, _ wrong: JSONValue, _ number: Int
    ) async throws -> Duration {
        var object = object
        object.name = object.name.replacing("#", with: String(number))
        let (before, events) = try await object.watch(cluster, resource)
        guard let right = before.json[pointer], right != wrong else {
            throw ValidationError("the field must be there and have another value")
        }
        let patch = pointer.tokens.reversed().reduce(wrong) { value, token in
            .object(JSONObject([(token, value)]))
        }
        let begin = ContinuousClock.now
        _ = try await cluster.client.patch(
            resource, namespace: object.namespace, name: object.name, .merge(patch),
            options: WriteOptions(fieldManager: "kubectl-edit"))
        return try await within(.seconds(timeout)) {
            var drifted = false
            for try await event in events {
                guard case .modified(let now) = event else { continue }
                if now.json[pointer] == wrong { drifted = true }
                if drifted, now.json[pointer] == right { return begin.duration(to: .now) }
            }
            throw ValidationError("the watch ended before the field was restored")
        }
    }
}

/// The result of `body`, or an error when it takes too long.
func within<T: Sendable>(_ limit: Duration, _ body: @escaping @Sendable () async throws -> T) async throws -> T {
    try await withThrowingTaskGroup(of: T.self) { group in
        group.addTask { try await body() }
        group.addTask {
            try await Task.sleep(for: limit)
            throw ValidationError("not within \(limit)")
        }
        defer { group.cancelAll() }
        guard let first = try await group.next() else { throw CancellationError() }
        return first
    }
}
