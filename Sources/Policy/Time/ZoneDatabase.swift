import FoundationEssentials
import Synchronization

/// The system's time zone database: the files of Debian's `tzdata`.
///
/// A zone is read once and kept; an unknown one is looked for again each time, so that an update of the files is seen.
package final class ZoneDatabase: Sendable {
    /// `/usr/share/zoneinfo`
    package static let system = ZoneDatabase(root: "/usr/share/zoneinfo")

    private let root: String
    private let zones = Mutex<[String: TimeZoneRules]>([:])

    package init(root: String) {
        self.root = root
    }

    /// The rules of a zone by its name in the IANA database, or nil if the files do not have it.
    package func zone(_ name: String) -> TimeZoneRules? {
        if name == "UTC" { return .utc }
        guard ZoneDatabase.isName(name) else { return nil }
        if let known = zones.withLock({ $0[name] }) { return known }
        guard let data = try? Data(contentsOf: URL(filePath: "\(root)/\(name)")), data.count < 1 << 20,
            let rules = TZifReader.rules(name: name, Array(data))
        else { return nil }
        zones.withLock { $0[name] = rules }
        return rules
    }

    /// Whether a text may be a zone's name: words of letters, digits, `_`, `+`, `-` between slashes, and none of the
    /// names that stand for a machine's own setting.
    private static func isName(_ name: String) -> Bool {
        guard name.utf8.count <= 64, !["localtime", "posixrules", "Factory"].contains(name) else { return false }
        let parts = name.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return parts.allSatisfy { part in
            !part.isEmpty
                && part.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "+"), UInt8(ascii: "-"):
                        true
                    default: false
                    }
                }
        }
    }
}
