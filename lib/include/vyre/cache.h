// SPDX-License-Identifier: MIT
// The artifact cache: compiled modules and driver blobs in a directory.
#ifndef VYRE_CACHE_H
#define VYRE_CACHE_H

#include <vyre/diag.h>
#include <vyre/result.h>

VYRE_BEGIN

// A directory of verified artifacts that any number of processes may share.
//
// Thread-safety: Safe. Lifetime: reference counted. NULL is a valid cache that never hits.
struct vyre_cache;

struct vyre_cache_params {
    const char *directory; // required; created with mode 0700 when missing
    uint64_t max_size;     // bytes; least recently used entries go first; 0: 256 MiB
    bool sync;             // fsync each entry before it is renamed into place
    const struct vyre_diag_sink *diag;
    struct vyre_log log; // kept by the cache
};

#define vyre_cache_params(...) (&(const struct vyre_cache_params){ __VA_ARGS__ })

// Counters since the cache object was opened, and the size of the directory when asked.
struct vyre_cache_stats {
    uint64_t hits;
    uint64_t misses;
    uint64_t damaged; // entries that failed verification; each was removed and was a miss
    uint64_t stores;
    uint64_t store_failures; // a full disk, a read-only directory: never an error for the caller
    uint64_t evicted;
    uint64_t entries; // in the directory now
    uint64_t bytes;   // in the directory now
};

// Opens a cache directory. Returns VYRE_ERR_IO (code C0nn) when the directory cannot be made or is
// not safe: owned by another user, or writable by others. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_cache_open(const struct vyre_cache_params *params,
                                                        struct vyre_cache **out);

// Thread-safety: Safe.
VYRE_API void vyre_cache_get_stats(struct vyre_cache *cache, struct vyre_cache_stats *out);

// One entry, as `cache ls` shows it.
struct vyre_cache_entry {
    char name[80];   // file name: hexadecimal key and kind
    char kind[16];   // "spirv", "pipeline", "probe"
    uint64_t size;   // bytes of the file
    int64_t used_at; // seconds since the epoch
    bool valid;      // header and checksum agree
};

// Lists the directory, verifying each entry. Free *out with vyre_free. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_cache_list(struct vyre_cache *cache,
                                                        struct vyre_cache_entry **out,
                                                        size_t *count);

// Removes every entry, and nothing that is not an entry. *removed may be NULL. Thread-safety: Safe.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_cache_clear(struct vyre_cache *cache,
                                                         uint64_t *removed);

// Takes another reference and returns `cache`; NULL gives NULL. Thread-safety: Safe.
VYRE_API struct vyre_cache *vyre_cache_ref(struct vyre_cache *cache);

// Drops a reference and sets *cache to NULL. Thread-safety: Safe.
VYRE_API void vyre_cache_close(struct vyre_cache **cache);

VYRE_END

#endif // VYRE_CACHE_H
