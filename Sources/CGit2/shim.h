#ifndef SLUICE_CGIT2_SHIM_H
#define SLUICE_CGIT2_SHIM_H

#include <git2.h>
#include <git2/sys/commit.h>
#include <git2/sys/errors.h>
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

#endif
