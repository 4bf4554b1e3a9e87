// SPDX-License-Identifier: MIT
// The Nth call of every Vulkan function, and the Nth allocation, fails: a typed result each time,
// nothing left behind, and in the end success. The validation layer, below the fault layer, says at
// the end of every device whether one of its objects was forgotten; ASan sees the host side.
#include "vk_path.h"

#include "base/memory.h"
#include "object.h"

struct log_count {
    unsigned validation;
    char last[1000];
};

static void count_validation(void *user, enum vyre_log_level level, const char *text)
{
    struct log_count *count = user;
    if (level == VYRE_LOG_ERROR && strncmp(text, "validation: ", 12) == 0) {
        count->validation++;
        snprintf(count->last, sizeof count->last, "%s", text);
    }
}

static bool with_validation;

static enum vyre_result run(const struct vyre_pretend *pretend)
{
    struct log_count count = { 0 };
    enum vyre_result result =
        path_run(vyre_device_params(.validation = with_validation, .pretend = pretend,
                                    .log = { count_validation, &count }));
    if (count.validation)
        fail_msg("%u validation messages, the last: %s", count.validation, count.last);
    return result;
}

// Runs the path with the 1st, 2nd, ... call failing until no call is left to fail. Returns how many
// calls there were.
static unsigned fail_each(const char *function, const char *injected, enum vyre_result expected,
                          const struct vyre_pretend *pretend)
{
    char fault[100];
    for (unsigned nth = 1; nth < 200; nth++) {
        snprintf(fault, sizeof fault, "%s:%u:%s", function, nth, injected);
        fault_only("VYRE_FAULT_FAIL", fault);
        enum vyre_result result = run(pretend);
        if (!fault_fired()) {
            if (result != VYRE_OK)
                fail_msg("%s: %s without a fault", fault, vyre_result_name(result));
            return nth - 1;
        }
        // Success means that the library knew another way.
        if (result != expected && result != VYRE_OK)
            fail_msg("%s: %s, expected %s", fault, vyre_result_name(result),
                     vyre_result_name(expected));
    }
    fail_msg("%s is called without end", function);
    return 0;
}

static const struct {
    const char *name;
    bool must_be_called; // otherwise only on some devices
} functions[] = {
    { "vkCreateInstance", true },
    { "vkEnumeratePhysicalDevices", true },
    { "vkEnumerateDeviceExtensionProperties", true },
    { "vkCreateDevice", true },
    { "vkAllocateCommandBuffers", true },
    { "vkAllocateDescriptorSets", true },
    { "vkAllocateMemory", true },
    { "vkBeginCommandBuffer", true },
    { "vkBindBufferMemory", true },
    { "vkCreateBuffer", true },
    { "vkCreateCommandPool", true },
    { "vkCreateComputePipelines", true },
    { "vkCreateDescriptorPool", true },
    { "vkCreateDescriptorSetLayout", true },
    { "vkCreatePipelineCache", true },
    { "vkCreatePipelineLayout", true },
    { "vkCreateSemaphore", false },
    { "vkCreateShaderModule", true },
    { "vkEndCommandBuffer", true },
    { "vkGetMemoryHostPointerPropertiesEXT", false },
    { "vkGetPipelineCacheData", true },
    { "vkMapMemory", true },
    { "vkQueueSubmit", true },
    { "vkResetCommandPool", true },
    { "vkWaitSemaphores", false },
    { "vkGetSemaphoreCounterValue", false },
};

static void every_call_may_run_out_of_host_memory(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        unsigned calls = fail_each(functions[i].name, "host_memory", VYRE_ERR_NO_MEMORY, NULL);
        if (functions[i].must_be_called && !calls)
            fail_msg("%s is never called: the layer does not see it", functions[i].name);
    }
}

static void what_takes_device_memory_may_run_out_of_it(void **state)
{
    (void)state;
    static const char *const takers[] = { "vkAllocateMemory", "vkCreateComputePipelines",
                                          "vkQueueSubmit", "vkCreateDescriptorPool" };
    for (size_t i = 0; i < sizeof takers / sizeof takers[0]; i++)
        assert_true(fail_each(takers[i], "device_memory", VYRE_ERR_NO_MEMORY, NULL) > 0);
}

static void fences_may_fail_too(void **state)
{
    (void)state;
    static const char *const of_fences[] = { "vkCreateFence", "vkResetFences", "vkWaitForFences",
                                             "vkGetFenceStatus" };
    const struct vyre_pretend fences = { .no_timeline = true };
    for (size_t i = 0; i < sizeof of_fences / sizeof of_fences[0]; i++)
        assert_true(fail_each(of_fences[i], "host_memory", VYRE_ERR_NO_MEMORY, &fences) > 0);
}

