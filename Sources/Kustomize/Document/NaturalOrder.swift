internal import KubernetesModel

/// The order of keys in the output: letters by code point, others before letters, runs of digits by their number.
///
/// This is the order of go-yaml 2, which is not transitive for odd sets of keys.
enum NaturalOrder {
    /// The indexes of an object's members in that order.
    static func sorted(_ object: JSONObject) -> [Int] {
        let order = Array(object.indices)
        // Members are sorted by code point already, which is the same thing for keys of plain letters.
        var previous: String?
        var sorted = true
        for index in order {
            let key = object[index].key
            if let previous, precedes(key, previous) {
                sorted = false
                break
            }
            previous = key
        }
        if sorted { return order }
        return order.sorted { precedes(object[$0].key, object[$1].key) }
    }

    static func precedes(_ a: String, _ b: String) -> Bool {
        if a.utf8.allSatisfy({ $0 < 0x80 }), b.utf8.allSatisfy({ $0 < 0x80 }) {
            return compare(Array(a.utf8).map(UInt32.init), Array(b.utf8).map(UInt32.init))
        }
        return compare(a.unicodeScalars.map(\.value), b.unicodeScalars.map(\.value))
    }

    private static func compare(_ a: [UInt32], _ b: [UInt32]) -> Bool {
        for index in 0..<min(a.count, b.count) where a[index] != b[index] {
            let (letterA, letterB) = (isLetter(a[index]), isLetter(b[index]))
            if letterA, letterB { return a[index] < b[index] }
            if letterA || letterB { return letterB }
            // A zero after a non-zero digit counts as part of that number.
            var start: UInt64 = 0
            if a[index] == 0x30 || b[index] == 0x30 {
                var back = index - 1
                while back >= 0, isDigit(a[back]) {
                    if a[back] != 0x30 {
                        start = 1
                        break
                    }
                    back -= 1
                }
            }
            let (numberA, endA) = run(a, index, start)
            let (numberB, endB) = run(b, index, start)
            if numberA != numberB { return numberA < numberB }
            if endA != endB { return endA < endB }
            return a[index] < b[index]
        }
        return a.count < b.count
    }

    private static func run(_ text: [UInt32], _ index: Int, _ start: UInt64) -> (Int64, Int) {
        var value = start
        var end = index
        while end < text.count, isDigit(text[end]) {
            value = value &* 10 &+ UInt64(text[end] - 0x30)
            end += 1
        }
        return (Int64(bitPattern: value), end)
    }

    private static func isDigit(_ character: UInt32) -> Bool { character >= 0x30 && character <= 0x39 }

    private static func isLetter(_ character: UInt32) -> Bool {
        if character < 0x80 {
            return (0x41...0x5A).contains(character) || (0x61...0x7A).contains(character)
        }
        return Unicode.Scalar(character)?.properties.isAlphabetic ?? false
    }
}
