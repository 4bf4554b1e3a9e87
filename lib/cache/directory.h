// SPDX-License-Identifier: MIT
// The cache's directory: opened once, then only reached through its descriptor, and no symbolic
// link in it is ever followed. Calls are safe from any thread and any process; what one process
// sees of another's writes is a whole file or none.
#ifndef CACHE_DIRECTORY_H
#define CACHE_DIRECTORY_H

#include "base/array.h"
#include "entry.h"

// Opens `path`, creating it and its parents with mode 0700. Returns VYRE_ERR_IO after a diagnostic
// when that fails or when the directory is not safe to trust: a symbolic link, not a directory,
// owned by another user, or writable by others.
enum vyre_result cache_directory_open(const char *path, const struct vyre_diag_sink *diag,
                                      int *out);

// What an attempt to read a file gave.
enum cache_read {
    CACHE_READ_OK,
    CACHE_READ_ABSENT,
    CACHE_READ_DAMAGED, // there is something of that name, and it cannot be an entry
    CACHE_READ_NO_MEMORY,
};

// Reads a whole entry file. On CACHE_READ_OK the caller frees *out with memory_free. With `touch`
// the file counts as used now. Names longer than an entry's are never passed.
enum cache_read cache_directory_read(int directory, const char *name, bool touch, uint8_t **out,
                                     size_t *size);

// Writes header and payload to a temporary file, then renames it to `name`. 0 or an errno value;
// after a failure nothing is left behind.
int cache_directory_write(int directory, const char *name, uint64_t number, bool sync,
                          const uint8_t header[CACHE_HEADER_SIZE], const void *payload,
                          size_t size);

// Removes a file or a symbolic link. True when it is gone by this call.
bool cache_directory_remove(int directory, const char *name);

struct cache_file {
    char name[CACHE_NAME_SIZE];
    enum cache_kind kind;
    uint64_t size;
    int64_t used_seconds;
    int64_t used_nanoseconds;
};

struct cache_listing {
    ARRAY(struct cache_file);
    uint64_t bytes;
};

// Collects everything whose name is an entry's, in no particular order, and removes stale temporary
// files. VYRE_ERR_NO_MEMORY or VYRE_ERR_IO; the listing may be freed in any case.
enum vyre_result cache_directory_list(int directory, struct cache_listing *out);
void cache_listing_fini(struct cache_listing *listing);

#endif // CACHE_DIRECTORY_H
