// SPDX-License-Identifier: MIT
// Devices that have less: hidden extensions, lower limits, memory that is not coherent. The library
// takes another way that gives the same words, or says what is missing.
#include "vk_path.h"

static struct vyre_device_info info_of(const char *variable, const char *value)
{
    struct vyre_device *device = NULL;
    struct vyre_device_info info;
    fault_only(variable, value);
    assert_result(VYRE_OK, vyre_device_create(NULL, &device));
    vyre_device_get_info(device, &info);
    vyre_device_destroy(&device);
    return info;
}

static void without_timeline_semaphores_there_are_fences(void **state)
{
    (void)state;
    assert_false(info_of("VYRE_FAULT_HIDE", "VK_KHR_timeline_semaphore").timeline);
    assert_result(VYRE_OK, path_run(NULL));
}

static void without_import_there_are_copies(void **state)
{
    (void)state;
    struct vyre_device_info info = info_of("VYRE_FAULT_HIDE", "VK_EXT_external_memory_host");
    assert_false(info.host_import);
    assert_int_equal(info.import_alignment, 0);
    assert_result(VYRE_OK, path_run(NULL));
}

// The extension is there, and yet no buffer takes such memory.
static void without_import_of_buffers_there_are_copies(void **state)
{
    (void)state;
    struct vyre_device_info info = info_of("VYRE_FAULT_LIMIT", "externalMemoryFeatures=3");
    assert_false(info.host_import);
    assert_int_equal(info.import_alignment, 0);
    assert_result(VYRE_OK, path_run(NULL));
}

static void without_the_memory_model_it_is_glsl450(void **state)
{
    (void)state;
    struct vyre_device_info info =
        info_of("VYRE_FAULT_HIDE",
                "VK_KHR_vulkan_memory_model,VK_KHR_timeline_semaphore,VK_EXT_external_memory_host");
    assert_int_equal(info.target.memory_model, VYRE_MEMORY_GLSL450);
    assert_false(info.timeline || info.host_import || info.target.device_scope);
    assert_result(VYRE_OK, path_run(NULL));
}

static void an_old_device_is_used_by_its_extensions(void **state)
{
    (void)state;
    struct vyre_device_info info = info_of("VYRE_FAULT_LIMIT", "apiVersion=1");
    assert_int_equal(info.target.env, VYRE_ENV_VULKAN_1_1);
    assert_result(VYRE_OK, path_run(NULL));
}

static void expect_refused(const char *variable, const char *value, const char *reason)
{
    struct vyre_device *device = NULL;
    struct test_diags diags = { 0 };
    fault_only(variable, value);
    assert_result(VYRE_ERR_UNSUPPORTED,
                  vyre_device_create(vyre_device_params(.diag = test_diag_sink(&diags)), &device));
    assert_null(device);
    assert_non_null(strstr(diags.text, "D005"));
    assert_non_null(strstr(diags.text, reason));

    struct vyre_device_info *infos = NULL;
    size_t count = 0;
    assert_result(VYRE_OK, vyre_device_list(NULL, &infos, &count));
    for (size_t i = 0; i < count; i++) {
        assert_false(infos[i].usable || infos[i].chosen);
        assert_non_null(strstr(infos[i].reason, reason));
    }
    vyre_free(infos);
}

static void what_is_missing_is_said(void **state)
{
    (void)state;
    expect_refused("VYRE_FAULT_LIMIT", "apiVersion=0", "Vulkan 1.0");
    expect_refused("VYRE_FAULT_NO_COHERENT", "1", "coherent");
    expect_refused("VYRE_FAULT_LIMIT", "maxPerStageDescriptorStorageBuffers=0", "limits");
}

static const char silent[] = "vkEnumerateDeviceExtensionProperties:1:initialization";

static void a_device_that_does_not_answer_is_refused(void **state)
{
    (void)state;
    struct vyre_device_info *infos = NULL;
    size_t count = 0;
    fault_only("VYRE_FAULT_FAIL", silent);
    assert_result(VYRE_OK, vyre_device_list(NULL, &infos, &count));
    assert_true(count > 0 && fault_fired() == 1);
    const struct vyre_device_info *last = &infos[count - 1]; // refused ones come last
    assert_false(last->usable || last->chosen);
    assert_non_null(strstr(last->reason, "VK_ERROR_INITIALIZATION_FAILED"));
    assert_true(last->name[0] != '\0');
    const bool only = count == 1;
    vyre_free(infos);
    if (!only)
        return;
    struct vyre_device *device = NULL;
    struct test_diags diags = { 0 };
    assert_result(VYRE_ERR_DEVICE,
                  vyre_device_create(vyre_device_params(.diag = test_diag_sink(&diags)), &device));
    assert_null(device);
    assert_non_null(strstr(diags.text, "D005"));
    assert_non_null(strstr(diags.text, "VK_ERROR_INITIALIZATION_FAILED"));
}

