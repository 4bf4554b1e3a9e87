// SPDX-License-Identifier: MIT
// A warm start lowers nothing and hands the driver a verified blob; damage only costs a miss.
#include "kernel_text.h"

#include "cache/store.h"

#include <fcntl.h>
#include <ftw.h>
#include <unistd.h>

static const char text[] = "workgroup 64\n"
                           "buffer out : u32[] readwrite @0\n"
                           "out[gid.x] = gid.x * 5\n";

static char directory[64];

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

static int setup(void **state)
{
    struct vyre_cache *cache = NULL;
    snprintf(directory, sizeof directory, "/tmp/vyre-kernel-test-XXXXXX");
    assert_non_null(mkdtemp(directory));
    assert_result(VYRE_OK, vyre_cache_open(vyre_cache_params(.directory = directory), &cache));
    *state = cache;
    return 0;
}

static int teardown(void **state)
{
    struct vyre_cache *cache = *state;
    vyre_cache_close(&cache);
    return nftw(directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct vyre_kernel_stats create(struct vyre_device *device, const char *program_text,
                                       struct vyre_cache *cache)
{
    struct vyre_kernel *kernel = test_kernel(device, program_text, cache);
    struct vyre_kernel_stats stats;
    vyre_kernel_get_stats(kernel, &stats);
    uint32_t *words = NULL;
    struct vyre_argument argument = { .buffer = test_buffer(device, 400, &words) };
    test_dispatch(kernel, &argument, 1, NULL);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(words[i], i * 5);
    vyre_buffer_destroy(&argument.buffer);
    vyre_kernel_destroy(&kernel);
    return stats;
}

// Whether this driver gives a blob at all: lavapipe does.
static bool driver_has_blobs(struct vyre_cache *cache)
{
    struct vyre_cache_entry *entries = NULL;
    size_t count = 0;
    bool found = false;
    assert_result(VYRE_OK, vyre_cache_list(cache, &entries, &count));
    for (size_t i = 0; i < count; i++)
        found = found || strcmp(entries[i].kind, "pipeline") == 0;
    vyre_free(entries);
    return found;
}

static void a_warm_start_lowers_nothing(void **state)
{
    struct vyre_cache *cache = *state;
    struct vyre_device *device = test_device(NULL);
    struct vyre_kernel_stats cold = create(device, text, cache);
    assert_false(cold.module_cached);
    assert_false(cold.pipeline_cached);
    assert_true(cold.lower_ns > 0);
    test_device_done(&device);

    device = test_device(NULL); // another device object, as in another process
    struct vyre_kernel_stats warm = create(device, text, cache);
    assert_true(warm.module_cached);
    assert_int_equal(warm.pipeline_cached, driver_has_blobs(cache));
    assert_int_equal(warm.lower_ns, 0);
    assert_true(warm.pipeline_ns > 0);
    assert_int_equal(warm.word_count, cold.word_count);
    struct vyre_cache_stats stats;
    vyre_cache_get_stats(cache, &stats);
    assert_int_equal(stats.stores, 1 + driver_has_blobs(cache));
    assert_int_equal(stats.damaged, 0);
    test_device_done(&device);
}

static void another_program_target_or_option_is_another_module(void **state)
{
    struct vyre_cache *cache = *state;
    struct vyre_device *device = test_device(NULL);
    create(device, text, cache);
    // The same results, but not the same program.
    assert_false(create(device,
                        "workgroup 64\nbuffer out : u32[] readwrite @0\nout[gid.x] = 5 * gid.x\n",
                        cache)
                     .module_cached);
    struct vyre_program *program = test_program(text);
    struct vyre_kernel *kernel = NULL;
    struct vyre_kernel_stats stats;
    assert_result(VYRE_OK, vyre_kernel_create(device,
                                              vyre_kernel_params(.program = program, .cache = cache,
                                                                 .no_optimize = true),
                                              &kernel));
    vyre_kernel_get_stats(kernel, &stats);
    assert_false(stats.module_cached);
    vyre_kernel_destroy(&kernel);
    vyre_program_destroy(&program);
    test_device_done(&device);

    const struct vyre_pretend pretend = { .no_vulkan_memory_model = true, .loop_limit = 77 };
    device = test_device(&pretend);
    assert_false(create(device, text, cache).module_cached);
    assert_true(create(device, text, cache).module_cached);
    test_device_done(&device);
}

// Flips a byte of every entry, at `at` from the end of the file.
static void damage_all(struct vyre_cache *cache, off_t at)
{
    struct vyre_cache_entry *entries = NULL;
    size_t count = 0;
    assert_result(VYRE_OK, vyre_cache_list(cache, &entries, &count));
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        char path[160];
        uint8_t byte = 0;
        snprintf(path, sizeof path, "%s/%s", directory, entries[i].name);
        int file = open(path, O_RDWR);
        off_t place = (off_t)entries[i].size - 1 - at % (off_t)entries[i].size;
        assert_int_equal(pread(file, &byte, 1, place), 1);
        byte ^= 0x10;
        assert_int_equal(pwrite(file, &byte, 1, place), 1);
        close(file);
    }
    vyre_free(entries);
}

static void damaged_entries_are_made_again(void **state)
{
    struct vyre_cache *cache = *state;
    struct vyre_device *device = test_device(NULL);
    create(device, text, cache);
    for (off_t at = 0; at < 400; at += 37) {
        damage_all(cache, at);
        struct vyre_kernel_stats stats = create(device, text, cache);
        assert_false(stats.module_cached);
        assert_false(stats.pipeline_cached);
        assert_true(create(device, text, cache).module_cached);
    }
    struct vyre_cache_stats counters;
    vyre_cache_get_stats(cache, &counters);
    assert_true(counters.damaged >= 11);
    test_device_done(&device);
}

// Entries whose checksum is right and whose contents are not: what a bug or an attacker with the
// user's rights could write. They are misses, and no driver sees them.
static void well_wrapped_nonsense_is_a_miss(void **state)
{
    struct vyre_cache *cache = *state;
    struct vyre_device *device = test_device(NULL);
    create(device, text, cache);
    struct vyre_cache_entry *entries = NULL;
    size_t count = 0;
    assert_result(VYRE_OK, vyre_cache_list(cache, &entries, &count));
    for (size_t i = 0; i < count; i++) {
        if (strcmp(entries[i].kind, "spirv") != 0)
            continue;
        struct cache_key key;
        for (size_t b = 0; b < CACHE_KEY_SIZE; b++) {
            unsigned byte = 0;
            assert_int_equal(sscanf(entries[i].name + 2 * b, "%2x", &byte), 1);
            key.bytes[b] = (uint8_t)byte;
        }
        uint8_t *good = NULL;
        size_t size = 0;
        assert_result(VYRE_OK, cache_get(cache, CACHE_KIND_SPIRV, &key, &good, &size));
        for (size_t cut = 0; cut < size; cut += 4) {
            cache_put(cache, CACHE_KIND_SPIRV, &key, good, cut);
            struct vyre_kernel_stats stats = create(device, text, cache);
            assert_false(stats.module_cached);
        }
        // Full subgroups of a width that this device does not promise.
        enum { FIXED = 14, SUBGROUP_SIZE = 12 }; // words of what is saved of the module
        struct vyre_target target;
        vyre_device_target(device, &target);
        good[4 * SUBGROUP_SIZE] = target.full_subgroup_size == 32 ? 64 : 32;
        cache_put(cache, CACHE_KIND_SPIRV, &key, good, size);
        assert_false(create(device, text, cache).module_cached);
        good[4 * SUBGROUP_SIZE] = 0;
        // The word count of the first instruction, behind bindings, terms and the header of the
        // SPIR-V: the lengths of the rest do not add up.
        const size_t bindings = good[4 * 3], terms = good[4 * 10];
        const size_t spirv = FIXED + 4 * bindings + 3 * terms;
        assert_memory_equal(good + 4 * spirv, "\x03\x02\x23\x07", 4);
        good[4 * (spirv + 5) + 2] ^= 0x55;
        cache_put(cache, CACHE_KIND_SPIRV, &key, good, size);
        assert_false(create(device, text, cache).module_cached);
        assert_true(create(device, text, cache).module_cached);
        vyre_free(good);
    }
    vyre_free(entries);
    test_device_done(&device);
}

static void a_warm_start_of_parts_lowers_none_of_them(void **state)
{
    static const char parts[] = "workgroup 64\n"
                                "buffer out : u32[] readwrite @0\n"
                                "out[gid.x] = gid.x * 3\n"
                                "barrier grid_sync\n"
                                "out[gid.x] = out[gid.x] + gid.x * 2\n";
    struct vyre_device *device = test_device(NULL);
    struct vyre_kernel_stats cold = create(device, parts, *state);
    assert_false(cold.module_cached);
    assert_true(cold.lower_ns > 0);
    struct vyre_kernel_stats warm = create(device, parts, *state);
    assert_true(warm.module_cached);
    assert_int_equal(warm.lower_ns, 0);
    assert_int_equal(warm.word_count, cold.word_count);
    test_device_done(&device);
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_warm_start_lowers_nothing),
        TEST(a_warm_start_of_parts_lowers_none_of_them),
        TEST(another_program_target_or_option_is_another_module),
        TEST(damaged_entries_are_made_again),
        TEST(well_wrapped_nonsense_is_a_miss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
