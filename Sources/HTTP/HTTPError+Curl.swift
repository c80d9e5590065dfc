internal import CCurl
internal import Core

extension HTTPError {
    /// The error for libcurl's code (https://curl.se/libcurl/c/libcurl-errors.html).
    init(curl code: CURLcode, url: String, detail: String) {
        let general = String(cString: curl_easy_strerror(code))
        let text: String =
            switch code {
            case CURLE_OPERATION_TIMEDOUT: "no whole answer before the deadline"
            case CURLE_HTTP2_STREAM, CURLE_HTTP2, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_PARTIAL_FILE:
                "the connection was lost"
            default: detail.isEmpty ? general : HTTPError.withoutTimes(detail)
            }
        self.init(HTTPError.code(of: code), "\(url): \(text.bounded(to: 256))")
    }

    /// The text without libcurl's ` after 3 ms`: what fails twice in the same way must read the same, because it ends
    /// in conditions that are written only when they change.
    static func withoutTimes(_ text: String) -> String {
        var words = text.split(separator: " ", omittingEmptySubsequences: false)
        var index = 0
        while index + 2 < words.count {
            let isTime = words[index] == "after" && Int(words[index + 1]) != nil && words[index + 2].hasPrefix("ms")
            if isTime, index > 0 {
                words[index - 1] += words[index + 2].dropFirst(2)
                words.removeSubrange(index...index + 2)
            } else {
                index += 1
            }
        }
        return words.joined(separator: " ")
    }

    private static func code(of code: CURLcode) -> Code {
        switch code {
        // Not CURLE_BAD_FUNCTION_ARGUMENT, which is our own fault, nor CURLE_UNSUPPORTED_PROTOCOL: requests have been
        // validated before, so that is a server which answers with something else than HTTP.
        case CURLE_URL_MALFORMAT: .invalidRequest
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .nameNotResolved
        case CURLE_COULDNT_CONNECT, CURLE_INTERFACE_FAILED, CURLE_PROXY: .connectFailed
        case CURLE_OPERATION_TIMEDOUT: .timedOut
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER,
            CURLE_SSL_CACERT_BADFILE, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_PINNEDPUBKEYNOTMATCH,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_CLIENTCERT:
            .tlsFailed
        case CURLE_SEND_ERROR, CURLE_RECV_ERROR, CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_SEND_FAIL_REWIND,
            CURLE_HTTP2_STREAM, CURLE_HTTP2:
            .connectionLost
        case CURLE_TOO_MANY_REDIRECTS: .tooManyRedirects
        case CURLE_FILESIZE_EXCEEDED: .bodyTooLarge
        case CURLE_ABORTED_BY_CALLBACK: .cancelled
        default: .protocolViolation
        }
    }
}
