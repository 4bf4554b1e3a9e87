// SPDX-License-Identifier: MIT
// The store: verified look-ups, stores with eviction, counters. It holds no lock: every file
// operation is atomic by itself, and two threads that evict at once remove the same oldest files.
#include "cache/store.h"

#include "base/memory.h"
#include "base/report.h"
#include "directory.h"
#include "entry.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define DEFAULT_MAX_SIZE ((uint64_t)256 << 20)

struct vyre_cache {
    _Atomic uint32_t references;
    int directory;
    uint64_t max_size;
    bool sync;
    struct vyre_log log;
    _Atomic uint64_t next_number; // of temporary files
    _Atomic uint64_t hits;
    _Atomic uint64_t misses;
    _Atomic uint64_t damaged;
    _Atomic uint64_t stores;
    _Atomic uint64_t store_failures;
    _Atomic uint64_t evicted;
};

enum vyre_result vyre_cache_open(const struct vyre_cache_params *params, struct vyre_cache **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!params || !params->directory || !*params->directory)
        return VYRE_ERR_INVALID_ARGUMENT;
    struct vyre_cache *cache = memory_calloc(1, sizeof *cache);
    if (!cache)
        return VYRE_ERR_NO_MEMORY;
    enum vyre_result result =
        cache_directory_open(params->directory, params->diag, &cache->directory);
    if (result) {
        memory_free(cache);
        return result;
    }
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    atomic_init(&cache->references, 1);
    // A different start for each object keeps two of one process from trying the same names.
    atomic_init(&cache->next_number, (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec);
    cache->max_size = params->max_size ? params->max_size : DEFAULT_MAX_SIZE;
    cache->sync = params->sync;
    cache->log = params->log;
    *out = cache;
    return VYRE_OK;
}

struct vyre_cache *vyre_cache_ref(struct vyre_cache *cache)
{
    if (cache)
        atomic_fetch_add_explicit(&cache->references, 1, memory_order_relaxed);
    return cache;
}

void vyre_cache_close(struct vyre_cache **cache)
{
    if (!cache || !*cache)
        return;
    struct vyre_cache *dropped = *cache;
    *cache = NULL;
    // Acquire and release: the last owner sees what the others did before they let go.
    if (atomic_fetch_sub_explicit(&dropped->references, 1, memory_order_acq_rel) != 1)
        return;
    close(dropped->directory);
    memory_free(dropped);
}

static void count(_Atomic uint64_t *counter)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static enum vyre_result miss(struct vyre_cache *cache)
{
    count(&cache->misses);
    return VYRE_MISS;
}

// A writer may have replaced the entry since it was read; then a good one is removed, which costs
// one miss.
static enum vyre_result damaged(struct vyre_cache *cache, const char *name)
{
    count(&cache->damaged);
    cache_directory_remove(cache->directory, name);
    log_write(&cache->log, VYRE_LOG_WARNING, "cache: entry %s is damaged, removed", name);
    return miss(cache);
}

enum vyre_result cache_get(struct vyre_cache *cache, enum cache_kind kind,
                           const struct cache_key *key, uint8_t **out, size_t *size)
{
    *out = NULL;
    *size = 0;
    if (!cache)
        return VYRE_MISS;
    char name[CACHE_NAME_SIZE];
    uint8_t *bytes = NULL;
    size_t total = 0;
    cache_entry_name(kind, key, name);
    switch (cache_directory_read(cache->directory, name, true, &bytes, &total)) {
    case CACHE_READ_OK: break;
    case CACHE_READ_ABSENT: return miss(cache);
    case CACHE_READ_DAMAGED: return damaged(cache, name);
    case CACHE_READ_NO_MEMORY: return VYRE_ERR_NO_MEMORY;
    }
    if (!cache_entry_verify(bytes, total, kind, key)) {
        memory_free(bytes);
        return damaged(cache, name);
    }
    *size = total - CACHE_HEADER_SIZE;
    memmove(bytes, bytes + CACHE_HEADER_SIZE, *size);
    *out = bytes;
    count(&cache->hits);
    return VYRE_OK;
}

// Least recently used first; the name makes the order total.
static int compare_use(const void *left, const void *right)
{
    const struct cache_file *a = left;
    const struct cache_file *b = right;
    if (a->used_seconds != b->used_seconds)
        return a->used_seconds < b->used_seconds ? -1 : 1;
    if (a->used_nanoseconds != b->used_nanoseconds)
        return a->used_nanoseconds < b->used_nanoseconds ? -1 : 1;
    return strcmp(a->name, b->name);
}

// The whole directory is read, because other processes store too. That is cheap beside the
// compilation that came before a store.
static void evict(struct vyre_cache *cache, const char *keep)
{
    struct cache_listing listing = { .count = 0 };
    if (cache_directory_list(cache->directory, &listing) == VYRE_OK &&
        listing.bytes > cache->max_size) {
        qsort(listing.items, listing.count, sizeof *listing.items, compare_use);
        uint64_t left = listing.bytes;
        for (size_t i = 0; i < listing.count && left > cache->max_size; i++) {
            const struct cache_file *file = &listing.items[i];
            if (strcmp(file->name, keep) == 0)
                continue;
            if (cache_directory_remove(cache->directory, file->name))
                count(&cache->evicted);
            else if (errno != ENOENT) // ENOENT: another process evicted it, the room is there
                continue;
            left -= file->size;
        }
    }
    cache_listing_fini(&listing);
}

