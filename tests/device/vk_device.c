// SPDX-License-Identifier: MIT
// Opening, listing, choosing and probing devices.
#include "vk_double.h"

#include "vk/probe.h"
#include <vyre/program.h>

static void the_list_explains_every_candidate(void **state)
{
    (void)state;
    struct vyre_device_info *infos = NULL;
    size_t count = 0;
    assert_result(VYRE_OK, vyre_device_list(NULL, &infos, &count));
    assert_true(count >= 1);
    size_t chosen = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(infos[i].name[0] && infos[i].driver[0] && infos[i].reason[0]);
        assert_true(infos[i].kind != VYRE_DEVICE_KIND_ANY);
        if (i && infos[i].usable && infos[i - 1].usable)
            assert_true(infos[i - 1].kind <= infos[i].kind);
        if (infos[i].chosen) {
            chosen++;
            assert_true(infos[i].usable);
            assert_true(infos[i].memory_bytes >= infos[i].target.max_storage_range);
        }
        if (infos[i].chosen && infos[i].kind == VYRE_DEVICE_KIND_CPU)
            assert_non_null(strstr(infos[i].reason, "a CPU implementation"));
    }
    assert_int_equal(chosen, 1);
    vyre_free(infos);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_device_list(NULL, NULL, &count));
}

static void a_device_says_what_the_list_said(void **state)
{
    (void)state;
    struct vyre_device_info *infos = NULL;
    size_t count = 0;
    assert_result(VYRE_OK, vyre_device_list(NULL, &infos, &count));
    for (size_t i = 0; i < count; i++) {
        if (!infos[i].usable)
            continue;
        struct vyre_device *device = NULL;
        struct vyre_device_info info;
        assert_result(VYRE_OK, vyre_device_create(
                                   vyre_device_params(.index_plus_one = (uint32_t)i + 1), &device));
        vyre_device_get_info(device, &info);
        assert_string_equal(info.name, infos[i].name);
        assert_string_equal(info.driver, infos[i].driver);
        assert_int_equal(info.kind, infos[i].kind);
        assert_int_equal(info.memory_bytes, infos[i].memory_bytes);
        vyre_device_destroy(&device);
        assert_null(device);
        vyre_device_destroy(&device);
    }
    vyre_free(infos);
}

static void a_request_that_nothing_fits_lists_what_there_is(void **state)
{
    (void)state;
    struct test_diags diags = { 0 };
    struct vyre_device *device = (void *)&diags;
    assert_result(
        VYRE_ERR_NO_DEVICE,
        vyre_device_create(
            vyre_device_params(.name = "no such device", .diag = test_diag_sink(&diags)), &device));
    assert_null(device);
    assert_int_equal(diags.count, 1);
    assert_non_null(strstr(diags.text, "D004 no device fits the request; there is 0: "));
    assert_result(VYRE_ERR_NO_DEVICE,
                  vyre_device_create(vyre_device_params(.index_plus_one = 1000), &device));
}

static void a_missing_loader_is_no_device(void **state)
{
    (void)state;
    struct test_diags diags = { 0 };
    struct vyre_device *device = NULL;
    assert_result(VYRE_ERR_NO_DEVICE,
                  vyre_device_create(vyre_device_params(.loader = "libno-such-loader.so.1",
                                                        .diag = test_diag_sink(&diags)),
                                     &device));
    assert_non_null(strstr(diags.text, "D001"));
    // A library that is no Vulkan loader is not one either.
    diags = (struct test_diags){ 0 };
    assert_result(
        VYRE_ERR_NO_DEVICE,
        vyre_device_create(
            vyre_device_params(.loader = "libm.so.6", .diag = test_diag_sink(&diags)), &device));
    assert_non_null(strstr(diags.text, "D002"));
    struct vyre_device_info *infos = NULL;
    size_t count = 7;
    assert_result(
        VYRE_ERR_NO_DEVICE,
        vyre_device_list(vyre_device_params(.loader = "libno-such-loader.so.1"), &infos, &count));
    assert_null(infos);
    assert_int_equal(count, 0);
}

