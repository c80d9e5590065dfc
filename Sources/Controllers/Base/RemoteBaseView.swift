internal import Core
internal import Git
internal import Kustomize
internal import Synchronization

/// Remote bases as one run of renders sees them; it remembers what they came across that is not here.
final class RemoteBaseView: RemoteBases {
    private let store: RemoteBaseStore
    /// Whose credentials count.
    let repository: GitRepository?
    private let missing = Mutex<[RemoteBaseStore.Want: any BaseRepository]>([:])

    init(store: RemoteBaseStore, repository: GitRepository?) {
        self.store = store
        self.repository = repository
    }

    private let damage = Mutex(false)

    var allowed: RemoteAllowList { store.allowed }
    var wanted: [RemoteBaseStore.Want: any BaseRepository] { missing.withLock { $0 } }

    func answer(to reference: RemoteReference) -> RemoteAnswer { store.answer(to: reference, self) }

    /// A mirror turned out damaged and was thrown away, so that what came of the run is worth nothing.
    func noteDamage() { damage.withLock { $0 = true } }
    var foundDamage: Bool { damage.withLock { $0 } }

    func want(_ want: RemoteBaseStore.Want, of repository: any BaseRepository) {
        missing.withLock { $0[want] = repository }
    }
}
