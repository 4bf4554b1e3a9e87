// SPDX-License-Identifier: MIT
#include "base/memory.h"
#include "entry.h"
#include "temporary.h"
#include "test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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

static void assert_hit(struct vyre_cache *cache, const struct cache_key *key, const char *text)
{
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_result(VYRE_OK, cache_get(cache, CACHE_KIND_SPIRV, key, &bytes, &size));
    assert_int_equal(size, strlen(text));
    assert_memory_equal(bytes, text, size);
    memory_free(bytes);
}

static void assert_miss(struct vyre_cache *cache, const struct cache_key *key)
{
    uint8_t *bytes = (uint8_t *)"";
    size_t size = 1;
    assert_result(VYRE_MISS, cache_get(cache, CACHE_KIND_SPIRV, key, &bytes, &size));
    assert_null(bytes);
    assert_int_equal(size, 0);
}

static void put(struct vyre_cache *cache, const struct cache_key *key, const char *text)
{
    cache_put(cache, CACHE_KIND_SPIRV, key, text, strlen(text));
}

static struct vyre_cache_stats stats_of(struct vyre_cache *cache)
{
    struct vyre_cache_stats stats;
    vyre_cache_get_stats(cache, &stats);
    return stats;
}

static void what_is_put_is_found_by_every_later_cache(void **state)
{
    struct vyre_cache *cache = temporary_open(*state, 0);
    struct cache_key key = temporary_key(1);
    assert_miss(cache, &key);
    put(cache, &key, "one");
    assert_hit(cache, &key, "one");
    put(cache, &key, "replaced");
    assert_hit(cache, &key, "replaced");
    put(cache, &key, "");
    assert_hit(cache, &key, "");
    struct vyre_cache_stats stats = stats_of(cache);
    assert_int_equal(stats.hits, 3);
    assert_int_equal(stats.misses, 1);
    assert_int_equal(stats.stores, 3);
    assert_int_equal(stats.entries, 1);
    assert_int_equal(stats.bytes, CACHE_HEADER_SIZE);
    struct vyre_cache *other = vyre_cache_ref(cache);
    vyre_cache_close(&cache);
    assert_null(cache);
    assert_hit(other, &key, "");
    vyre_cache_close(&other);

    cache = temporary_open(*state, 0);
    assert_hit(cache, &key, "");
    assert_int_equal(temporary_count(*state), 1); // no temporary file is left
    vyre_cache_close(&cache);
}

static void kinds_are_separate(void **state)
{
    struct vyre_cache *cache = temporary_open(*state, 0);
    struct cache_key key = temporary_key(1);
    put(cache, &key, "module");
    cache_put(cache, CACHE_KIND_PROBE, &key, "probe", 5);
    assert_hit(cache, &key, "module");
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_result(VYRE_MISS, cache_get(cache, CACHE_KIND_PIPELINE, &key, &bytes, &size));
    vyre_cache_close(&cache);
}

static void no_cache_always_misses(void **state)
{
    (void)state;
    struct vyre_cache *none = NULL;
    struct cache_key key = temporary_key(1);
    put(none, &key, "x");
    assert_miss(none, &key);
    assert_int_equal(stats_of(none).misses, 0);
    assert_null(vyre_cache_ref(none));
    assert_result(VYRE_OK, vyre_cache_clear(none, NULL));
    struct vyre_cache_entry *entries = NULL;
    size_t count = 1;
    assert_result(VYRE_OK, vyre_cache_list(none, &entries, &count));
    assert_int_equal(count, 0);
    memory_free(entries);
    vyre_cache_close(&none);
    vyre_cache_close(NULL);
}

