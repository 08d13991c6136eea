internal import AzureEndpoints
internal import HTTPTypes
internal import Hummingbird
internal import Rollouts

/// Routes for code, models, environments and data: versions are registered once and then read.
struct AssetRoutes: Sendable {
    let plane: ControlPlane

    func add(to routes: inout RouteTable) {
        for kind in AssetKind.allCases { add(kind, to: &routes) }
        let (blobs, now) = (plane.blobs, plane.now)
        let upload = ControlPlane.workspace + "/codes/{name}/versions/{version}/startPendingUpload"
        routes.on(.post, upload) { request in
            // Each upload has a separate container, so that it cannot contain files of another upload.
            let container = "upload-" + Secrets.identifier()
            let address = "\(request.origin)/\(BlobRoutes.store)/\(container)"
            let answer: Value = [
                "pendingUploadId": .string(container), "pendingUploadType": "TemporaryBlobReference",
                "blobReferenceForConsumption": [
                    "blobUri": .string(address),
                    "credential": [
                        "credentialType": "SAS",
                        "sasUri": .string(address + "?" + blobs.signature(of: container, now: now())),
                    ],
                ],
            ]
            return try .json(answer, headers: [.cacheControl: "no-store"])
        }
    }

    private func add(_ kind: AssetKind, to routes: inout RouteTable) {
        let (store, now) = (plane.store, plane.now)
        let all = ControlPlane.workspace + "/" + kind.rawValue
        let versions = all + "/{name}/versions"
        routes.on(.get, all) { request in
            try .json(ListResponse(try store.latest(kind).map { Self.container($0, request) }))
        }
        routes.on(.get, all + "/{name}") { request in
            guard let latest = try store.latest(kind, request.parameter("name")) else {
                throw Self.missing(kind, request)
            }
            return try .json(Self.container(latest, request))
        }
        routes.on(.get, versions) { request in
            let found = try store.versions(kind, request.parameter("name"), hash: request.query["hash"])
            let limit = try request.number("$top") ?? found.count
            return try .json(ListResponse(found.prefix(max(limit, 0)).map { Self.answer($0, request) }))
        }
        routes.on(.get, versions + "/{version}") { request in
            guard let asset = try store.asset(kind, request.parameter("name"), request.parameter("version")) else {
                throw Self.missing(kind, request)
            }
            return try .json(Self.answer(asset, request))
        }
        routes.on(.put, versions + "/{version}") { request in
            let body = try await request.json(AssetBody.self)
            guard case .mapping = body.properties else {
                throw ControlError.badArgument("properties must be an object", target: "properties")
            }
            let (name, version) = (request.parameter("name"), request.parameter("version"))
            guard !name.isEmpty, name.utf8.count <= 255, version.utf8.count <= 255 else {
                throw ControlError.badArgument("an asset's name and version must have 1 to 255 characters each")
            }
            let present = try store.asset(kind, name, version)
            let asset = AssetRecord(
                kind: kind, name: present?.name ?? name, version: version, properties: body.properties,
                created: present?.created ?? now(), modified: now())
            if let present, let member = present.contentDifference(from: asset) {
                throw ControlError(
                    .conflict, "UserError",
                    "\(kind.rawValue)/\(name)/versions/\(version) is already registered, and its \(member) cannot be "
                        + "changed: register a new version")
            }
            try store.keep(asset)
            return try .json(Self.answer(asset, request), status: present == nil ? .created : .ok)
        }
    }

    private struct AssetBody: Decodable {
        var properties: Value
    }

    private static func missing(_ kind: AssetKind, _ request: ControlRequest) -> ControlError {
        let version = request.parameter("version")
        return .notFound(
            "\(kind.rawValue)/\(request.parameter("name"))\(version.isEmpty ? "" : "/versions/\(version)") is not registered in "
                + "this workspace")
    }

    private static func answer(_ asset: AssetRecord, _ request: ControlRequest) -> Value {
        var members: [String: Value] = [:]
        if case .mapping(let kept) = asset.properties { members = kept }
        // Clients of models read these members without checking that they exist.
        if asset.kind == .models { members["flavors"] = members["flavors"].flatMap { $0 == .null ? nil : $0 } ?? [:] }
        for key in ["tags", "properties"] where members[key] == nil || members[key] == .null { members[key] = [:] }
        members["provisioningState"] = "Succeeded"
        return [
            "id": .string(request.workspace.asset(asset.kind.rawValue, name: asset.name, version: asset.version)),
            "name": .string(asset.version), "type": .string(asset.kind.typeName), "properties": .mapping(members),
            "systemData": systemData(asset),
        ]
    }

    private static func container(_ latest: AssetRecord, _ request: ControlRequest) -> Value {
        [
            "id": .string(ResourcePath(request.workspace, latest.kind.rawValue, latest.name).description),
            "name": .string(latest.name),
            "type": .string("Microsoft.MachineLearningServices/workspaces/\(latest.kind.rawValue)"),
            "properties": [
                "latestVersion": .string(latest.version),
                "nextVersion": .string(Int(latest.version).map { String($0 &+ 1) } ?? "1"), "isArchived": false,
                "tags": [:], "properties": [:], "provisioningState": "Succeeded",
            ],
            "systemData": systemData(latest),
        ]
    }

    private static func systemData(_ asset: AssetRecord) -> Value {
        [
            "createdBy": "turnout", "createdByType": "User", "createdAt": .string(asset.created.description),
            "lastModifiedAt": .string(asset.modified.description),
        ]
    }
}
