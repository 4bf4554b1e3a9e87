// SPDX-License-Identifier: MIT
#include "snapshots.h"

static const uint32_t all = UINT32_MAX;

static uint32_t choose(const struct vk_snapshot *snapshot, enum vyre_buffer_use use,
                       uint32_t allowed)
{
    bool unified = snapshot->type == VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU ||
                   snapshot->type == VK_PHYSICAL_DEVICE_TYPE_CPU;
    return vk_plan_memory_type(&snapshot->memory, unified, use, allowed);
}

static void a_card_reads_back_from_cached_host_memory(void **state)
{
    (void)state;
    struct vk_snapshot snapshot = discrete_snapshot();
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_READBACK, all), 3);
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_READBACK, 0x7), 1); // the next best
}

static void a_card_takes_uploads_in_host_memory_unless_its_window_is_large(void **state)
{
    (void)state;
    struct vk_snapshot snapshot = discrete_snapshot();
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_UPLOAD, all), 1);
    snapshot.memory.memoryHeaps[2].size = 8 * gib; // resizable BAR
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_UPLOAD, all), 2);
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_UPLOAD, 0xa), 1);
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_UPLOAD, 0x8), 3);
}

static void a_card_keeps_its_window_free_of_device_buffers(void **state)
{
    (void)state;
    struct vk_snapshot snapshot = discrete_snapshot();
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_DEVICE, all), 0);
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_DEVICE, 0xe), 2);
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_DEVICE, 0xa), 1);
}

static void an_integrated_device_works_in_place(void **state)
{
    (void)state;
    struct vk_snapshot snapshot = integrated_snapshot();
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_READBACK, all), 1);
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_UPLOAD, all), 0);
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_DEVICE, all), 0);
}

static void one_type_serves_everything(void **state)
{
    (void)state;
    struct vk_snapshot snapshot = cpu_snapshot();
    for (int use = VYRE_BUFFER_READBACK; use <= VYRE_BUFFER_DEVICE; use++)
        assert_int_equal(choose(&snapshot, (enum vyre_buffer_use)use, all), 0);
}

static void the_host_never_gets_memory_that_is_not_coherent(void **state)
{
    (void)state;
    struct vk_snapshot snapshot = discrete_snapshot();
    for (uint32_t i = 0; i < snapshot.memory.memoryTypeCount; i++)
        snapshot.memory.memoryTypes[i].propertyFlags &= ~(VkMemoryPropertyFlags)COHERENT;
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_READBACK, all), UINT32_MAX);
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_UPLOAD, all), UINT32_MAX);
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_DEVICE, all), 0);
}

static void special_memory_is_never_taken(void **state)
{
    (void)state;
    static const VkMemoryPropertyFlags special[] = {
        VK_MEMORY_PROPERTY_PROTECTED_BIT,
        VK_MEMORY_PROPERTY_LAZILY_ALLOCATED_BIT,
        VK_MEMORY_PROPERTY_DEVICE_COHERENT_BIT_AMD,
        VK_MEMORY_PROPERTY_DEVICE_UNCACHED_BIT_AMD,
    };
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        struct vk_snapshot snapshot = cpu_snapshot();
        snapshot.memory.memoryTypes[0].propertyFlags |= special[i];
        for (int use = VYRE_BUFFER_READBACK; use <= VYRE_BUFFER_DEVICE; use++)
            assert_int_equal(choose(&snapshot, (enum vyre_buffer_use)use, all), UINT32_MAX);
    }
}

static void nothing_allowed_is_nothing_found(void **state)
{
    (void)state;
    struct vk_snapshot snapshot = discrete_snapshot();
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_DEVICE, 0), UINT32_MAX);
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_DEVICE, 0xfffffff0), UINT32_MAX);
    // A driver that lies about its heaps is not followed out of the array.
    snapshot.memory.memoryTypes[0].heapIndex = 1000;
    assert_int_equal(choose(&snapshot, VYRE_BUFFER_DEVICE, 1), UINT32_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_reads_back_from_cached_host_memory),
        cmocka_unit_test(a_card_takes_uploads_in_host_memory_unless_its_window_is_large),
        cmocka_unit_test(a_card_keeps_its_window_free_of_device_buffers),
        cmocka_unit_test(an_integrated_device_works_in_place),
        cmocka_unit_test(one_type_serves_everything),
        cmocka_unit_test(the_host_never_gets_memory_that_is_not_coherent),
        cmocka_unit_test(special_memory_is_never_taken),
        cmocka_unit_test(nothing_allowed_is_nothing_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
