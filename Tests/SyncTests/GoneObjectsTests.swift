import Testing

@testable import Sync

@Suite("Objects that went away")
struct GoneObjectsTests {
    @Test("an answer from before the end is late, one from after it is not")
    func versions() {
        var gone = GoneObjects()
        gone.insert("a", version: "10")
        #expect(gone.covers("a", version: "9"))
        #expect(gone.covers("a", version: "10"))
        #expect(!gone.covers("a", version: "11"))
        #expect(!gone.covers("b", version: "1"))
    }

    @Test("where the end's version is not known, every answer is late")
    func unknown() {
        var gone = GoneObjects()
        gone.insert("a", version: "")
        gone.insert("", version: "5")
        #expect(gone.covers("a", version: "99"))
        #expect(!gone.covers("", version: "1"))
    }

    @Test("the oldest are forgotten, and the newest never")
    func bounded() {
        var gone = GoneObjects()
        for index in 0..<(GoneObjects.limit + 10) { gone.insert("\(index)", version: "5") }
        #expect(!gone.covers("9", version: "1"))
        #expect(gone.covers("10", version: "1"))
        #expect(gone.covers("\(GoneObjects.limit + 9)", version: "1"))
        // Told twice, an object takes one place.
        gone.insert("10", version: "5")
        #expect(gone.covers("11", version: "1"))
    }
}
