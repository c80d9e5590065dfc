package import Core
internal import SwiftASN1
internal import X509

/// An authority of our own, the certificate that a webhook serves with, and those authorities that clients are to trust.
///
/// Nothing here acts: ``renewed(names:now:)`` says what should be stored instead, and when to ask again. Each step is
/// safe while some processes and the API server still go by the step before:
///
/// | what is due                     | what changes                                                                    |
/// |---------------------------------|---------------------------------------------------------------------------------|
/// | nothing usable is stored        | a new authority, and a serving certificate by it                                  |
/// | the authority's last third      | a new authority, trusted beside the old one; serving goes on with the old signature |
/// | the new authority has settled   | a serving certificate by it; everybody trusts it by now                           |
/// | the serving one's last third    | a new serving certificate                                                         |
/// | an old authority is over        | it is trusted no more                                                             |
package struct WebhookCertificates: Sendable, Hashable {
    /// How long certificates live.
    package struct Lifetimes: Sendable, Hashable {
        package let serving: Duration

        package init(serving: Duration = .seconds(90 * 86_400)) {
            self.serving = serving
        }

        /// Twelve serving certificates: three years for the default.
        package var authority: Duration { serving * 12 }

        /// How long an authority is trusted before it signs: time for every watch to have brought it to every API
        /// server.
        package var settling: Duration { min(.seconds(600), serving / 9) }
    }

    /// PEM: the certificates of the authorities to trust, the newest first. What `caBundle` holds.
    package let trusted: [UInt8]
    /// The private key of the newest authority.
    package let authorityKey: [UInt8]
    package let serving: KeyedCertificate

    package init(trusted: [UInt8], authorityKey: [UInt8], serving: KeyedCertificate) {
        self.trusted = trusted
        self.authorityKey = authorityKey
        self.serving = serving
    }

    package struct Renewal: Sendable, Hashable {
        /// What is to be stored; the same as before where nothing is due.
        package let certificates: WebhookCertificates
        /// When something will be due.
        package let next: Timestamp
    }

    /// What is to be stored and served from now on.
    ///
    /// - Parameters:
    ///   - stored: nil where nothing is stored yet.
    ///   - names: of the server: DNS names and IPv4 addresses.
    package static func renewed(
        _ stored: WebhookCertificates?, names: [String], now: Timestamp, lifetimes: Lifetimes = Lifetimes()
    ) throws(CertificateError) -> Renewal {
        guard let stored, var state = State(stored, now: now) else {
            return try fresh(names, now, lifetimes)
        }
        if now >= state.newest.renewal {
            let made = try authority(now, lifetimes)
            guard let facts = CertificateFacts(made.certificate) else {
                throw CertificateError("the new certificate authority cannot be read")
            }
            state.authorities.insert(facts, at: 0)
            state.key = made.key
        }
        let serves = state.isServing(names, now: now)
        let isSettled = state.authorities.count == 1 || now >= state.newest.made + lifetimes.settling
        let isDue = now >= state.serving.renewal || (isSettled && !state.serving.isSigned(by: state.newest))
        if !serves || (isDue && isSettled) {
            let authority = KeyedCertificate(certificate: try pem([state.newest]), key: state.key)
            // Two versions of the operator during an upgrade may want different names; neither takes the other's away.
            let others = isDue ? [] : state.serving.names.filter { !names.contains($0) }.prefix(State.maxForeignNames)
            let made = try authority.serving(names + others, now: now, lifetime: lifetimes.serving)
            guard let facts = CertificateFacts(made.certificate) else {
                throw CertificateError("the new serving certificate cannot be read")
            }
            state.serving = facts
            state.keyed = made
        }
        let certificates = WebhookCertificates(
            trusted: try pem(state.authorities), authorityKey: state.key, serving: state.keyed)
        return Renewal(certificates: certificates, next: state.next(after: now, lifetimes))
    }

    private static func fresh(
        _ names: [String], _ now: Timestamp, _ lifetimes: Lifetimes
    ) throws(CertificateError) -> Renewal {
        let authority = try authority(now, lifetimes)
        let serving = try authority.serving(names, now: now, lifetime: lifetimes.serving)
        let made = WebhookCertificates(
            trusted: authority.certificate, authorityKey: authority.key, serving: serving)
        guard let state = State(made, now: now) else { throw CertificateError("what was made cannot be read") }
        return Renewal(certificates: made, next: state.next(after: now, lifetimes))
    }

    private static func authority(
        _ now: Timestamp, _ lifetimes: Lifetimes
    ) throws(CertificateError) -> KeyedCertificate {
        // A name of its own, so that a verifier finds the right one of several.
        var system = SystemRandomNumberGenerator()
        let suffix = String(UInt64.random(in: .min ... .max, using: &system), radix: 36)
        return try .authority("sluice-webhook-\(suffix)", now: now, lifetime: lifetimes.authority)
    }

    private static func pem(_ authorities: [CertificateFacts]) throws(CertificateError) -> [UInt8] {
        do {
            return try authorities.flatMap { Array(try $0.certificate.serializeAsPEM().pemString.utf8) + [0x0A] }
        } catch {
            throw CertificateError("a certificate authority cannot be written: \(error)")
        }
    }
}

/// What is stored, read.
private struct State {
    /// Those to trust, the newest first; never empty.
    var authorities: [CertificateFacts]
    var key: [UInt8]
    var serving: CertificateFacts
    var keyed: KeyedCertificate

    var newest: CertificateFacts { authorities[0] }

    /// How many names that nobody asked for now are kept.
    static let maxForeignNames = 8

    /// Nil for what cannot be read, or is over: then nobody can go on from it.
    init?(_ stored: WebhookCertificates, now: Timestamp) {
        let documents =
            (try? PEMDocument.parseMultiple(pemString: String(decoding: stored.trusted, as: UTF8.self))) ?? []
        authorities = documents.compactMap { try? Certificate(pemDocument: $0) }.map(CertificateFacts.init)
            .filter { $0.expires > now }
        guard let newest = authorities.first, newest.belongs(to: stored.authorityKey),
            let serving = CertificateFacts(stored.serving.certificate), serving.belongs(to: stored.serving.key)
        else { return nil }
        key = stored.authorityKey
        self.serving = serving
        keyed = stored.serving
    }

    /// Whether what is served now will do for whoever trusts the authorities.
    func isServing(_ names: [String], now: Timestamp) -> Bool {
        serving.expires > now && Set(names).isSubset(of: serving.names)
            && authorities.contains { serving.isSigned(by: $0) }
    }

    func next(after now: Timestamp, _ lifetimes: WebhookCertificates.Lifetimes) -> Timestamp {
        var moments = [newest.renewal, serving.renewal]
        moments += authorities.dropFirst().map(\.expires)
        if !serving.isSigned(by: newest) || serving.renewal <= now { moments.append(newest.made + lifetimes.settling) }
        return moments.filter { $0 > now }.min() ?? now + .seconds(60)
    }
}