// Damage on disk, not in memory: each change to the file must be a miss, once, and counted.
static void a_damaged_file_is_a_miss_and_is_removed(void **state)
{
    struct vyre_cache *cache = temporary_open(*state, 0);
    struct cache_key key = temporary_key(9);
    char path[256];
    temporary_entry(*state, CACHE_KIND_SPIRV, &key, path);
    const char text[] = "some bytes";
    const size_t total = CACHE_HEADER_SIZE + sizeof text - 1;
    for (size_t at = 0; at < 2 * total; at++) {
        put(cache, &key, text);
        if (at < total) {
            int file = open(path, O_RDWR);
            uint8_t byte;
            assert_int_equal(pread(file, &byte, 1, (off_t)at), 1);
            byte ^= (uint8_t)(1u << (at % 8));
            assert_int_equal(pwrite(file, &byte, 1, (off_t)at), 1);
            close(file);
        } else {
            assert_int_equal(truncate(path, (off_t)(at - total)), 0);
        }
        assert_miss(cache, &key);
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(stats_of(cache).damaged, at + 1);
    }
    vyre_cache_close(&cache);
}

static void a_link_or_pipe_in_place_of_an_entry_is_not_followed(void **state)
{
    struct vyre_cache *cache = temporary_open(*state, 0);
    struct cache_key key = temporary_key(5);
    char path[256];
    char target[256];
    temporary_entry(*state, CACHE_KIND_SPIRV, &key, path);
    temporary_path(*state, "elsewhere", target);
    put(cache, &key, "real");
    assert_int_equal(rename(path, target), 0); // a good entry, but behind a link
    assert_int_equal(symlink(target, path), 0);
    assert_miss(cache, &key);
    struct stat status;
    assert_int_equal(lstat(path, &status), -1);
    assert_int_equal(stat(target, &status), 0);

    assert_int_equal(symlink(target, path), 0); // a store replaces the link, not what it names
    put(cache, &key, "new");
    assert_int_equal(lstat(path, &status), 0);
    assert_true(S_ISREG(status.st_mode));
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(stat(target, &status), 0);
    assert_int_equal(status.st_size, CACHE_HEADER_SIZE + 4);

    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_miss(cache, &key);
    assert_int_equal(access(path, F_OK), -1);

    assert_int_equal(mkdir(path, 0700), 0); // what cannot be removed is still only a miss
    assert_miss(cache, &key);
    put(cache, &key, "no room");
    assert_int_equal(stats_of(cache).store_failures, 1);
    assert_int_equal(temporary_count(*state), 2);
    vyre_cache_close(&cache);
}

static void the_least_recently_used_go_first(void **state)
{
    // Room for four entries of 100 bytes of payload.
    struct vyre_cache *cache = temporary_open(*state, 4 * (CACHE_HEADER_SIZE + 100));
    char text[101];
    memset(text, 'x', 100);
    text[100] = '\0';
    struct cache_key keys[7];
    for (unsigned i = 0; i < 7; i++)
        keys[i] = temporary_key(i);
    for (unsigned i = 0; i < 4; i++)
        put(cache, &keys[i], text);
    assert_int_equal(stats_of(cache).evicted, 0);
    assert_hit(cache, &keys[0], text); // 1 is the oldest now
    put(cache, &keys[4], text);
    put(cache, &keys[5], text);
    assert_miss(cache, &keys[1]);
    assert_miss(cache, &keys[2]);
    assert_hit(cache, &keys[3], text);
    assert_hit(cache, &keys[0], text);
    assert_int_equal(stats_of(cache).evicted, 2);
    put(cache, &keys[6], text); // 4 is the oldest
    assert_miss(cache, &keys[4]);
    assert_int_equal(stats_of(cache).entries, 4);
    assert_true(stats_of(cache).bytes <= 4 * (CACHE_HEADER_SIZE + 100));
    vyre_cache_close(&cache);
}

static void what_is_larger_than_the_cap_is_not_stored(void **state)
{
    struct vyre_cache *cache = temporary_open(*state, CACHE_HEADER_SIZE + 4);
    struct cache_key small = temporary_key(1);
    struct cache_key large = temporary_key(2);
    put(cache, &small, "1234");
    put(cache, &large, "12345");
    assert_hit(cache, &small, "1234");
    assert_miss(cache, &large);
    assert_int_equal(stats_of(cache).store_failures, 1);
    vyre_cache_close(&cache);
}