static void pretending_changes_the_device(void **state)
{
    (void)state;
    const struct vyre_pretend pretend = {
        .no_host_import = true,
        .no_timeline = true,
        .no_vulkan_memory_model = true,
        .no_int64 = true,
        .no_subgroup = true,
        .loop_limit = 1000,
        .max_storage_buffers = 1,
        .max_storage_range = 4096,
    };
    struct vyre_device *device = test_device(&pretend);
    struct vyre_device_info info;
    vyre_device_get_info(device, &info);
    assert_false(info.timeline);
    assert_false(info.host_import);
    struct vyre_target target;
    vyre_device_target(device, &target);
    assert_int_equal(target.loop_limit, 1000);
    assert_int_equal(target.max_storage_range, 4096);
    assert_int_equal(target.memory_model, VYRE_MEMORY_GLSL450);

    struct test_diags diags = { 0 };
    struct vk_pipeline *pipeline = NULL;
    struct vk_pipeline_params params = double_params(); // two storage buffers
    params.diag = test_diag_sink(&diags);
    assert_result(VYRE_ERR_LIMIT, vk_pipeline_create(device, &params, &pipeline));
    assert_non_null(strstr(diags.text, "D010"));
    struct vyre_buffer *buffer = NULL;
    assert_result(VYRE_ERR_LIMIT,
                  vyre_buffer_create(device, vyre_buffer_params(.size = 4097), &buffer));
    assert_result(VYRE_OK, vyre_buffer_create(device, vyre_buffer_params(.size = 4096), &buffer));
    vyre_buffer_destroy(&buffer);
    test_device_done(&device);
}

static void the_loop_limit_is_what_the_driver_does(void **state)
{
    (void)state;
    struct vyre_device *device = test_device(NULL);
    struct vyre_device_info info;
    vyre_device_get_info(device, &info);
    // Known drivers; of others nothing is claimed.
    if (strstr(info.driver, "llvmpipe Mesa 22.3"))
        assert_int_equal(info.target.loop_limit, 65535);
    if (strstr(info.driver, "llvmpipe Mesa 22.3"))
        assert_int_equal(info.target.float_controls,
                         VYRE_FLOAT_ROUND_TO_EVEN | VYRE_FLOAT_SPECIALS);
    // It gets sums, products and quotients wrong where it knows that an operand is 0, and mixes up
    // zeros among which something is chosen.
    const uint32_t hidden = VYRE_EXACT_ADD | VYRE_EXACT_MUL | VYRE_EXACT_DIV | VYRE_EXACT_SELECT;
    if (strstr(info.driver, "llvmpipe Mesa 22.3")) {
        assert_int_equal(info.target.exact_floats,
                         hidden | VYRE_EXACT_SQRT | VYRE_EXACT_CONVERT | VYRE_EXACT_COMPARE);
        assert_int_equal(info.target.hidden_floats, hidden);
    }
    assert_int_equal(info.target.hidden_floats & ~info.target.exact_floats, 0);
    if (info.kind != VYRE_DEVICE_KIND_CPU)
        assert_int_equal(info.target.loop_limit, 0);
    test_device_done(&device);
}

struct memory_store {
    uint8_t identity[VK_DRIVER_IDENTITY_SIZE];
    struct vk_probe probe;
    bool full;
    int loads;
    int saves;
};

static bool store_load(void *user, const uint8_t identity[VK_DRIVER_IDENTITY_SIZE],
                       struct vk_probe *out)
{
    struct memory_store *store = user;
    store->loads++;
    if (!store->full || memcmp(store->identity, identity, VK_DRIVER_IDENTITY_SIZE) != 0)
        return false;
    *out = store->probe;
    return true;
}

static void store_save(void *user, const uint8_t identity[VK_DRIVER_IDENTITY_SIZE],
                       const struct vk_probe *probe)
{
    struct memory_store *store = user;
    store->saves++;
    store->full = true;
    store->probe = *probe;
    memcpy(store->identity, identity, VK_DRIVER_IDENTITY_SIZE);
}

