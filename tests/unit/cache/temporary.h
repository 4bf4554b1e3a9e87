// SPDX-License-Identifier: MIT
// A directory for one test, removed with everything in it.
#ifndef TESTS_CACHE_TEMPORARY_H
#define TESTS_CACHE_TEMPORARY_H

#include "cache/store.h"

#include <stddef.h>

struct temporary {
    char path[64];
};

void temporary_init(struct temporary *temporary);
void temporary_fini(struct temporary *temporary);

// Writes "PATH/NAME" to `out`, which holds 256 bytes, and returns it.
char *temporary_path(const struct temporary *temporary, const char *name, char *out);

// Path of the entry file of a key.
char *temporary_entry(const struct temporary *temporary, enum cache_kind kind,
                      const struct cache_key *key, char *out);

// A key whose bytes are all derived from `number`.
struct cache_key temporary_key(unsigned number);

// Opens a cache in the directory; never NULL.
struct vyre_cache *temporary_open(const struct temporary *temporary, uint64_t max_size);

// Files and directories in the directory.
unsigned temporary_count(const struct temporary *temporary);

#endif // TESTS_CACHE_TEMPORARY_H