static void touch_file(const char *path, time_t age)
{
    int file = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(file >= 0);
    struct timespec times[2];
    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[0].tv_sec -= age;
    times[1] = times[0];
    assert_int_equal(futimens(file, times), 0);
    close(file);
}

static void clear_removes_entries_and_stale_files_only(void **state)
{
    struct vyre_cache *cache = temporary_open(*state, 0);
    struct cache_key key = temporary_key(1);
    char path[256];
    char live[CACHE_NAME_SIZE];
    char old[CACHE_NAME_SIZE];
    put(cache, &key, "one");
    cache_put(cache, CACHE_KIND_PROBE, &key, "two", 3);
    touch_file(temporary_entry(*state, CACHE_KIND_PIPELINE, &key, path), 0); // damaged, still ours
    touch_file(temporary_path(*state, "README", path), 9999);
    touch_file(temporary_path(*state, "0123.spirv", path), 9999);
    touch_file(temporary_path(*state, ".tmp-2147483646-1", path), 0); // no such process
    cache_temporary_name(getpid(), 1, live);
    touch_file(temporary_path(*state, live, path), 0);
    cache_temporary_name(getpid(), 2, old);
    touch_file(temporary_path(*state, old, path), 9999);

    uint64_t removed = 0;
    assert_result(VYRE_OK, vyre_cache_clear(cache, &removed));
    assert_int_equal(removed, 3);
    assert_int_equal(access(temporary_path(*state, "README", path), F_OK), 0);
    assert_int_equal(access(temporary_path(*state, "0123.spirv", path), F_OK), 0);
    assert_int_equal(access(temporary_path(*state, live, path), F_OK), 0);
    assert_int_equal(temporary_count(*state), 3);
    vyre_cache_close(&cache);
}

static void list_tells_what_is_there_and_what_is_damaged(void **state)
{
    struct vyre_cache *cache = temporary_open(*state, 0);
    struct cache_key keys[2] = { temporary_key(1), temporary_key(2) };
    char path[256];
    put(cache, &keys[0], "four");
    put(cache, &keys[1], "x");
    assert_int_equal(truncate(temporary_entry(*state, CACHE_KIND_SPIRV, &keys[1], path), 10), 0);
    struct vyre_cache_entry *entries = NULL;
    size_t count = 0;
    assert_result(VYRE_OK, vyre_cache_list(cache, &entries, &count));
    assert_int_equal(count, 2);
    assert_true(strcmp(entries[0].name, entries[1].name) < 0);
    const struct vyre_cache_entry *good = &entries[entries[0].size == 10];
    assert_string_equal(good->kind, "spirv");
    assert_int_equal(good->size, CACHE_HEADER_SIZE + 4);
    assert_true(good->valid);
    assert_true(good->used_at > 1600000000);
    assert_false(entries[entries[0].size != 10].valid);
    assert_int_equal(stats_of(cache).damaged, 0); // looking is not using
    memory_free(entries);
    vyre_cache_close(&cache);
}

static void refused(const char *directory, const char *code)
{
    struct test_diags diags = { .size = 0 };
    struct vyre_cache *cache = NULL;
    assert_result(VYRE_ERR_IO, vyre_cache_open(vyre_cache_params(.directory = directory,
                                                                 .diag = test_diag_sink(&diags)),
                                               &cache));
    assert_null(cache);
    assert_int_equal(diags.count, 1);
    assert_memory_equal(diags.text, code, 4);
}

