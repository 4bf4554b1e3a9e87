// SPDX-License-Identifier: MIT
// What a probe found out is remembered beside the cache.
#include "device.h"

#include "base/memory.h"
#include "cache/store.h"
#include "key.h"
#include "vk/probe.h"

#include <ftw.h>
#include <unistd.h>

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
    snprintf(directory, sizeof directory, "/tmp/vyre-probe-test-XXXXXX");
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

// Opens a device with the cache and returns its loop limit; *key is that of its probe.
static uint32_t loop_limit(struct vyre_cache *cache, struct cache_key *key)
{
    struct vyre_device *device = NULL;
    assert_result(VYRE_OK, vyre_device_create(vyre_device_params(.cache = cache), &device));
    uint8_t identity[VK_DRIVER_IDENTITY_SIZE];
    vk_device_identity(device, identity);
    kernel_key_probe(identity, sizeof identity, key);
    struct vyre_target target;
    vyre_device_target(device, &target);
    vyre_device_destroy(&device);
    return target.loop_limit;
}

static struct vyre_cache_stats stats_of(struct vyre_cache *cache)
{
    struct vyre_cache_stats stats;
    vyre_cache_get_stats(cache, &stats);
    return stats;
}

static void a_second_opening_takes_the_result_from_the_cache(void **state)
{
    struct vyre_cache *cache = *state;
    struct cache_key key;
    uint32_t probed = loop_limit(cache, &key);
    assert_int_equal(stats_of(cache).stores, 1);
    assert_int_equal(loop_limit(cache, &key), probed);
    assert_int_equal(stats_of(cache).hits, 1);
    assert_int_equal(stats_of(cache).stores, 1);

    // Only the cache can say this: the shader did not run.
    cache_put(cache, CACHE_KIND_PROBE, &key, "\x21\x43\x65\x07\0\0\0\0\0\0\0\0", 12);
    assert_int_equal(loop_limit(cache, &key), 0x07654321);
}

static void what_is_not_a_result_is_probed_again(void **state)
{
    struct vyre_cache *cache = *state;
    struct cache_key key;
    uint32_t probed = loop_limit(cache, &key);
    cache_put(cache, CACHE_KIND_PROBE, &key, "short", 3);
    assert_int_equal(loop_limit(cache, &key), probed);
    uint8_t *bytes = NULL;
    size_t size = 0;
    assert_result(VYRE_OK, cache_get(cache, CACHE_KIND_PROBE, &key, &bytes, &size));
    assert_int_equal(size, 12);
    memory_free(bytes);
}

static void a_pretended_limit_is_not_remembered(void **state)
{
    struct vyre_cache *cache = *state;
    struct vyre_device *device = NULL;
    const struct vyre_pretend pretend = { .loop_limit = 1000 };
    assert_result(VYRE_OK, vyre_device_create(
                               vyre_device_params(.cache = cache, .pretend = &pretend), &device));
    vyre_device_destroy(&device);
    assert_int_equal(stats_of(cache).entries, 0);
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_second_opening_takes_the_result_from_the_cache),
        TEST(what_is_not_a_result_is_probed_again),
        TEST(a_pretended_limit_is_not_remembered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
