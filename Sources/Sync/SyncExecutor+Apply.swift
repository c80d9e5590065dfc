internal import KubernetesClient
internal import KubernetesModel

extension SyncExecutor {
    func verify(_ object: DesiredObject, applies: Bool, known: Fingerprint?) async throws(SyncError) -> Result {
        var fingerprint = known
        if fingerprint == nil {
            do throws(SyncError) {
                fingerprint = try await dryRun(object)
            } catch {
                guard error.code == .immutableField, applies, mayReplace(object) else { throw error }
            }
        }
        if let fingerprint {
            let stands = index.record(object.key, object.gvk)?.fingerprint == fingerprint
            if stands || !applies {
                // What is only reported is not asked about again until it changes.
                index.setExpected([
                    object.key: ExpectedState(digest: object.digest, fingerprint: fingerprint, wasSeen: stands)
                ])
            }
            if stands { return Result() }
        }
        guard applies else { return Result() }
        return try await apply(object, .changed, explains: false)
    }

    func createIfAbsent(_ object: DesiredObject) async throws(SyncError) -> Result {
        guard try await read(object) == nil else { return Result() }
        return try await apply(object, .missing, explains: false)
    }

    func apply(_ object: DesiredObject, _ reason: ApplyReason, explains: Bool) async throws(SyncError) -> Result {
        var result = Result()
        let record = index.record(object.key, object.gvk)
        let needsRelease = record?.ownsIgnored ?? (object.ignore != nil)
        var ignored = record?.ignored ?? IgnoredFields()
        var before: Manifest?
        if explains || needsRelease {
            before = try await read(object)
            if let before { ignored = object.ignore?.fields(in: before) ?? IgnoredFields() }
            if needsRelease, let there = before {
                try await handOver(object, there) { live in
                    FieldHandover.release(ignored.pointers, of: live, manager: manager)
                }
            }
        }
        let manifest = object.manifest(ignoring: ignored)
        var answer: Manifest
        do throws(SyncError) {
            answer = try await sendApply(object, manifest)
        } catch {
            guard error.code == .immutableField, mayReplace(object) else { throw error }
            // The next plan creates it anew, as soon as it is gone.
            let uid = index.record(object.key, object.gvk)?.uid
            return try await replace(object, uid: uid)
        }
        if record == nil || reason == .adopted {
            let changed = try await handOver(object, answer) { live in
                FieldHandover.takeOver(live, manager: manager, ignore: object.ignore)
            }
            if changed { answer = try await sendApply(object, manifest) }
        }
        if explains, let before { result.healed = drift(from: answer, to: before, object.key, ignored) }
        counters.add { $0.applied += 1 }
        result.wrote = true
        remember(object, answer)
        return result
    }

    func sendApply(_ object: DesiredObject, _ manifest: Manifest) async throws(SyncError) -> Manifest {
        try await send(object) { client throws(KubernetesError) in
            try await client.apply(
                object.apiResource, manifest, fieldManager: manager, force: options.forceConflicts)
        }
    }

    func read(_ object: DesiredObject) async throws(SyncError) -> Manifest? {
        counters.add { $0.reads += 1 }
        return try await send(object) { client throws(KubernetesError) in
            try await client.getIfPresent(object.apiResource, namespace: object.key.namespace, name: object.key.name)
        }
    }

    /// Changes who owns what in an object, as often as somebody else is faster, five times at most.
    ///
    /// - Returns: whether there was anything to change.
    @discardableResult
    func handOver(
        _ object: DesiredObject, _ live: Manifest, _ patch: (Manifest) -> [JSONValue]?
    ) async throws(SyncError) -> Bool {
        var live = live
        for round in 1...SyncExecutor.attempts {
            guard let operations = patch(live) else { return round > 1 }
            do throws(KubernetesError) {
                _ = try await attempt(retriesConflicts: false) { client throws(KubernetesError) in
                    try await client.patch(
                        object.apiResource, namespace: object.key.namespace, name: object.key.name, .json(operations))
                }
                return true
            } catch {
                guard error.isConflict, round < SyncExecutor.attempts else {
                    throw SyncFailure.error(error, key: object.key, origin: object.origin, code: .applyFailed)
                }
            }
            guard let newer = try await read(object) else { return false }
            live = newer
        }
        return false
    }

    /// Takes an apply's answer as what is there and what is to be expected.
    func remember(_ object: DesiredObject, _ answer: Manifest) {
        let record = index.observe(answer)
        let fingerprint =
            if let record, record.ignored == nil, object.ignore == nil {
                record.fingerprint
            } else {
                Fingerprint(
                    live: answer, manager: manager, ignoring: object.ignore?.fields(in: answer) ?? IgnoredFields())
            }
        guard let fingerprint else { return }
        index.setExpected([object.key: ExpectedState(digest: object.digest, fingerprint: fingerprint)])
    }

    /// Where an object departs from what our apply makes of it: the fields of ours, as the answer has them, that are
    /// different in the object.
    func drift(
        from answer: Manifest, to before: Manifest, _ key: ObjectKey, _ ignored: IgnoredFields
    ) -> ObjectDrift? {
        guard let owned = Fingerprint.owned(of: answer, by: manager, ignoring: ignored) else { return nil }
        let fields = FieldOwnership.drift(of: before, from: Manifest(owned), beside: manager)
        let named = fields.first { !$0.manager.isEmpty }?.manager
        return ObjectDrift(
            key: key, manager: named ?? FieldOwnership.lastForeignManager(of: before, beside: manager), fields: fields)
    }

    /// Where a live object departs from what is wanted, as a dry run tells; nil where it does not, or cannot be asked.
    func explain(_ object: DesiredObject) async -> ObjectDrift? {
        do throws(SyncError) {
            guard let live = try await read(object) else { return nil }
            let ignored = object.ignore?.fields(in: live) ?? IgnoredFields()
            counters.add { $0.dryRuns += 1 }
            let answer = try await send(object) { client throws(KubernetesError) in
                try await client.apply(
                    object.apiResource, object.manifest(ignoring: ignored), fieldManager: manager,
                    force: options.forceConflicts, dryRun: true)
            }
            return drift(from: answer, to: live, object.key, ignored)
        } catch {
            // The verdict stands without its explanation.
            return nil
        }
    }
}
