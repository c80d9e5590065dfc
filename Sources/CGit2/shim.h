#ifndef SLUICE_CGIT2_SHIM_H
#define SLUICE_CGIT2_SHIM_H

#include <git2.h>
#include <git2/sys/commit.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>
#include <git2/sys/transport.h>

// Typed entry points for libgit2's variadic option function, which Swift cannot call.

static inline int sluice_git_set_size(int option, size_t value) {
    return git_libgit2_opts(option, value);
}

static inline int sluice_git_set_flag(int option, int value) {
    return git_libgit2_opts(option, value);
}

static inline int sluice_git_set_search_path(int level, const char *path) {
    return git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, path);
}

// Our subtransports and their streams: libgit2 sees the base, Swift keeps a retained object behind it.

typedef struct {
    git_smart_subtransport base;
    void *context;
} sluice_git_subtransport;

typedef struct {
    git_smart_subtransport_stream base;
    void *context;
} sluice_git_stream;

#endif
