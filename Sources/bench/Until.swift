internal import ArgumentParser
internal import Core
internal import KubernetesClient
internal import KubernetesModel

/// Waits for a value of a field and says when it was seen.
struct Until: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Waits until a field of an object has a value.",
        discussion: """
            Prints "watching" when it sees the object, and then the moment at which the value was seen, in \
            microseconds since 1970.
            """)

    @OptionGroup var object: ObjectArguments

    @Option(help: "The value to wait for, as JSON.")
    var value: String

    @Option(help: "The longest to wait, in seconds.")
    var timeout = 60

    func run() async throws {
        let cluster = try Cluster()
        let resource = try await cluster.resource(object.resource)
        let pointer = try object.parsedPointer()
        let wanted = try JSONValue(parsing: value)
        let (now, events) = try await object.watch(cluster, resource)
        print("watching")
        flush()
        let seen = try await within(.seconds(timeout)) {
            if now.json[pointer] == wanted { return SystemClock().now() }
            for try await event in events {
                if case .modified(let now) = event, now.json[pointer] == wanted { return SystemClock().now() }
            }
            throw ValidationError("the watch ended before the value was seen")
        }
        print(seen.microseconds)
    }
}