static void a_device_that_does_not_answer_hides_no_other(void **state)
{
    (void)state;
    struct vyre_device_info *infos = NULL;
    size_t count = 0;
    fault_only("VYRE_FAULT_FAIL", silent);
    fault_also("VYRE_FAULT_TWICE", "1");
    assert_result(VYRE_OK, vyre_device_list(NULL, &infos, &count));
    assert_true(count >= 2 && fault_fired() == 1);
    assert_true(infos[0].usable && infos[0].chosen);
    assert_false(infos[count - 1].usable || infos[count - 1].chosen);
    vyre_free(infos);
    assert_result(VYRE_OK, path_run(NULL));
    assert_int_equal(fault_fired(), 1);
}

static void limits_are_kept(void **state)
{
    (void)state;
    struct vyre_device *device = NULL;
    struct vyre_buffer *buffer = NULL;
    fault_only("VYRE_FAULT_LIMIT", "maxPushConstantsSize=2,maxStorageBufferRange=4096");
    assert_result(VYRE_OK, vyre_device_create(NULL, &device));
    assert_result(VYRE_ERR_LIMIT,
                  vyre_buffer_create(device, vyre_buffer_params(.size = 4097), &buffer));
    struct vk_pipeline *pipeline = NULL;
    const struct vk_pipeline_params params = double_params();
    assert_result(VYRE_ERR_LIMIT, vk_pipeline_create(device, &params, &pipeline));
    vyre_device_destroy(&device);

    if (info_of("VYRE_FAULT_HIDE", "").target.env == VYRE_ENV_VULKAN_1_3) {
        fault_only("VYRE_FAULT_LIMIT", "maxBufferSize=8192");
        assert_result(VYRE_OK, vyre_device_create(NULL, &device));
        assert_result(VYRE_ERR_LIMIT,
                      vyre_buffer_create(device, vyre_buffer_params(.size = 8193), &buffer));
        assert_result(VYRE_OK,
                      vyre_buffer_create(device, vyre_buffer_params(.size = 8192), &buffer));
        vyre_buffer_destroy(&buffer);
        vyre_device_destroy(&device);
    }

    fault_only("VYRE_FAULT_LIMIT", "maxPerStageDescriptorStorageBuffers=1");
    assert_result(VYRE_ERR_LIMIT, path_run(NULL));
    fault_only("VYRE_FAULT_LIMIT", "maxComputeWorkGroupCount=2");
    assert_result(VYRE_ERR_LIMIT, path_run(NULL));
}

static void the_number_of_allocations_is_kept(void **state)
{
    (void)state;
    struct vyre_device *device = NULL;
    struct vyre_buffer *buffers[3] = { 0 };
    struct test_diags diags = { 0 };
    fault_only("VYRE_FAULT_LIMIT", "maxMemoryAllocationCount=2");
    assert_result(VYRE_OK, vyre_device_create(NULL, &device));
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 3; i++)
            assert_result(i < 2 ? VYRE_OK : VYRE_ERR_LIMIT,
                          vyre_buffer_create(
                              device, vyre_buffer_params(.size = 4, .diag = test_diag_sink(&diags)),
                              &buffers[i]));
        for (int i = 0; i < 3; i++)
            vyre_buffer_destroy(&buffers[i]); // and the place is free again
    }
    assert_non_null(strstr(diags.text, "D007"));
    vyre_device_destroy(&device);
}

int main(void)
{
    fault_enable();
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_timeline_semaphores_there_are_fences),
        cmocka_unit_test(without_import_there_are_copies),
        cmocka_unit_test(without_import_of_buffers_there_are_copies),
        cmocka_unit_test(without_the_memory_model_it_is_glsl450),
        cmocka_unit_test(an_old_device_is_used_by_its_extensions),
        cmocka_unit_test(what_is_missing_is_said),
        cmocka_unit_test(a_device_that_does_not_answer_is_refused),
        cmocka_unit_test(a_device_that_does_not_answer_hides_no_other),
        cmocka_unit_test(limits_are_kept),
        cmocka_unit_test(the_number_of_allocations_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
