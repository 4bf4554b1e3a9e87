// SPDX-License-Identifier: MIT
// Many processes and threads on one directory, and disks that have no room.
#include "base/memory.h"
#include "entry.h"
#include "temporary.h"
#include "test.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 6, ROUNDS = 300, KEYS = 5, SIZE_MAX_BYTES = 20000 };

static int setup(void **state)
{
    struct temporary *temporary = malloc(sizeof *temporary);
    assert_non_null(temporary);
    temporary_init(temporary);
    *state = temporary;
    return 0;
}

static int teardown(void **state)
{
    temporary_fini(*state);
    free(*state);
    return 0;
}

// Payload of a writer: its length and its only byte value come from the same number, so a mixture
// of two writers is never a valid payload.
static size_t fill(uint8_t *out, unsigned writer, unsigned round)
{
    unsigned value = (writer * 31 + round) % 251;
    size_t size = 1 + value * 79 % SIZE_MAX_BYTES;
    memset(out, (int)value, size);
    return size;
}

static bool is_one_writers(const uint8_t *bytes, size_t size)
{
    if (size == 0 || size != 1 + (unsigned)bytes[0] * 79u % SIZE_MAX_BYTES)
        return false;
    for (size_t i = 1; i < size; i++) {
        if (bytes[i] != bytes[0])
            return false;
    }
    return true;
}

// Puts and gets the same few keys. Returns the number of wrong reads.
static unsigned use_cache(struct vyre_cache *cache, unsigned worker)
{
    unsigned wrong = 0;
    uint8_t *payload = malloc(SIZE_MAX_BYTES);
    for (unsigned round = 0; payload && round < ROUNDS; round++) {
        struct cache_key key = temporary_key((worker + round) % KEYS);
        cache_put(cache, CACHE_KIND_PIPELINE, &key, payload, fill(payload, worker, round));
        key = temporary_key(round % KEYS);
        uint8_t *bytes = NULL;
        size_t size = 0;
        enum vyre_result result = cache_get(cache, CACHE_KIND_PIPELINE, &key, &bytes, &size);
        wrong += result != VYRE_MISS && (result != VYRE_OK || !is_one_writers(bytes, size));
        memory_free(bytes);
    }
    free(payload);
    struct vyre_cache_stats stats;
    vyre_cache_get_stats(cache, &stats);
    return wrong + (unsigned)stats.damaged + (unsigned)stats.store_failures + (stats.hits == 0) +
           !payload;
}

static void processes_share_one_directory_without_torn_reads(void **state)
{
    pid_t children[WORKERS];
    for (unsigned worker = 0; worker < WORKERS; worker++) {
        children[worker] = fork();
        assert_true(children[worker] >= 0);
        if (children[worker] == 0) {
            struct vyre_cache *cache = temporary_open(*state, 0);
            unsigned wrong = use_cache(cache, worker);
            vyre_cache_close(&cache);
            _exit(wrong != 0);
        }
    }
    for (unsigned worker = 0; worker < WORKERS; worker++) {
        int status = -1;
        assert_int_equal(waitpid(children[worker], &status, 0), children[worker]);
        assert_int_equal(status, 0);
    }
    assert_int_equal(temporary_count(*state), KEYS);
}

// A cap that holds two or three entries: processes evict under each other's hands.
static void processes_that_evict_never_see_damage(void **state)
{
    pid_t children[WORKERS];
    for (unsigned worker = 0; worker < WORKERS; worker++) {
        children[worker] = fork();
        assert_true(children[worker] >= 0);
        if (children[worker] == 0) {
            struct vyre_cache *cache = temporary_open(*state, 2 * SIZE_MAX_BYTES);
            use_cache(cache, worker);
            struct vyre_cache_stats stats;
            vyre_cache_get_stats(cache, &stats);
            vyre_cache_close(&cache);
            _exit(stats.damaged || stats.store_failures || !stats.evicted);
        }
    }
    for (unsigned worker = 0; worker < WORKERS; worker++) {
        int status = -1;
        assert_int_equal(waitpid(children[worker], &status, 0), children[worker]);
        assert_int_equal(status, 0);
    }
}

