import ArgumentParser
import Controllers
import HTTP
import Kustomize

/// What kustomizations may name beside the tree that they are in.
struct RemoteBaseFlags: ParsableArguments {
    @Option(
        name: .customLong("remote-base"),
        help: ArgumentHelp(
            """
            Read bases of this Git server, organisation or repository (github.com/acme, for example), each at a commit \
            that its ref names in full; may be given several times. Without it there are none.
            """, valueName: "host/path"))
    var prefixes: [String] = []

    func allowed() throws -> RemoteAllowList {
        do throws(KustomizeError) {
            return try RemoteAllowList(prefixes)
        } catch {
            throw Failure.usage("--remote-base: \(error.problem)")
        }
    }

    /// Does something with the bases; what is fetched for it is gone afterwards.
    func withBases<R>(_ body: (RemoteBaseStore) async throws -> R) async throws -> R {
        try await TemporaryMirror.withBases(try allowed(), transport: try CurlTransport(), body)
    }
}
