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
let hummingbirdTLS: Target.Dependency = .product(name: "HummingbirdTLS", package: "hummingbird")
let nio: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioHTTP: Target.Dependency = .product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let nioTLS: Target.Dependency = .product(name: "NIOSSL", package: "swift-nio-ssl")
let x509: Target.Dependency = .product(name: "X509", package: "swift-certificates")
let asn1: Target.Dependency = .product(name: "SwiftASN1", package: "swift-asn1")
let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
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
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.34.1"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
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
        library("Forge", ["Core", "HTTP", "KubernetesModel"]),
        library("Notifications", ["Core", "HTTP", "KubernetesModel", "SluiceAPI"]),
        library("Kustomize", ["YAML"]),
        library("Policy", ["Core", "KubernetesModel", "SluiceAPI"]),
        library("Admission", ["Core", "KubernetesModel", "SluiceAPI", "Policy"]),
        library("Certificates", ["Core", x509, asn1, crypto]),
        library("Migration", ["Core", "KubernetesModel", "SluiceAPI", "Policy"]),
        library("Sync", ["KubernetesClient", "SluiceAPI"]),
        library("ControllerRuntime", ["KubernetesClient", metrics, log, deque, heap]),
        library(
            "Controllers",
            [
                "Admission", "Certificates", "ControllerRuntime", "Forge", "Git", "Kustomize", "Notifications",
                "Policy",
                "Sync", "SluiceAPI", "YAML", metrics,
            ]),
        library(
            "Server",
            [
                "Core", "SluiceAPI", "KubernetesModel", log, metrics, lifecycle, hummingbird, hummingbirdCore,
                hummingbirdTLS, nio, nioHTTP, nioTLS,
            ]),

        .executableTarget(
            name: "sluice",
            dependencies: ["Certificates", "Controllers", "Migration", "Server", arguments, lifecycle, signals],
            swiftSettings: strict),
        .executableTarget(
            name: "bench", dependencies: ["Git", "KubernetesClient", "Kustomize", "Policy", "YAML", arguments],
            swiftSettings: strict),
        .executableTarget(name: "fuzz", dependencies: ["Kustomize", "YAML"], swiftSettings: strict),
        .executableTarget(name: "crdgen", dependencies: ["SluiceAPI", "YAML"], swiftSettings: strict),

        // What several test targets share: a scripted server, a clock moved by hand, objects good and bad.
        .target(
            name: "TestSupport", dependencies: ["Core", "HTTP", "SluiceAPI", "YAML"], path: "Tests/Support",
            swiftSettings: strict),
        tests("CoreTests", ["Core", log]),
        tests("KubernetesModelTests", ["KubernetesModel"]),
        tests("SluiceAPITests", ["SluiceAPI", "TestSupport", "YAML"]),
        tests("YAMLTests", ["YAML", "KubernetesModel", "Core"], exclude: ["Corpus"]),
        tests("HTTPTests", ["HTTP", "Core"]),
        tests("KubernetesClientTests", ["KubernetesClient", "HTTP", "Core", "TestSupport", log]),
        tests("GitTests", ["Git"]),
        tests("ForgeTests", ["Forge", "TestSupport"]),
        tests("NotificationsTests", ["Notifications", "Core", "HTTP", "KubernetesModel", "SluiceAPI", "TestSupport"]),
        tests("KustomizeTests", ["Kustomize"], exclude: ["Corpus"]),
        tests("PolicyTests", ["Policy", "TestSupport", "YAML"]),
        tests("AdmissionTests", ["Admission", "Policy", "SluiceAPI", "KubernetesModel", "Core"]),
        tests("CertificatesTests", ["Certificates", "Core", x509, asn1, crypto]),
        tests("MigrationTests", ["Migration", "YAML", "Policy"], exclude: ["Corpus"]),
        tests("SyncTests", ["Sync", "TestSupport"]),
        tests("SyncIntegrationTests", ["Sync", "YAML", "TestSupport"]),
        tests(
            "ControllerRuntimeTests",
            [
                "ControllerRuntime", "KubernetesClient", "HTTP", "TestSupport", log,
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ]),
        tests("EndToEndTests", []),
        tests(
            "ControllersTests",
            ["Controllers", "TestSupport", log, .product(name: "MetricsTestKit", package: "swift-metrics")]),
        tests("ControllersIntegrationTests", ["Controllers", "TestSupport", log]),
        // Knows the operator only from outside: its process, its objects, its commits. Where time matters, it runs in the
        // tests' own process, for only there can a clock be injected.
        tests(
            "OperatorIntegrationTests", ["Controllers", "Server", "TestSupport", log],
            exclude: ["forge.py", "gauge.py", "receiver.py"]),
        tests(
            "ServerTests",
            ["Server", "SluiceAPI", "Certificates", "Core", "HTTP", "TestSupport", log, metrics, lifecycle]),
    ]
)