struct thread_work {
    struct vyre_cache *cache;
    unsigned worker;
    unsigned wrong;
};

static void *use_cache_thread(void *argument)
{
    struct thread_work *work = argument;
    work->wrong = use_cache(work->cache, work->worker);
    return NULL;
}

static void threads_share_one_cache(void **state)
{
    struct vyre_cache *cache = temporary_open(*state, 0);
    pthread_t threads[WORKERS];
    struct thread_work work[WORKERS];
    for (unsigned i = 0; i < WORKERS; i++) {
        work[i] = (struct thread_work){ .cache = cache, .worker = i };
        assert_int_equal(pthread_create(&threads[i], NULL, use_cache_thread, &work[i]), 0);
    }
    for (unsigned i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(work[i].wrong, 0);
    }
    struct vyre_cache_stats stats;
    vyre_cache_get_stats(cache, &stats);
    assert_int_equal(stats.stores, WORKERS * ROUNDS);
    assert_int_equal(stats.hits + stats.misses, WORKERS * ROUNDS);
    assert_int_equal(stats.entries, KEYS);
    vyre_cache_close(&cache);
}

// A writer that is killed at any moment leaves whole entries and at most a stale temporary file.
static void a_killed_writer_leaves_no_damage(void **state)
{
    for (unsigned i = 0; i < 20; i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            struct vyre_cache *cache = temporary_open(*state, 0);
            for (;;)
                use_cache(cache, i);
        }
        usleep(1000 + i * 700);
        kill(child, SIGKILL);
        assert_int_equal(waitpid(child, NULL, 0), child);
    }
    struct vyre_cache *cache = temporary_open(*state, 0);
    struct vyre_cache_entry *entries = NULL;
    size_t count = 0;
    assert_result(VYRE_OK, vyre_cache_list(cache, &entries, &count));
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++)
        assert_true(entries[i].valid);
    memory_free(entries);
    assert_int_equal(temporary_count(*state), count); // listing took the stale files away
    vyre_cache_close(&cache);
}

// Puts ever larger payloads until the disk refuses; then small ones are still served.
static void fill_disk(struct vyre_cache *cache)
{
    const size_t large = (size_t)1 << 20;
    uint8_t *payload = calloc(1, large);
    assert_non_null(payload);
    struct cache_key small = temporary_key(1000);
    cache_put(cache, CACHE_KIND_SPIRV, &small, "small", 5);
    for (unsigned i = 0; i < 4; i++) {
        struct cache_key key = temporary_key(i);
        cache_put(cache, CACHE_KIND_SPIRV, &key, payload, large);
    }
    free(payload);
    struct vyre_cache_stats stats;
    vyre_cache_get_stats(cache, &stats);
    assert_true(stats.store_failures > 0);
    assert_true(stats.stores > 0);
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_result(VYRE_OK, cache_get(cache, CACHE_KIND_SPIRV, &small, &bytes, &size));
    assert_int_equal(size, 5);
    memory_free(bytes);
}

static void a_full_disk_is_not_an_error(void **state)
{
    struct temporary *temporary = *state;
    bool mounted = mount("tmpfs", temporary->path, "tmpfs", 0, "size=256k,mode=0700") == 0;
    struct rlimit old;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    if (!mounted) { // not root: a file size limit is the next best full disk
        signal(SIGXFSZ, SIG_IGN);
        const struct rlimit small = { .rlim_cur = 65536, .rlim_max = old.rlim_max };
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    }
    struct vyre_cache *cache = temporary_open(temporary, 0);
    fill_disk(cache);
    struct vyre_cache_stats stats;
    vyre_cache_get_stats(cache, &stats);
    assert_int_equal(temporary_count(temporary), stats.entries); // failed stores left nothing
    vyre_cache_close(&cache);
    setrlimit(RLIMIT_FSIZE, &old);
    if (mounted)
        assert_int_equal(umount(temporary->path), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(processes_share_one_directory_without_torn_reads),
        TEST(processes_that_evict_never_see_damage),
        TEST(threads_share_one_cache),
        TEST(a_killed_writer_leaves_no_damage),
        TEST(a_full_disk_is_not_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
