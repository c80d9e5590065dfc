package import SluiceAPI

/// A part of an object that one API user at most stands behind: what it is, and a digest of what it says.
package struct StampedPart: Sendable, Hashable {
    package let role: Stamp.Role
    let digest: String

    private init(_ role: Stamp.Role, _ part: some Encodable) {
        self.role = role
        digest = Stamp.digest(of: part)
    }

    /// What was asked for.
    package static func request(_ asked: some Encodable) -> StampedPart { StampedPart(.request, asked) }

    package static func override(_ override: some Encodable) -> StampedPart { StampedPart(.override, override) }

    /// That it is to run again.
    package static func attempt(_ number: Int) -> StampedPart { StampedPart(.attempt, ["attempt": number]) }

    /// That it is not to run.
    package static let abort = StampedPart(.abort, ["abort": true])

    /// That what a rollback holds and vetoes is lifted.
    package static let release = StampedPart(.release, ["release": true])
}

extension Promotion {
    /// What can be written after the object was made, and by others than who asked for it; approvals aside.
    package var laterParts: [StampedPart] {
        var parts: [StampedPart] = spec.override.map { [.override($0)] } ?? []
        if spec.attempt > 1 { parts.append(.attempt(spec.attempt)) }
        if spec.abort { parts.append(.abort) }
        return parts
    }
}

extension Rollback {
    /// What can be written after the object was made, and by others than who asked for it; approvals aside.
    package var laterParts: [StampedPart] {
        var parts: [StampedPart] = spec.override.map { [.override($0)] } ?? []
        if spec.attempt > 1 { parts.append(.attempt(spec.attempt)) }
        if spec.release { parts.append(.release) }
        return parts
    }
}

extension Environment {
    /// What people write directly and answer for.
    package var laterParts: [StampedPart] { spec.override.map { [.override($0)] } ?? [] }
}
