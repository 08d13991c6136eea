// swift-tools-version:6.2
import PackageDescription

/// The project's own check treats warnings as errors; whoever builds with a later compiler is not stopped by them.
let strictness: [SwiftSetting] = Context.environment["TURNOUT_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)]

/// Every target of Turnout is compiled with these; Sources/Rollouts/LanguageFeatures.swift fails the build when one is misspelled.
let habits: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .enableUpcomingFeature("InferIsolatedConformances"),
    ] + strictness

let package = Package(
    name: "turnout",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "turnout", targets: ["turnout"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .executableTarget(name: "turnout", dependencies: ["TurnoutCommands"], swiftSettings: habits),
        .target(
            name: "TurnoutCommands",
            dependencies: [
                "Rollouts", "RolloutEngine", "RolloutService", "RolloutStatistics", "SQLiteJournal", "SQLiteState",
                "SimulatedEndpoints", "LocalEndpoints", "AssetFiles", "AzureEndpoints", "KubernetesEndpoints",
                "PlaybookSyntax",
                "PrometheusMetrics", "Support",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: habits),
        .target(
            name: "RolloutService",
            dependencies: [
                "AssetFiles", "PlaybookSyntax", "Programs", "PrometheusMetrics", "RolloutEngine", "RolloutStatistics",
                "Rollouts",
                "SimulatedEndpoints", "Support",
            ],
            swiftSettings: habits),
        .target(
            name: "SQLiteJournal",
            dependencies: [
                "Rollouts", "RolloutEngine", "SQLiteState", "Support",
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: habits),
        .target(
            name: "LocalEndpoints",
            dependencies: [
                "AssetFiles", "AzureEndpoints", "HTTPTransport", "PlaybookSyntax", "Programs", "Rollouts",
                "RolloutEngine",
                "RolloutStatistics", "SimulatedEndpoints", "SQLiteState", "Support",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdTLS", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: habits),
        .target(
            name: "AssetFiles",
            dependencies: ["Rollouts", "Support", .product(name: "Crypto", package: "swift-crypto")],
            swiftSettings: habits),
        .target(
            name: "AzureEndpoints",
            dependencies: [
                "AssetFiles", "HTTPTransport", "PlaybookSyntax", "Programs", "Rollouts", "RolloutEngine", "Support",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: habits),
        .target(
            name: "KubernetesEndpoints",
            dependencies: [
                "HTTPTransport", "PlaybookSyntax", "Programs", "PrometheusMetrics", "Rollouts", "RolloutEngine",
                "Support",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: habits),
        .target(
            name: "PrometheusMetrics",
            dependencies: ["HTTPTransport", "RolloutStatistics", "Rollouts", "RolloutEngine", "Support"],
            swiftSettings: habits),
        .target(
            name: "SimulatedEndpoints",
            dependencies: [
                "PlaybookSyntax", "Rollouts", "RolloutEngine", "SQLiteState", "Support",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: habits),
        .target(
            name: "SQLiteState",
            dependencies: [
                "Support",
                .product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            swiftSettings: habits),
        .target(
            name: "PlaybookSyntax",
            dependencies: ["AssetFiles", "CLibYAML", "Rollouts", "RolloutEngine", "RolloutStatistics", "Support"],
            swiftSettings: habits),
        .target(
            name: "RolloutEngine",
            dependencies: [
                "Rollouts", "RolloutStatistics", "Support", .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: habits),
        .target(
            name: "HTTPTransport",
            dependencies: [
                "Rollouts",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: habits),
        .target(name: "Rollouts", dependencies: ["RolloutStatistics", "Support"], swiftSettings: habits),
        .target(name: "RolloutStatistics", swiftSettings: habits),
        .target(name: "Support", swiftSettings: habits),
        .target(
            name: "Programs",
            dependencies: [
                .product(name: "Subprocess", package: "swift-subprocess"),
                .product(name: "SystemPackage", package: "swift-system"),
            ],
            swiftSettings: habits),
        .systemLibrary(
            name: "CLibYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
        .target(
            name: "RolloutTesting", dependencies: ["PlaybookSyntax", "Rollouts", "RolloutEngine"],
            path: "Tests/RolloutTesting",
            swiftSettings: habits),
        .testTarget(name: "RolloutsTests", dependencies: ["Rollouts", "RolloutTesting"], swiftSettings: habits),
        .testTarget(
            name: "HTTPTransportTests",
            dependencies: [
                "HTTPTransport", "Rollouts",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: habits),
        .testTarget(name: "ProgramsTests", dependencies: ["Programs"], swiftSettings: habits),
        .testTarget(name: "SupportTests", dependencies: ["Support"], swiftSettings: habits),
        .testTarget(name: "RolloutStatisticsTests", dependencies: ["RolloutStatistics"], swiftSettings: habits),
        .testTarget(
            name: "RolloutEngineTests",
            dependencies: ["Rollouts", "RolloutEngine", "RolloutStatistics", "RolloutTesting"],
            swiftSettings: habits),
        .testTarget(
            name: "AzureEndpointsTests",
            dependencies: [
                "AssetFiles", "AzureEndpoints", "HTTPTransport", "Rollouts", "RolloutEngine", "RolloutTesting",
            ],
            swiftSettings: habits),
        .testTarget(
            name: "AssetFilesTests", dependencies: ["AssetFiles", "PlaybookSyntax", "Rollouts"],
            exclude: ["record.py", "recorded.json"], swiftSettings: habits),
        .testTarget(
            name: "KubernetesEndpointsTests",
            dependencies: [
                "HTTPTransport", "KubernetesEndpoints", "PlaybookSyntax", "Rollouts", "RolloutEngine", "RolloutTesting",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: habits),
        .testTarget(
            name: "LocalEndpointsTests",
            dependencies: [
                "AssetFiles", "AzureEndpoints", "LocalEndpoints", "PlaybookSyntax", "Rollouts", "RolloutEngine",
                "SimulatedEndpoints", "SQLiteState", "RolloutTesting",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: habits),
        .testTarget(
            name: "IntegrationTests",
            dependencies: [
                "turnout", "AzureEndpoints", "HTTPTransport", "KubernetesEndpoints", "LocalEndpoints", "PlaybookSyntax",
                "Programs", "PrometheusMetrics", "Rollouts", "RolloutEngine",
                "SimulatedEndpoints", "RolloutTesting",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            exclude: ["azure_sdk_article.py", "azure_sdk_files.py", "loader_oracle.py", "Kubernetes/harness"],
            swiftSettings: habits),
        .testTarget(
            name: "RunnerTests",
            dependencies: [
                "Rollouts", "RolloutEngine", "RolloutStatistics", "SQLiteJournal", "SimulatedEndpoints",
                "RolloutTesting",
            ],
            swiftSettings: habits),
        .testTarget(
            name: "SQLiteJournalTests",
            dependencies: [
                "Rollouts", "RolloutEngine", "SQLiteJournal", "SQLiteState", "RolloutTesting",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            swiftSettings: habits),
        .testTarget(
            name: "SimulatedEndpointsTests",
            dependencies: [
                "PlaybookSyntax", "Rollouts", "RolloutEngine", "SimulatedEndpoints", "SQLiteState", "RolloutTesting",
            ],
            swiftSettings: habits),
        .testTarget(
            name: "PrometheusMetricsTests", dependencies: ["PrometheusMetrics", "Rollouts", "RolloutEngine"],
            swiftSettings: habits),
        .testTarget(
            name: "PlaybookSyntaxTests",
            dependencies: [
                "AssetFiles", "Rollouts", "RolloutEngine", "RolloutStatistics", "PlaybookSyntax", "RolloutTesting",
                "Support",
            ],
            swiftSettings: habits),
        .testTarget(
            name: "RolloutServiceTests",
            dependencies: [
                "KubernetesEndpoints", "LocalEndpoints", "PlaybookSyntax", "RolloutEngine", "RolloutService",
                "RolloutStatistics", "RolloutTesting", "Rollouts", "SimulatedEndpoints", "Support",
            ],
            swiftSettings: habits),
        .testTarget(
            name: "TurnoutCommandsTests",
            dependencies: [
                "AzureEndpoints", "RolloutService", "Support", "Rollouts", "RolloutEngine", "RolloutStatistics",
                "LocalEndpoints",
                "PlaybookSyntax", "SQLiteJournal", "SQLiteState", "SimulatedEndpoints", "TurnoutCommands",
                "RolloutTesting", "KubernetesEndpoints",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            exclude: ["Snapshots"],
            swiftSettings: habits),
    ]
)

// The gate beside its peers, for Tests/Benchmarks/analysis.
if Context.environment["TURNOUT_BENCHMARKS"] != nil {
    package.targets.append(
        .executableTarget(
            name: "AnalysisBenchmark",
            dependencies: ["RolloutStatistics", "RolloutEngine", "Rollouts", "SimulatedEndpoints"],
            path: "Tests/Benchmarks/analysis/Benchmark", swiftSettings: habits))
}
