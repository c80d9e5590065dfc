/// The objects that went away last, so that the answer to a write which was under way meanwhile brings none of them back.
///
/// No uid is given twice. But an object that only lost its label is gone for a watch as well, and with the label it
/// comes back, as a later version than the one it went with.
struct GoneObjects {
    /// An answer is late by the time of one request, in which fewer objects go. Full it takes some 150 KB.
    static let limit = 1024

    private var versions: [String: String] = [:]
    /// In the order in which they went, from `oldest` on and around.
    private var uids: [String] = []
    private var oldest = 0

    /// - Parameter version: with which it went; empty where that is not known.
    mutating func insert(_ uid: String, version: String) {
        guard !uid.isEmpty, versions.updateValue(version, forKey: uid) == nil else { return }
        guard uids.count == GoneObjects.limit else { return uids.append(uid) }
        versions[uids[oldest]] = nil
        uids[oldest] = uid
        oldest = (oldest + 1) % GoneObjects.limit
    }

    /// Whether an object in this version is from before its end.
    func covers(_ uid: String, version: String) -> Bool {
        guard let end = versions[uid] else { return false }
        return end.isEmpty || !LiveIndexState.isNewer(version, than: end)
    }
}