static void a_probe_is_remembered(void **state)
{
    (void)state;
    struct memory_store memory = { 0 };
    const struct vk_probe_store store = { store_load, store_save, &memory };
    struct vyre_device *device = NULL;
    assert_result(VYRE_OK, vk_device_open(NULL, &store, &device));
    assert_int_equal(memory.saves, 1);
    uint8_t identity[VK_DRIVER_IDENTITY_SIZE];
    vk_device_identity(device, identity);
    assert_memory_equal(identity, memory.identity, sizeof identity);
    struct vk_probe probe;
    vk_device_probe(device, &probe);
    assert_int_equal(probe.loop_limit, memory.probe.loop_limit);
    assert_int_equal(probe.exact_floats, memory.probe.exact_floats);
    assert_int_equal(probe.hidden_floats, memory.probe.hidden_floats);
    vyre_device_destroy(&device);

    memory.probe.loop_limit = 4321; // only a device that does not probe again can say this
    memory.probe.exact_floats = VYRE_EXACT_CONVERT | VYRE_EXACT_MUL;
    memory.probe.hidden_floats = VYRE_EXACT_MUL;
    assert_result(VYRE_OK, vk_device_open(NULL, &store, &device));
    assert_int_equal(memory.loads, 2);
    assert_int_equal(memory.saves, 1);
    struct vyre_target target;
    vyre_device_target(device, &target);
    assert_int_equal(target.loop_limit, 4321);
    assert_int_equal(target.exact_floats, VYRE_EXACT_CONVERT | VYRE_EXACT_MUL);
    assert_int_equal(target.hidden_floats, VYRE_EXACT_MUL);
    vyre_device_destroy(&device);

    // What is pretended is neither asked for nor remembered.
    const struct vyre_pretend pretend = { .loop_limit = 77 };
    assert_result(VYRE_OK,
                  vk_device_open(vyre_device_params(.pretend = &pretend), &store, &device));
    assert_int_equal(memory.loads, 2);
    assert_int_equal(memory.saves, 1);
    vyre_device_destroy(&device);
}

struct messages {
    unsigned errors;
    char text[2000];
};

static void keep_errors(void *user, enum vyre_log_level level, const char *text)
{
    struct messages *messages = user;
    if (level != VYRE_LOG_ERROR)
        return;
    messages->errors++;
    snprintf(messages->text, sizeof messages->text, "%s", text);
}

// The checker behind "validation is silent" must have caught something once.
static void a_planted_validation_error_is_reported(void **state)
{
    (void)state;
    struct messages messages = { 0 };
    struct test_diags diags = { 0 };
    const struct vyre_device_params params = {
        .validation = true,
        .diag = test_diag_sink(&diags),
        .log = { keep_errors, &messages },
    };
    struct vyre_device *device = NULL;
    enum vyre_result result = vyre_device_create(&params, &device);
    if (result == VYRE_ERR_UNSUPPORTED && strstr(diags.text, "D009")) {
        print_message("%s\n", diags.text);
        skip();
    }
    assert_result(VYRE_OK, result);
    assert_int_equal(vk_device_validation_messages(device), 0);
    // A pipeline layout without the binding that the shader uses breaks
    // VUID-VkComputePipelineCreateInfo-layout-07988 (or its older number).
    struct vk_pipeline_params broken = double_params();
    broken.binding_count = 1;
    struct vk_pipeline *pipeline = NULL;
    (void)vk_pipeline_create(device, &broken, &pipeline);
    vk_pipeline_unref(&pipeline);
    assert_true(vk_device_validation_messages(device) >= 1);
    assert_int_equal(messages.errors, vk_device_validation_messages(device));
    assert_non_null(strstr(messages.text, "validation: "));
    assert_non_null(strstr(messages.text, "VUID"));
    vyre_device_destroy(&device);
}

static void keep_info(void *user, enum vyre_log_level level, const char *text)
{
    if (level == VYRE_LOG_INFO)
        snprintf(user, 500, "%s", text);
}

static void opening_says_which_device_and_why(void **state)
{
    (void)state;
    char said[500] = "";
    struct vyre_device *device = NULL;
    struct vyre_device_info info;
    assert_result(VYRE_OK,
                  vyre_device_create(vyre_device_params(.log = { keep_info, said }), &device));
    vyre_device_get_info(device, &info);
    assert_true(info.chosen);
    assert_non_null(strstr(said, info.name));
    assert_non_null(strstr(said, info.reason));
    struct vyre_device *second = vyre_device_ref(device);
    vyre_device_destroy(&device);
    assert_result(VYRE_OK, vyre_device_status(second));
    vyre_device_destroy(&second);
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_explains_every_candidate),
        cmocka_unit_test(a_device_says_what_the_list_said),
        cmocka_unit_test(a_request_that_nothing_fits_lists_what_there_is),
        cmocka_unit_test(a_missing_loader_is_no_device),
        cmocka_unit_test(pretending_changes_the_device),
        cmocka_unit_test(the_loop_limit_is_what_the_driver_does),
        cmocka_unit_test(a_probe_is_remembered),
        cmocka_unit_test(a_planted_validation_error_is_reported),
        cmocka_unit_test(opening_says_which_device_and_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
