import Core
import SwiftASN1
import Testing
import X509

@testable import Certificates

private let start = Timestamp(seconds: 1_800_000_000)
private let day = Duration.seconds(86_400)
private let names = ["sluice-webhook.sluice.svc", "127.0.0.1"]

private func authorities(_ certificates: WebhookCertificates) throws -> [Certificate] {
    try PEMDocument.parseMultiple(pemString: String(decoding: certificates.trusted, as: UTF8.self))
        .map { try Certificate(pemDocument: $0) }
}

/// Whether somebody who trusts one set of authorities accepts what another process serves.
private func trusts(_ client: WebhookCertificates, _ server: WebhookCertificates, at now: Timestamp) throws -> Bool {
    let serving = try #require(CertificateFacts(server.serving.certificate))
    let trusted = try authorities(client).map(CertificateFacts.init).filter { $0.expires > now }
    return serving.expires > now && trusted.contains { serving.isSigned(by: $0) }
}

@Suite("Webhook certificates")
struct WebhookCertificatesTests {
    @Test("are made where nothing is stored, for the names that were asked for")
    func fresh() throws {
        let made = try WebhookCertificates.renewed(nil, names: names, now: start).certificates
        let serving = try #require(CertificateFacts(made.serving.certificate))
        #expect(serving.names == names)
        #expect(serving.made == start)
        #expect(serving.expires == start + day * 90)
        #expect(serving.belongs(to: made.serving.key))
        #expect(try trusts(made, made, at: start))
        let authority = try #require(try authorities(made).first)
        #expect(authority.issuer == authority.subject)
        #expect(
            try authority.extensions.basicConstraints == BasicConstraints.isCertificateAuthority(maxPathLength: 0))
        #expect(CertificateFacts(authority).expires == start + day * 1080)
    }

    @Test("stay as they are until two thirds of their life are over, and say when that is")
    func stays() throws {
        let first = try WebhookCertificates.renewed(nil, names: names, now: start)
        #expect(first.next == start + day * 60)
        let later = try WebhookCertificates.renewed(first.certificates, names: names, now: start + day * 59)
        #expect(later.certificates == first.certificates)
        #expect(later.next == start + day * 60)
        let renewed = try WebhookCertificates.renewed(first.certificates, names: names, now: start + day * 60)
        #expect(renewed.certificates.serving != first.certificates.serving)
        #expect(renewed.certificates.trusted == first.certificates.trusted)
        #expect(renewed.next == start + day * 120)
    }

    @Test("are made anew where a key does not fit, the text is none, or the authority is over")
    func unusable() throws {
        let good = try WebhookCertificates.renewed(nil, names: names, now: start).certificates
        let other = try WebhookCertificates.renewed(nil, names: names, now: start).certificates
        for bad in [
            WebhookCertificates(trusted: good.trusted, authorityKey: other.authorityKey, serving: good.serving),
            WebhookCertificates(trusted: Array("none".utf8), authorityKey: good.authorityKey, serving: good.serving),
            WebhookCertificates(
                trusted: good.trusted, authorityKey: good.authorityKey,
                serving: KeyedCertificate(certificate: good.serving.certificate, key: other.serving.key)),
        ] {
            let made = try WebhookCertificates.renewed(bad, names: names, now: start).certificates
            #expect(made.authorityKey != bad.authorityKey)
            #expect(try trusts(made, made, at: start))
        }
        let late = try WebhookCertificates.renewed(good, names: names, now: start + day * 1081).certificates
        #expect(try authorities(late).count == 1)
        #expect(try trusts(late, late, at: start + day * 1081))
    }

    @Test("serve further names at once, and keep those that another version of the operator wants")
    func furtherNames() throws {
        let first = try WebhookCertificates.renewed(nil, names: ["a.ns.svc"], now: start).certificates
        let both = try WebhookCertificates.renewed(first, names: ["b.ns.svc"], now: start + day).certificates
        #expect(CertificateFacts(both.serving.certificate)?.names == ["b.ns.svc", "a.ns.svc"])
        #expect(try WebhookCertificates.renewed(both, names: ["a.ns.svc"], now: start + day).certificates == both)
        let later = try WebhookCertificates.renewed(both, names: ["b.ns.svc"], now: start + day * 70).certificates
        #expect(CertificateFacts(later.serving.certificate)?.names == ["b.ns.svc"])
    }

    @Test("are trusted at every moment of ten years by whoever is one step behind")
    func rotation() throws {
        let lifetimes = WebhookCertificates.Lifetimes(serving: day * 30)
        var renewal = try WebhookCertificates.renewed(nil, names: names, now: start, lifetimes: lifetimes)
        var keys: Set<[UInt8]> = [renewal.certificates.authorityKey]
        var steps = 0
        var now = start
        while now < start + day * 3650 {
            let before = renewal.certificates
            now = renewal.next
            renewal = try WebhookCertificates.renewed(before, names: names, now: now, lifetimes: lifetimes)
            let after = renewal.certificates
            #expect(renewal.next > now)
            // The API server has the bundle of before while a process serves what is new, and the other way round.
            #expect(try trusts(before, after, at: now))
            #expect(try trusts(after, before, at: now))
            #expect(try authorities(after).count <= 3)
            keys.insert(after.authorityKey)
            steps += 1
            try #require(steps < 1000)
        }
        // An authority lives 360 days and is replaced after 240.
        #expect((15...17).contains(keys.count))
    }
}
