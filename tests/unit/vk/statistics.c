// SPDX-License-Identifier: MIT
// What a driver says about machine code, from a driver made up here: every format, parts, texts
// without an end, failures, and drivers that say nothing.
#include "base/memory.h"
#include "object.h"
#include "test.h"

// What the driver answers. `more`: parts, and facts of each, beyond those that it announces.
static struct {
    VkResult properties, statistics;
    uint32_t parts, more_parts, more_facts;
} driver;

static VKAPI_ATTR VkResult VKAPI_CALL properties(VkDevice device, const VkPipelineInfoKHR *info,
                                                 uint32_t *count,
                                                 VkPipelineExecutablePropertiesKHR *out)
{
    (void)device;
    assert_int_equal(info->sType, VK_STRUCTURE_TYPE_PIPELINE_INFO_KHR);
    if (driver.properties < 0)
        return driver.properties;
    if (!out) {
        *count = driver.parts;
        return VK_SUCCESS;
    }
    assert_int_equal(*count, driver.parts);
    for (uint32_t i = 0; i < *count; i++) {
        assert_int_equal(out[i].sType, VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_PROPERTIES_KHR);
        snprintf(out[i].name, sizeof out[i].name, "part %u", i);
    }
    return driver.more_parts ? VK_INCOMPLETE : VK_SUCCESS;
}

static VKAPI_ATTR VkResult VKAPI_CALL statistics(VkDevice device,
                                                 const VkPipelineExecutableInfoKHR *info,
                                                 uint32_t *count,
                                                 VkPipelineExecutableStatisticKHR *out)
{
    (void)device;
    enum { COUNT = 5 };
    if (driver.statistics < 0)
        return driver.statistics;
    if (!out) {
        *count = COUNT;
        return VK_SUCCESS;
    }
    assert_int_equal(*count, COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(out[i].sType, VK_STRUCTURE_TYPE_PIPELINE_EXECUTABLE_STATISTIC_KHR);
        memset(out[i].name, 'n', sizeof out[i].name);
        snprintf(out[i].description, sizeof out[i].description, "of %u", info->executableIndex);
    }
    snprintf(out[0].name, sizeof out[0].name, "Registers");
    out[0].format = VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_UINT64_KHR;
    out[0].value.u64 = UINT64_MAX;
    out[1].format = VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_INT64_KHR;
    out[1].value.i64 = -7;
    out[2].format = VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_BOOL32_KHR;
    out[2].value.b32 = VK_TRUE;
    out[3].format = VK_PIPELINE_EXECUTABLE_STATISTIC_FORMAT_FLOAT64_KHR;
    out[3].value.f64 = 0.5;
    out[4].format = (VkPipelineExecutableStatisticFormatKHR)99; // of a later version
    return driver.more_facts ? VK_INCOMPLETE : VK_SUCCESS;
}

struct told {
    char text[2000]; // the first of it
    char last_part[20];
    size_t size, longest, count;
};

static void tell(void *user, const struct vyre_code_fact *fact)
{
    struct told *told = user;
    const size_t name = strlen(fact->name);
    told->longest = name > told->longest ? name : told->longest;
    told->count++;
    snprintf(told->last_part, sizeof told->last_part, "%s", fact->part);
    if (sizeof told->text - told->size > 100)
        told->size += (size_t)snprintf(told->text + told->size, sizeof told->text - told->size,
                                       "%s %.9s=%s (%s)\n", fact->part, fact->name, fact->value,
                                       fact->description);
}

static enum vyre_result ask(bool captured, bool has_calls, struct told *told)
{
    static struct vyre_device device;
    struct vk_pipeline pipeline = { .life = { .device = &device }, .captured = captured };
    *told = (struct told){ .size = 0 };
    atomic_store(&device.status, VYRE_OK);
    device.api.vkGetPipelineExecutablePropertiesKHR = has_calls ? properties : NULL;
    device.api.vkGetPipelineExecutableStatisticsKHR = has_calls ? statistics : NULL;
    return vk_pipeline_tell(&pipeline, tell, told);
}

static void everything_is_told_in_the_drivers_words(void **state)
{
    (void)state;
    struct told told;
    driver.properties = driver.statistics = VK_SUCCESS;
    driver.parts = 2;
    assert_result(VYRE_OK, ask(true, true, &told));
    assert_string_equal(told.text, "part 0 Registers=18446744073709551615 (of 0)\n"
                                   "part 0 nnnnnnnnn=-7 (of 0)\n"
                                   "part 0 nnnnnnnnn=yes (of 0)\n"
                                   "part 0 nnnnnnnnn=0.5 (of 0)\n"
                                   "part 1 Registers=18446744073709551615 (of 1)\n"
                                   "part 1 nnnnnnnnn=-7 (of 1)\n"
                                   "part 1 nnnnnnnnn=yes (of 1)\n"
                                   "part 1 nnnnnnnnn=0.5 (of 1)\n");
    assert_int_equal(told.longest, VK_MAX_DESCRIPTION_SIZE - 1);
    driver.parts = 100; // more than anybody has
    assert_result(VYRE_OK, ask(true, true, &told));
    assert_int_equal(told.count, 4 * 100);
    assert_string_equal(told.last_part, "part 99");
    driver.parts = 0;
    assert_result(VYRE_OK, ask(true, true, &told));
    assert_int_equal(told.count, 0);
}

static void less_than_everything_is_a_failure(void **state)
{
    (void)state;
    struct told told;
    driver.properties = driver.statistics = VK_SUCCESS;
    driver.parts = 2;
    driver.more_parts = 1;
    assert_result(VYRE_ERR_DEVICE, ask(true, true, &told));
    driver.more_parts = 0;
    driver.more_facts = 1;
    assert_result(VYRE_ERR_DEVICE, ask(true, true, &told));
    assert_int_equal(told.count, 4);
    driver.more_facts = 0;
    for (uint64_t nth = 1; nth <= 3; nth++) {
        memory_fail_nth(nth);
        enum vyre_result result = ask(true, true, &told);
        memory_fail_nth(0);
        assert_result(VYRE_ERR_NO_MEMORY, result);
        assert_int_equal(told.count, nth == 3 ? 4 : 0);
    }
}

static void silence_is_no_failure_and_failures_are_told(void **state)
{
    (void)state;
    struct told told;
    driver.properties = driver.statistics = VK_SUCCESS;
    driver.parts = 1;
    assert_result(VYRE_ERR_UNSUPPORTED, ask(false, true, &told));
    assert_result(VYRE_ERR_UNSUPPORTED, ask(true, false, &told));
    driver.statistics = VK_ERROR_OUT_OF_HOST_MEMORY;
    assert_result(VYRE_ERR_NO_MEMORY, ask(true, true, &told));
    driver.properties = VK_ERROR_OUT_OF_HOST_MEMORY;
    assert_result(VYRE_ERR_NO_MEMORY, ask(true, true, &told));
    assert_int_equal(told.size, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_told_in_the_drivers_words),
        cmocka_unit_test(less_than_everything_is_a_failure),
        cmocka_unit_test(silence_is_no_failure_and_failures_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
