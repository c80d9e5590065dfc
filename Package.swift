// swift-tools-version: 6.2
import PackageDescription

/// One setting for every target: what the compiler can check, it checks.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let log: Target.Dependency = .product(name: "Logging", package: "swift-log")
let metrics: Target.Dependency = .product(name: "Metrics", package: "swift-metrics")
let collections: Target.Dependency = .product(name: "Collections", package: "swift-collections")
let deque: Target.Dependency = .product(name: "DequeModule", package: "swift-collections")
let heap: Target.Dependency = .product(name: "HeapModule", package: "swift-collections")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let hummingbird: Target.Dependency = .product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore: Target.Dependency = .product(name: "HummingbirdCore", package: "hummingbird")
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let arguments: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// A library target; `hack/check` compares its imports with hack/imports.txt.
func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(
    _ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = [], exclude: [String] = []
) -> Target {
    .testTarget(
        name: name, dependencies: dependencies, exclude: exclude, resources: resources, swiftSettings: strict)
}

let package = Package(
    name: "sluice",
    products: [
        .executable(name: "sluice", targets: ["sluice"]),
        .executable(name: "crdgen", targets: ["crdgen"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // System libraries, one module map and one shim each.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "CGit2", pkgConfig: "libgit2", providers: [.apt(["libgit2-dev"])]),
        .systemLibrary(name: "CSSH2", pkgConfig: "libssh2", providers: [.apt(["libssh2-1-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libssl", providers: [.apt(["libssl-dev"])]),

        // Leaves first; every arrow points up this list.
        library("Core", [log, "COpenSSL"]),
        library("KubernetesModel", ["Core"]),
        library("SluiceAPI", ["Core", "KubernetesModel"]),
        library("YAML", ["KubernetesModel", "CYAML"]),
        library("HTTP", ["Core", "CCurl", "COpenSSL"]),
        library("KubernetesClient", ["KubernetesModel", "HTTP", "YAML", log]),
        library("Git", ["Core", "HTTP", "CGit2", "CSSH2", "COpenSSL"]),
        library("Kustomize", ["YAML"]),
        library("Policy", ["Core", "KubernetesModel", "SluiceAPI"]),
        library("Sync", ["KubernetesClient", "SluiceAPI"]),
        library("ControllerRuntime", ["KubernetesClient", metrics, log, deque, heap]),
        library(
            "Controllers",
            [
                "ControllerRuntime", "Git", "Kustomize", "Policy", "Sync", "SluiceAPI", "YAML", metrics,
            ]),
        library("Server", ["Core", log, metrics, lifecycle, hummingbird, hummingbirdCore, nio]),

        .executableTarget(
            name: "sluice",
            dependencies: ["Controllers", "Server", arguments, lifecycle, signals],
            swiftSettings: strict),
        .executableTarget(name: "bench", dependencies: ["KubernetesClient", arguments], swiftSettings: strict),
        .executableTarget(name: "crdgen", dependencies: ["SluiceAPI", "YAML"], swiftSettings: strict),

        // What several test targets share: a scripted server, a clock moved by hand, objects good and bad.
        .target(
            name: "TestSupport", dependencies: ["Core", "HTTP", "SluiceAPI", "YAML"], path: "Tests/Support",
            swiftSettings: strict),
        tests("CoreTests", ["Core"]),
        tests("KubernetesModelTests", ["KubernetesModel"]),
        tests("SluiceAPITests", ["SluiceAPI", "TestSupport", "YAML"]),
        tests("YAMLTests", ["YAML", "KubernetesModel", "Core"], exclude: ["Corpus"]),
        tests("HTTPTests", ["HTTP", "Core"]),
        tests("KubernetesClientTests", ["KubernetesClient", "HTTP", "Core", "TestSupport", log]),
        tests("GitTests", ["Git"]),
        tests("KustomizeTests", ["Kustomize"], exclude: ["Corpus"]),
        tests("PolicyTests", ["Policy", "TestSupport", "YAML"]),
        tests("SyncTests", ["Sync"]),
        tests("SyncIntegrationTests", ["Sync", "YAML"]),
        tests(
            "ControllerRuntimeTests",
            [
                "ControllerRuntime", "KubernetesClient", "HTTP", "TestSupport", log,
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ]),
        tests("EndToEndTests", []),
        tests("ControllersTests", ["Controllers", "TestSupport"]),
        tests("ControllersIntegrationTests", ["Controllers", "TestSupport", log]),
        // Knows the operator only from outside: its process, its objects, its commits.
        tests("OperatorIntegrationTests", []),
        tests("ServerTests", ["Server", log, metrics, lifecycle]),
    ]
)