static void other_results_keep_their_meaning(void **state)
{
    (void)state;
    assert_true(fail_each("vkCreateDevice", "initialization", VYRE_ERR_DEVICE, NULL) > 0);
    assert_true(fail_each("vkCreateDevice", "-7", VYRE_ERR_UNSUPPORTED, NULL) > 0);
    assert_true(fail_each("vkMapMemory", "-5", VYRE_ERR_DEVICE, NULL) > 0);
    assert_true(fail_each("vkAllocateMemory", "-10", VYRE_ERR_LIMIT, NULL) > 0);
    assert_true(fail_each("vkCreateComputePipelines", "-13", VYRE_ERR_DEVICE, NULL) > 0);
    // A success code where none is expected made no object; it must not be taken for one.
    assert_true(fail_each("vkCreateBuffer", "5", VYRE_ERR_DEVICE, NULL) > 0);
}

static void every_host_allocation_may_fail(void **state)
{
    (void)state;
    fault_none();
    for (uint64_t nth = 1; nth < 1000; nth++) {
        (void)memory_fail_nth(nth);
        enum vyre_result result = run(NULL);
        uint64_t allocations = memory_fail_nth(0);
        if (allocations < nth) {
            assert_result(VYRE_OK, result);
            assert_true(nth > 10); // else the path does not allocate through base/memory.h
            return;
        }
        if (result != VYRE_OK)
            assert_result(VYRE_ERR_NO_MEMORY, result);
    }
    fail_msg("allocations without end");
}

struct lock_watch {
    struct path path;
    unsigned lines;
};

// Whatever the log does, it must not meet a lock that its own thread holds.
static void try_locks(void *user, enum vyre_log_level level, const char *text)
{
    (void)level;
    struct lock_watch *watch = user;
    struct vyre_device *device = watch->path.device;
    if (!device)
        return; // being opened or ended: nobody else has it
    pthread_mutex_t *const locks[] = { &device->queue.lock, &device->pools.lock };
    for (size_t i = 0; i < sizeof locks / sizeof locks[0]; i++) {
        if (pthread_mutex_trylock(locks[i]))
            fail_msg("lock %zu is held while the log is told: %s", i, text);
        pthread_mutex_unlock(locks[i]);
    }
    watch->lines++;
}

static void the_log_is_told_under_no_lock(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool fences;
    } calls[] = {
        { "vkAllocateDescriptorSets", false },
        { "vkCreateDescriptorPool", false },
        { "vkQueueSubmit", false },
        { "vkGetSemaphoreCounterValue", false },
        { "vkWaitSemaphores", false },
        { "vkGetFenceStatus", true },
        { "vkWaitForFences", true },
        { "vkCreateFence", true },
        { "vkBeginCommandBuffer", false },
        { "vkEndCommandBuffer", false },
    };
    unsigned lines = 0;
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        for (unsigned nth = 1; nth < 6; nth++) {
            const struct vyre_pretend pretend = { .no_timeline = calls[i].fences };
            struct lock_watch watch = { .lines = 0 };
            char fault[100];
            snprintf(fault, sizeof fault, "%s:%u:host_memory", calls[i].name, nth);
            fault_only("VYRE_FAULT_FAIL", fault);
            enum vyre_result result = path_open(
                &watch.path, vyre_device_params(.pretend = &pretend, .log = { try_locks, &watch }));
            if (result == VYRE_OK)
                (void)path_work(&watch.path);
            path_fini(&watch.path);
            lines += watch.lines;
        }
    assert_true(lines >= sizeof calls / sizeof calls[0]);
}

// The checker behind "nothing left behind" has to catch something once.
static void a_planted_leak_of_a_vulkan_object_is_seen(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__)
    skip(); // what is planted here would be a leak there
#endif
    if (!with_validation)
        skip();
    fault_none();
    struct log_count count = { 0 };
    struct vyre_device *device = NULL;
    assert_result(
        VYRE_OK,
        vyre_device_create(
            vyre_device_params(.validation = true, .log = { count_validation, &count }), &device));
    const VkFenceCreateInfo info = { .sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO };
    VkFence fence;
    assert_int_equal(device->api.vkCreateFence(device->handle, &info, NULL, &fence), VK_SUCCESS);
    vyre_device_destroy(&device);
    assert_true(count.validation > 0);
}

int main(void)
{
    fault_enable();
    if (!test_has_device())
        return TEST_SKIPPED;
    struct vyre_device_info *infos = NULL;
    size_t infos_count = 0;
    with_validation =
        vyre_device_list(vyre_device_params(.validation = true), &infos, &infos_count) == VYRE_OK;
    vyre_free(infos);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_may_run_out_of_host_memory),
        cmocka_unit_test(what_takes_device_memory_may_run_out_of_it),
        cmocka_unit_test(fences_may_fail_too),
        cmocka_unit_test(other_results_keep_their_meaning),
        cmocka_unit_test(every_host_allocation_may_fail),
        cmocka_unit_test(the_log_is_told_under_no_lock),
        cmocka_unit_test(a_planted_leak_of_a_vulkan_object_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