static void unsafe_directories_are_refused(void **state)
{
    char path[256];
    char target[256];
    temporary_path(*state, "shared", path);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chmod(path, 0720), 0);
    refused(path, "C002");
    assert_int_equal(chmod(path, 01777), 0);
    refused(path, "C002");
    assert_int_equal(chmod(path, 0755), 0); // others may read, that is harmless
    struct vyre_cache *cache = NULL;
    assert_result(VYRE_OK, vyre_cache_open(vyre_cache_params(.directory = path), &cache));
    vyre_cache_close(&cache);

    assert_int_equal(symlink(path, temporary_path(*state, "link", target)), 0);
    refused(target, "C002");
    refused(temporary_path(*state, "link//", target), "C002"); // a slash would follow the link
    touch_file(temporary_path(*state, "file", target), 0);
    refused(target, "C001");
    refused(temporary_path(*state, "file/below", target), "C001");
    if (geteuid() == 0) {
        assert_int_equal(chown(path, 12345, 12345), 0);
        refused(path, "C002");
    }
}

static void missing_directories_are_made_private(void **state)
{
    char path[256];
    mode_t mask = umask(0);
    struct vyre_cache *cache = NULL;
    temporary_path(*state, "a/b//c/", path);
    assert_result(VYRE_OK, vyre_cache_open(vyre_cache_params(.directory = path), &cache));
    umask(mask);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    assert_int_equal(stat(temporary_path(*state, "a", path), &status), 0);
    assert_int_equal(status.st_mode & 07777, 0700);
    vyre_cache_close(&cache);
}

static void wrong_arguments_are_refused(void **state)
{
    (void)state;
    struct vyre_cache *cache = NULL;
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_cache_open(NULL, &cache));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_cache_open(vyre_cache_params(.directory = NULL), &cache));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_cache_open(vyre_cache_params(.directory = ""), &cache));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_cache_open(vyre_cache_params(.directory = "/tmp"), NULL));
}

// Every allocation of every call fails once: typed results, nothing leaked, nothing lost but a hit.
static void every_failed_allocation_is_survived(void **state)
{
    struct temporary *temporary = *state;
    struct cache_key key = temporary_key(1);
    struct vyre_cache *keep = temporary_open(temporary, 0);
    unsigned failures = 0;
    for (uint64_t nth = 1; nth < 100; nth++) {
        put(keep, &key, "kept");
        struct vyre_cache *cache = NULL;
        struct vyre_cache_entry *entries = NULL;
        uint8_t *bytes = NULL;
        size_t size = 0;
        memory_fail_nth(nth);
        enum vyre_result opened =
            vyre_cache_open(vyre_cache_params(.directory = temporary->path), &cache);
        enum vyre_result got = cache_get(cache, CACHE_KIND_SPIRV, &key, &bytes, &size);
        put(cache, &key, "kept");
        enum vyre_result listed = vyre_cache_list(cache, &entries, &size);
        enum vyre_result cleared = vyre_cache_clear(cache, NULL);
        uint64_t used = memory_fail_nth(0);
        assert_true(opened == VYRE_OK || (opened == VYRE_ERR_NO_MEMORY && !cache));
        assert_true(got == VYRE_OK || got == (cache ? VYRE_ERR_NO_MEMORY : VYRE_MISS));
        assert_true(listed == VYRE_OK || listed == VYRE_ERR_NO_MEMORY);
        assert_true(cleared == VYRE_OK || cleared == VYRE_ERR_NO_MEMORY);
        failures += opened || got || listed || cleared;
        memory_free(bytes);
        memory_free(entries);
        vyre_cache_close(&cache);
        if (used < nth)
            break;
    }
    assert_true(failures >= 5);
    vyre_cache_close(&keep);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(what_is_put_is_found_by_every_later_cache),
        TEST(kinds_are_separate),
        TEST(no_cache_always_misses),
        TEST(a_damaged_file_is_a_miss_and_is_removed),
        TEST(a_link_or_pipe_in_place_of_an_entry_is_not_followed),
        TEST(the_least_recently_used_go_first),
        TEST(what_is_larger_than_the_cap_is_not_stored),
        TEST(clear_removes_entries_and_stale_files_only),
        TEST(list_tells_what_is_there_and_what_is_damaged),
        TEST(unsafe_directories_are_refused),
        TEST(missing_directories_are_made_private),
        TEST(wrong_arguments_are_refused),
        TEST(every_failed_allocation_is_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
