// SPDX-License-Identifier: MIT
#include "test.h"

#include "result.h"

// Everything that a Vulkan 1.3 implementation may return from a call that we make.
static const struct {
    VkResult from;
    enum vyre_result to;
} expected[] = {
    { VK_SUCCESS, VYRE_OK },
    { VK_NOT_READY, VYRE_TIMEOUT },
    { VK_TIMEOUT, VYRE_TIMEOUT },
    { VK_INCOMPLETE, VYRE_FULL },
    { VK_ERROR_OUT_OF_HOST_MEMORY, VYRE_ERR_NO_MEMORY },
    { VK_ERROR_OUT_OF_DEVICE_MEMORY, VYRE_ERR_NO_MEMORY },
    { VK_ERROR_OUT_OF_POOL_MEMORY, VYRE_ERR_NO_MEMORY },
    { VK_ERROR_INITIALIZATION_FAILED, VYRE_ERR_DEVICE },
    { VK_ERROR_DEVICE_LOST, VYRE_ERR_DEVICE_LOST },
    { VK_ERROR_MEMORY_MAP_FAILED, VYRE_ERR_DEVICE },
    { VK_ERROR_LAYER_NOT_PRESENT, VYRE_ERR_UNSUPPORTED },
    { VK_ERROR_EXTENSION_NOT_PRESENT, VYRE_ERR_UNSUPPORTED },
    { VK_ERROR_FEATURE_NOT_PRESENT, VYRE_ERR_UNSUPPORTED },
    { VK_ERROR_INCOMPATIBLE_DRIVER, VYRE_ERR_NO_DEVICE },
    { VK_ERROR_TOO_MANY_OBJECTS, VYRE_ERR_LIMIT },
    { VK_ERROR_FRAGMENTED_POOL, VYRE_ERR_NO_MEMORY },
    { VK_ERROR_INVALID_EXTERNAL_HANDLE, VYRE_ERR_UNSUPPORTED },
    { VK_ERROR_UNKNOWN, VYRE_ERR_DEVICE },
};

static void every_result_means_something(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_int_equal(vk_result_map(expected[i].from), expected[i].to);
        assert_string_not_equal(vk_result_name(expected[i].from), "an unknown VkResult");
    }
    assert_string_equal(vk_result_name(VK_ERROR_DEVICE_LOST), "VK_ERROR_DEVICE_LOST");
}

// No negative value is ever taken for success, and every value has a spelled vyre_result.
static void the_map_is_total(void **state)
{
    (void)state;
    static const int around[] = { 0,          -1000000000,     -1000174001,
                                  1000000000, INT32_MIN + 200, INT32_MAX - 200 };
    for (size_t i = 0; i < sizeof around / sizeof around[0]; i++) {
        for (int value = around[i] - 100; value <= around[i] + 100; value++) {
            enum vyre_result result = vk_result_map((VkResult)value);
            assert_string_not_equal(vyre_result_name(result), "unknown result");
            assert_int_equal(result < 0, value < 0);
            assert_non_null(vk_result_name((VkResult)value));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_result_means_something),
        cmocka_unit_test(the_map_is_total),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
