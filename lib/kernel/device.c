// SPDX-License-Identifier: MIT
// Opening a device with what the cache remembers of its probes. It stands here because vk knows no
// cache and cache knows no Vulkan.
#include "base/memory.h"
#include "cache/store.h"
#include "key.h"
#include "vk/probe.h"

// The payload of a probe entry, little-endian: the loop limit, the float instructions that are
// right, those of them that are when constants are hidden.
enum { PROBE_WORDS = 3, PROBE_SIZE = 4 * PROBE_WORDS };

static uint32_t get_word(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static bool load(void *user, const uint8_t identity[VK_DRIVER_IDENTITY_SIZE], struct vk_probe *out)
{
    struct cache_key key;
    uint8_t *bytes = NULL;
    size_t size = 0;
    kernel_key_probe(identity, VK_DRIVER_IDENTITY_SIZE, &key);
    // Without memory the probe runs again, or fails by itself.
    bool known =
        cache_get(user, CACHE_KIND_PROBE, &key, &bytes, &size) == VYRE_OK && size == PROBE_SIZE;
    if (known)
        *out = (struct vk_probe){ .loop_limit = get_word(bytes),
                                  .exact_floats = get_word(bytes + 4),
                                  .hidden_floats = get_word(bytes + 8) };
    memory_free(bytes);
    return known;
}

static void save(void *user, const uint8_t identity[VK_DRIVER_IDENTITY_SIZE],
                 const struct vk_probe *probe)
{
    struct cache_key key;
    uint8_t bytes[PROBE_SIZE];
    const uint32_t words[PROBE_WORDS] = { probe->loop_limit, probe->exact_floats,
                                          probe->hidden_floats };
    for (unsigned i = 0; i < PROBE_SIZE; i++)
        bytes[i] = (uint8_t)(words[i / 4] >> (8 * (i % 4)));
    kernel_key_probe(identity, VK_DRIVER_IDENTITY_SIZE, &key);
    cache_put(user, CACHE_KIND_PROBE, &key, bytes, sizeof bytes);
}

enum vyre_result vyre_device_create(const struct vyre_device_params *params,
                                    struct vyre_device **out)
{
    struct vyre_cache *cache = params ? params->cache : NULL;
    const struct vk_probe_store store = { .load = load, .save = save, .user = cache };
    return vk_device_open(params, cache ? &store : NULL, out);
}
