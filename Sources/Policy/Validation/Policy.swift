package import KubernetesModel
package import SluiceAPI

/// What a schema cannot say about the three resources. The operator, the admission webhook and `sluice validate` ask here.
package enum Policy {
    /// Everything that is wrong with a manifest of one of the three kinds: schema first, and if that is in order what
    /// lies beyond it. A manifest of another kind gives one error.
    ///
    /// - Parameter strict: Whether unknown fields are errors.
    package static func validate(
        manifest: Manifest, strict: Bool, zones: ZoneDatabase = .system
    ) -> [FieldError] {
        guard let schema = SluiceAPI.schema(of: manifest.gvk) else {
            return [FieldError("kind", "must be Environment, Promotion or Rollback of \(SluiceGroup.apiVersion)")]
        }
        let filled = schema.applyingDefaults(to: manifest.json)
        let errors = name(of: manifest) + schema.validate(filled, strict: strict)
        if !errors.isEmpty { return errors }
        do throws(FieldError) {
            switch manifest.gvk {
            case Environment.gvk: return validate(try Environment(manifest: manifest), zones: zones)
            case Promotion.gvk: return validate(try Promotion(manifest: manifest))
            default: return validate(try Rollback(manifest: manifest))
            }
        } catch {
            return [error]
        }
    }

    /// The schema leaves metadata to the server, which takes only names by RFC 1123, or makes one itself.
    private static func name(of manifest: Manifest) -> [FieldError] {
        guard manifest.json["metadata"]?["generateName"] == nil || !manifest.name.isEmpty else { return [] }
        return Schema.objectName.validate(.string(manifest.name), at: FieldPath("metadata") / "name", strict: true)
    }

    /// What is wrong with an environment beyond its schema.
    package static func validate(_ environment: Environment, zones: ZoneDatabase = .system) -> [FieldError] {
        var rules = EnvironmentRules(environment)
        rules.run()
        return rules.check.errors + WindowCalendar.errors(in: environment.spec.windows, zones: zones)
    }

    /// What is wrong with a promotion beyond its schema.
    package static func validate(_ promotion: Promotion) -> [FieldError] {
        var check = RuleCheck()
        let spec = promotion.spec
        let path = FieldPath("spec") / "items"
        for (index, item) in spec.items.enumerated() {
            check.item(item, in: spec.environment, path[index])
        }
        return check.errors
    }

    /// What is wrong with a rollback beyond its schema.
    package static func validate(_ rollback: Rollback) -> [FieldError] {
        var check = RuleCheck()
        let target = rollback.spec.target
        let given = [!target.promotion.isEmpty, !target.commit.isEmpty, target.lastHealthy, target.steps > 0]
        check.require(
            given.count { $0 } == 1, FieldPath("spec") / "target",
            "say exactly one of promotion, commit, lastHealthy and steps")
        return check.errors
    }

    /// The fields of a promotion that may not change and did: all but approvals, override, abort and attempt.
    package static func changes(from old: PromotionSpec, to new: PromotionSpec) -> [FieldError] {
        var allowed = new
        allowed.approvals = old.approvals
        allowed.override = old.override
        allowed.abort = old.abort
        allowed.attempt = old.attempt
        return differences(from: old, to: allowed)
    }

    /// The fields of a rollback that may not change and did: all but approvals, override, attempt and release.
    package static func changes(from old: RollbackSpec, to new: RollbackSpec) -> [FieldError] {
        var allowed = new
        allowed.approvals = old.approvals
        allowed.override = old.override
        allowed.attempt = old.attempt
        allowed.release = old.release
        return differences(from: old, to: allowed)
    }

    private static func differences<T: Codable & Equatable>(from old: T, to new: T) -> [FieldError] {
        guard old != new else { return [] }
        let encoder = JSONValueEncoder()
        let before = (try? encoder.encode(old))?.objectValue ?? JSONObject()
        let after = (try? encoder.encode(new))?.objectValue ?? JSONObject()
        return Set(before.keys + after.keys).sorted().filter { before[$0] != after[$0] }
            .map { FieldError("spec.\($0)", "cannot be changed; make a new object") }
    }
}

/// Collects the errors of rules.
struct RuleCheck {
    private(set) var errors: [FieldError] = []

    mutating func require(_ condition: Bool, _ path: FieldPath, _ detail: String) {
        if !condition { errors.append(FieldError(path.description, detail)) }
    }

    /// A path within a repository: relative, and never upwards.
    mutating func relative(_ text: String, _ path: FieldPath) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        require(!text.hasPrefix("/") && !parts.contains(".."), path, "must be a path within the repository, without ..")
    }

    mutating func item(_ item: PromotionSpec.Item, in environment: String, _ path: FieldPath) {
        require(
            item.app.isEmpty != item.apps.isEmpty, path, "name the app in app or several in apps, and not both")
        let ways = [item.image != nil, !item.fromEnvironment.isEmpty, item.path != nil]
        require(ways.count { $0 } == 1, path, "say exactly one of image, fromEnvironment and path")
        if let image = item.image { self.image(image, path / "image") }
        require(
            item.fromEnvironment != environment, path / "fromEnvironment",
            "must be another environment than the one that is promoted into")
        guard let copy = item.path else { return }
        require(
            copy.from != environment, path / "path" / "from",
            "must be another environment than the one that is promoted into")
        for (index, text) in copy.include.enumerated() { relative(text, (path / "path" / "include")[index]) }
        for (index, text) in copy.exclude.enumerated() { relative(text, (path / "path" / "exclude")[index]) }
    }

    mutating func image(_ image: ImageOverride, _ path: FieldPath) {
        require(
            !image.newName.isEmpty || !image.newTag.isEmpty || !image.digest.isEmpty, path,
            "say at least one of newName, newTag and digest")
    }
}
