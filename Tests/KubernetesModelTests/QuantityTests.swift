import KubernetesModel
import Testing

@Suite struct QuantityTests {
    @Test(arguments: [
        ("1000m", "1"), ("0.5", "500m"), ("1", "1"), ("1000", "1k"), ("100", "100"), ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Gi", "512Mi"), ("0.1Gi", "107374182400m"), ("1Ki", "1Ki"), ("0.5Ki", "512"), ("129M", "129M"),
        ("1e3", "1e3"), ("12E2", "1200"), ("1073741824", "1073741824"), ("1000000m", "1k"), ("0", "0"), ("0Gi", "0"),
        ("+1", "1"), ("-500m", "-500m"), ("1000Gi", "1000Gi"), ("100u", "100u"), ("1.", "1"), (".5", "500m"),
        ("0.001", "1m"), ("1500m", "1500m"), ("2000000000", "2G"), ("128974848", "128974848"),
    ])
    func `a quantity is written as a server writes it`(text: String, canonical: String) {
        #expect(Quantity.canonical(text) == canonical)
    }

    @Test(arguments: [
        "1e-9223372036854775808",
        "", "m", "1x", "1.2.3", "--1", "1 Gi", "0x10", "1ee3", "0.0000000001", "99999999999999999999", "9000000Ei",
        "1e400",
    ])
    func `anything else is left alone`(text: String) {
        #expect(Quantity.canonical(text) == nil)
    }
}
