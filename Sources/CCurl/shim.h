#ifndef SLUICE_CCURL_SHIM_H
#define SLUICE_CCURL_SHIM_H

#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

// Typed entry points for libcurl's variadic functions, which Swift cannot call.

static inline CURLcode sluice_curl_set_long(CURL *handle, CURLoption option, long value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode sluice_curl_set_off(CURL *handle, CURLoption option, curl_off_t value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode sluice_curl_set_string(CURL *handle, CURLoption option, const char *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode sluice_curl_set_pointer(CURL *handle, CURLoption option, void *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode sluice_curl_set_list(CURL *handle, CURLoption option, struct curl_slist *value) {
    return curl_easy_setopt(handle, option, value);
}

static inline CURLcode sluice_curl_set_blob(CURL *handle, CURLoption option, const void *data, size_t length) {
    // libcurl keeps a copy, so the caller's buffer need only live for this call.
    struct curl_blob blob = {(void *)data, length, CURL_BLOB_COPY};
    return curl_easy_setopt(handle, option, &blob);
}

typedef size_t (*sluice_curl_data_callback)(char *data, size_t size, size_t count, void *context);

static inline CURLcode sluice_curl_set_data_callback(CURL *handle, CURLoption option,
                                                     sluice_curl_data_callback callback) {
    return curl_easy_setopt(handle, option, callback);
}

static inline CURLcode sluice_curl_get_long(CURL *handle, CURLINFO info, long *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode sluice_curl_get_off(CURL *handle, CURLINFO info, curl_off_t *value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode sluice_curl_get_string(CURL *handle, CURLINFO info, char **value) {
    return curl_easy_getinfo(handle, info, value);
}

static inline CURLcode sluice_curl_get_pointer(CURL *handle, CURLINFO info, void **value) {
    return curl_easy_getinfo(handle, info, value);
}

typedef int (*sluice_curl_socket_callback)(CURL *easy, curl_socket_t socket, int what, void *context, void *assigned);
typedef int (*sluice_curl_timer_callback)(CURLM *multi, long milliseconds, void *context);

static inline CURLMcode sluice_curl_multi_set_callbacks(CURLM *multi, sluice_curl_socket_callback socket,
                                                        sluice_curl_timer_callback timer, void *context) {
    CURLMcode code = curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, socket);
    if (code == CURLM_OK) { code = curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, context); }
    if (code == CURLM_OK) { code = curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, timer); }
    if (code == CURLM_OK) { code = curl_multi_setopt(multi, CURLMOPT_TIMERDATA, context); }
    return code;
}

// A peer that vanishes without a word is noticed after 20 s, also with data in flight, where keep-alive probes are
// not sent. Without it, everything multiplexed over that connection would wait for the kernel's 15 minutes.
static inline int sluice_curl_socket_options(void *context, curl_socket_t socket, curlsocktype purpose) {
    (void)context;
    (void)purpose;
    unsigned int milliseconds = 20000;
    (void)setsockopt(socket, IPPROTO_TCP, TCP_USER_TIMEOUT, &milliseconds, sizeof(milliseconds));
    return CURL_SOCKOPT_OK;
}

static inline CURLcode sluice_curl_set_socket_options(CURL *handle) {
    return curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, sluice_curl_socket_options);
}

// The loop's readiness interface; the C library's Swift overlay leaves epoll out.

static inline int sluice_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static inline int sluice_eventfd_create(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// Watches a descriptor for reading and writing as asked; neither removes it.
static inline int sluice_epoll_watch(int epoll, int descriptor, int readable, int writable, int known,
                                     uint64_t tag) {
    struct epoll_event event = {0};
    event.events = (readable ? EPOLLIN : 0u) | (writable ? EPOLLOUT : 0u);
    event.data.u64 = tag;
    if (!readable && !writable) { return epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, &event); }
    return epoll_ctl(epoll, known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, &event);
}

typedef struct {
    uint64_t tag;
    // CURL_CSELECT_IN, _OUT and _ERR.
    int ready;
} sluice_ready_event;

// Waits for at most 64 events.
static inline int sluice_epoll_wait(int epoll, sluice_ready_event *out, int milliseconds) {
    struct epoll_event events[64];
    int count = epoll_wait(epoll, events, 64, milliseconds);
    for (int index = 0; index < count; index++) {
        uint32_t bits = events[index].events;
        out[index].tag = events[index].data.u64;
        out[index].ready = (bits & EPOLLIN ? CURL_CSELECT_IN : 0) | (bits & EPOLLOUT ? CURL_CSELECT_OUT : 0) |
                           (bits & (EPOLLERR | EPOLLHUP) ? CURL_CSELECT_ERR : 0);
    }
    return count;
}

static inline CURLMcode sluice_curl_multi_set_long(CURLM *multi, CURLMoption option, long value) {
    return curl_multi_setopt(multi, option, value);
}

#endif
