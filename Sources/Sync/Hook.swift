package import KubernetesModel
internal import SluiceAPI

/// What makes an object a hook: something that runs at a point of a sync, and is no part of the desired state.
package struct Hook: Sendable, Hashable {
    package enum Phase: String, Sendable, Hashable, CaseIterable {
        case preSync = "PreSync"
        case sync = "Sync"
        case postSync = "PostSync"
        case syncFail = "SyncFail"
    }

    package enum DeletePolicy: String, Sendable, Hashable, CaseIterable {
        case succeeded = "HookSucceeded"
        case failed = "HookFailed"
        case beforeCreation = "BeforeHookCreation"
    }

    package let phases: Set<Phase>
    package let deletePolicies: Set<DeletePolicy>

    package init(phases: Set<Phase>, deletePolicies: Set<DeletePolicy> = [.beforeCreation]) {
        self.phases = phases
        self.deletePolicies = deletePolicies
    }

    /// Reads an object's annotations; nil for an object that is no hook.
    ///
    /// Without a delete policy a hook is deleted before it is created the next time. Words that are not known are
    /// passed over; an annotation in which no word is known makes no hook (Argo CD's `Skip` is one).
    package init?(of manifest: Manifest) {
        func words(_ ours: String, _ theirs: String) -> [String] {
            let text = manifest.annotation(ours) ?? manifest.annotation(theirs) ?? ""
            return text.split(separator: ",").map { word in
                String(word.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
        }
        phases = Set(words(Annotation.hook, Annotation.argoHook).compactMap(Phase.init(rawValue:)))
        guard !phases.isEmpty else { return nil }
        let policies = Set(
            words(Annotation.hookDeletePolicy, Annotation.argoHookDeletePolicy)
                .compactMap(DeletePolicy.init(rawValue:)))
        deletePolicies = policies.isEmpty ? [.beforeCreation] : policies
    }
}

/// One run of a hook: hooks run once for each revision and phase.
package struct HookRun: Sendable, Hashable {
    package let revision: String
    package let phase: Hook.Phase

    /// `PreSync/4f2a…`
    package var text: String { "\(phase.rawValue)/\(revision)" }
}
