/// How much of a YAML text we are willing to read.
///
/// The defaults admit every manifest an API server would take (3 MiB an object, 1.5 MiB in etcd) and files of
/// hundreds of custom resource definitions, and stop texts that were written to exhaust a reader.
package struct YAMLLimits: Sendable, Hashable {
    /// Bytes of text.
    package var bytes = 64 << 20
    /// How deep sequences and mappings nest, aliases expanded.
    package var depth = 256
    /// Documents in a text.
    package var documents = 100_000
    /// Scalars, sequences and mappings in a text, aliases expanded.
    package var nodes = 8_000_000
    /// Of those, how many may come from aliases and merge keys in one document.
    package var aliasedNodes = 200_000
    /// Bytes of one scalar.
    package var scalar = 8 << 20

    /// The defaults.
    package init() {}
}

/// What a reader does with a mapping that names one key twice.
package enum YAMLDuplicateKeys: Sendable, Hashable {
    /// It is an error.
    case error
    /// The last value stands, at the first one's place.
    case lastWins
    /// Both entries are kept; looking a key up finds the first.
    case keep
}
