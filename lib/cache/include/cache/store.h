// SPDX-License-Identifier: MIT
// The directory store: verified blobs under 32-byte keys. Knows nothing of programs or Vulkan.
#ifndef CACHE_STORE_H
#define CACHE_STORE_H

#include <vyre/cache.h>

enum { CACHE_KEY_SIZE = 32 };

enum cache_kind {
    CACHE_KIND_SPIRV = 1,
    CACHE_KIND_PIPELINE = 2,
    CACHE_KIND_PROBE = 3,
};

struct cache_key {
    uint8_t bytes[CACHE_KEY_SIZE];
};

// Looks an entry up and verifies magic, version, kind, key, size and checksum. VYRE_OK: *out is a
// copy that the caller frees with vyre_free. VYRE_MISS: none, or a damaged one, which is removed
// and counted. Never another error but VYRE_ERR_NO_MEMORY. A NULL cache misses.
enum vyre_result cache_get(struct vyre_cache *cache, enum cache_kind kind,
                           const struct cache_key *key, uint8_t **out, size_t *size);

// Stores an entry by temporary file and rename; evicts the least recently used ones beyond the
// size cap. A failure is counted and logged, never reported: a cache that cannot store only misses.
void cache_put(struct vyre_cache *cache, enum cache_kind kind, const struct cache_key *key,
               const void *bytes, size_t size);

#endif // CACHE_STORE_H