void cache_put(struct vyre_cache *cache, enum cache_kind kind, const struct cache_key *key,
               const void *bytes, size_t size)
{
    if (!cache)
        return;
    if (size > CACHE_PAYLOAD_MAX || CACHE_HEADER_SIZE + (uint64_t)size > cache->max_size) {
        count(&cache->store_failures);
        log_write(&cache->log, VYRE_LOG_INFO, "cache: %zu bytes are too many to store", size);
        return;
    }
    char name[CACHE_NAME_SIZE];
    uint8_t header[CACHE_HEADER_SIZE];
    cache_entry_name(kind, key, name);
    cache_entry_header(kind, key, bytes, size, header);
    uint64_t number = atomic_fetch_add_explicit(&cache->next_number, 1, memory_order_relaxed);
    int error =
        cache_directory_write(cache->directory, name, number, cache->sync, header, bytes, size);
    if (error) {
        const char *text = strerrordesc_np(error);
        count(&cache->store_failures);
        log_write(&cache->log, VYRE_LOG_WARNING, "cache: cannot store %s: %s", name,
                  text ? text : "unknown error");
        return;
    }
    count(&cache->stores);
    evict(cache, name);
}

void vyre_cache_get_stats(struct vyre_cache *cache, struct vyre_cache_stats *out)
{
    *out = (struct vyre_cache_stats){ 0 };
    if (!cache)
        return;
    struct cache_listing listing = { .count = 0 };
    if (cache_directory_list(cache->directory, &listing) == VYRE_OK) {
        out->entries = listing.count;
        out->bytes = listing.bytes;
    }
    cache_listing_fini(&listing);
    out->hits = atomic_load(&cache->hits);
    out->misses = atomic_load(&cache->misses);
    out->damaged = atomic_load(&cache->damaged);
    out->stores = atomic_load(&cache->stores);
    out->store_failures = atomic_load(&cache->store_failures);
    out->evicted = atomic_load(&cache->evicted);
}

static bool is_valid(int directory, const struct cache_file *file)
{
    enum cache_kind kind;
    struct cache_key key;
    uint8_t *bytes = NULL;
    size_t size = 0;
    bool valid =
        cache_entry_parse_name(file->name, &kind, &key) &&
        cache_directory_read(directory, file->name, false, &bytes, &size) == CACHE_READ_OK &&
        cache_entry_verify(bytes, size, kind, &key);
    memory_free(bytes);
    return valid;
}

static int compare_name(const void *left, const void *right)
{
    const struct cache_file *a = left;
    const struct cache_file *b = right;
    return strcmp(a->name, b->name);
}

static enum vyre_result describe(int directory, struct cache_listing *listing,
                                 struct vyre_cache_entry **out)
{
    struct vyre_cache_entry *entries = memory_calloc(listing->count, sizeof *entries);
    if (!entries)
        return VYRE_ERR_NO_MEMORY;
    if (listing->count > 0)
        qsort(listing->items, listing->count, sizeof *listing->items, compare_name);
    for (size_t i = 0; i < listing->count; i++) {
        const struct cache_file *file = &listing->items[i];
        memcpy(entries[i].name, file->name, sizeof file->name);
        strncpy(entries[i].kind, cache_kind_name(file->kind), sizeof entries[i].kind - 1);
        entries[i].size = file->size;
        entries[i].used_at = file->used_seconds;
        entries[i].valid = is_valid(directory, file);
    }
    *out = entries;
    return VYRE_OK;
}

enum vyre_result vyre_cache_list(struct vyre_cache *cache, struct vyre_cache_entry **out,
                                 size_t *entry_count)
{
    if (!out || !entry_count)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    *entry_count = 0;
    struct cache_listing listing = { .count = 0 };
    enum vyre_result result = VYRE_OK;
    if (cache)
        result = cache_directory_list(cache->directory, &listing);
    if (!result)
        result = describe(cache ? cache->directory : -1, &listing, out);
    if (!result)
        *entry_count = listing.count;
    cache_listing_fini(&listing);
    return result;
}

enum vyre_result vyre_cache_clear(struct vyre_cache *cache, uint64_t *removed)
{
    if (removed)
        *removed = 0;
    if (!cache)
        return VYRE_OK;
    struct cache_listing listing = { .count = 0 };
    enum vyre_result result = cache_directory_list(cache->directory, &listing);
    for (size_t i = 0; !result && i < listing.count; i++) {
        if (cache_directory_remove(cache->directory, listing.items[i].name)) {
            if (removed)
                ++*removed;
        } else if (errno != ENOENT) {
            result = VYRE_ERR_IO;
        }
    }
    cache_listing_fini(&listing);
    return result;
}
