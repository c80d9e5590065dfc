/// The fields of a response's head, in the order received. Names compare without regard to case.
package struct HTTPHeaders: Sendable {
    package private(set) var fields: [(name: String, value: String)]

    package init(_ fields: [(name: String, value: String)] = []) {
        self.fields = fields
    }

    package mutating func append(_ name: String, _ value: String) {
        fields.append((name, value))
    }

    /// The first value under a name, or nil.
    package subscript(name: String) -> String? {
        fields.first { HTTPHeaders.equal($0.name, name) }?.value
    }

    /// All values under a name.
    package func all(_ name: String) -> [String] {
        fields.filter { HTTPHeaders.equal($0.name, name) }.map(\.value)
    }

    /// ASCII comparison without regard to case.
    package static func equal(_ a: String, _ b: String) -> Bool {
        a.utf8.count == b.utf8.count && zip(a.utf8, b.utf8).allSatisfy { lower($0) == lower($1) }
    }

    private static func lower(_ byte: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
    }
}

/// A response's status and fields, without its body.
package struct HTTPResponseHead: Sendable {
    /// 100...599 as sent.
    package var status: Int
    package var headers: HTTPHeaders

    package init(status: Int, headers: HTTPHeaders = HTTPHeaders()) {
        self.status = status
        self.headers = headers
    }
}

/// A whole response. Any status is a response; only the lack of one is an ``HTTPError``.
package struct HTTPResponse: Sendable {
    package var head: HTTPResponseHead
    package var body: [UInt8]

    package init(status: Int, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8] = []) {
        head = HTTPResponseHead(status: status, headers: headers)
        self.body = body
    }

    package init(head: HTTPResponseHead, body: [UInt8]) {
        self.head = head
        self.body = body
    }

    package var status: Int { head.status }
    package var headers: HTTPHeaders { head.headers }
    package var isSuccess: Bool { (200..<300).contains(head.status) }
}
