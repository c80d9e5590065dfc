import Core
import KubernetesModel
import SluiceAPI
import Testing

@testable import Notifications

/// A notice with everything in it.
func sample(
    _ event: NotificationEvent = .promotionFailed, apps: [Notice.App] = [.init(name: "cart")], isByApp: Bool = false,
    message: String = "the health check failed", object: Notice.Object? = .init(kind: "Promotion", name: "cart-v2")
) -> Notice {
    Notice(
        event, at: Timestamp(seconds: 1_795_000_000), namespace: "shop", environment: "production", object: object,
        apps: apps, isByApp: isByApp, message: message, reason: "HealthTimeout",
        commit: "0123456789abcdef0123456789abcdef01234567", repository: "https://git.example.com/company/gitops.git",
        changes: [.init(app: "cart", image: "company/cart", from: "v1", to: "v2")], requester: "bob", id: "id-1")
}

@Suite("Notices")
struct NoticeTests {
    @Test("are told to programs with everything that is public, and nothing else")
    func json() {
        #expect(
            sample().json == [
                "id": "id-1", "time": "2026-11-18T11:06:40Z", "event": "PromotionFailed", "severity": "error",
                "title": "production: Promotion cart-v2: failed",
                "environment": ["namespace": "shop", "name": "production"],
                "object": ["kind": "Promotion", "name": "cart-v2"], "apps": [["name": "cart"]],
                "message": "the health check failed", "reason": "HealthTimeout",
                "commit": "0123456789abcdef0123456789abcdef01234567",
                "repository": "https://git.example.com/company/gitops.git", "requester": "bob",
                "changes": [["app": "cart", "image": "company/cart", "from": "v1", "to": "v2"]],
                "traceID": "0123456789abcdef0123456789abcdef",
            ])
    }

    @Test("name a handful of apps and count the others")
    func manyApps() {
        let apps = (1...12).map { Notice.App(name: "app\($0)") }
        #expect(
            sample(.syncFailed, apps: apps, object: nil).title
                == "production: app1, app2, app3, app4, app5, app6, app7, app8, app9, app10 and 2 more: sync failed")
    }

    @Test("have words for every event", arguments: NotificationEvent.allCases)
    func words(event: NotificationEvent) {
        let notice = sample(event)
        #expect(notice.title.hasPrefix("production: Promotion cart-v2: "))
        #expect(notice.slack["attachments"]?[0]?["color"]?.stringValue?.hasPrefix("#") == true)
    }

    @Test("are cut down to the apps that a receiver wants, where they are about each of them alone")
    func narrowed() {
        let both = [Notice.App(name: "cart"), Notice.App(name: "web")]
        let about = sample(.syncFailed, apps: both, isByApp: true)
        #expect(about.narrowed(to: GlobList(["ca*"]))?.apps.map(\.name) == ["cart"])
        #expect(about.narrowed(to: GlobList(["*", "!web"]))?.apps.map(\.name) == ["cart"])
        #expect(about.narrowed(to: GlobList(["other"])) == nil)
        // A promotion is one thing, whole or not at all.
        #expect(sample(apps: both).narrowed(to: GlobList(["web"]))?.apps.count == 2)
        #expect(sample(apps: both).narrowed(to: GlobList(["other"])) == nil)
        #expect(sample(apps: []).narrowed(to: GlobList(["other"])) != nil)
    }

    @Test("are nothing but text in a chat: no markup, and no call to a whole channel")
    func escaping() throws {
        let evil = "<!channel> <https://evil.example|click> @here @Everyone & bob@example.com @all"
        let text = try #require(sample(message: evil).slack["attachments"]?[0]?["text"]?.stringValue)
        #expect(
            text
                == "&lt;!channel&gt; &lt;https://evil.example|click&gt; @\u{200B}here @\u{200B}Everyone &amp; bob@example.com @\u{200B}all"
        )
    }

    @Test("say in a chat what changes, why, where and who asked")
    func slack() throws {
        let message = sample().slack
        #expect(message["text"] == "production: Promotion cart-v2: failed")
        let attachment = try #require(message["attachments"]?[0])
        #expect(
            attachment["fields"] == [
                ["title": "Changes", "value": "cart: v1 -&gt; v2", "short": true],
                ["title": "Reason", "value": "HealthTimeout", "short": true],
                ["title": "Commit", "value": "0123456789ab", "short": true],
                ["title": "Requested by", "value": "bob", "short": true],
            ])
        #expect(attachment["footer"] == "Sluice shop/production")
        #expect(attachment["ts"] == 1_795_000_000)
    }

    @Test("stay short, whatever they are about")
    func bounded() {
        let apps = (1...500).map { Notice.App(name: "app\($0)", message: String(repeating: "x", count: 256)) }
        let notice = sample(.syncFailed, apps: apps, message: String(repeating: "y", count: 5000))
        #expect(notice.slack.jsonBytes.count < 8 << 10)
        #expect(notice.message.utf8.count <= 1024)
    }
}
