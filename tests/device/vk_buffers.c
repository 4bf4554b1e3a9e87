// SPDX-License-Identifier: MIT
// Buffers: contents, limits, and the import of host pages.
#include "vk_double.h"

#include <sys/mman.h>

enum { WORDS = 4096 };

static void finish(struct vyre_device *device, struct vk_commands *commands)
{
    uint64_t point = 0;
    assert_result(VYRE_OK, vk_commands_submit(&commands, &point));
    assert_result(VYRE_OK, vk_wait(device, point, test_wait_ns));
}

static struct vk_commands *begin(struct vyre_device *device)
{
    struct vk_commands *commands = NULL;
    assert_result(VYRE_OK, vk_commands_begin(device, &commands));
    return commands;
}

// Dirties memory and gives it back first, so that zero is not luck.
static void new_memory_is_zero(void **state)
{
    struct vyre_device *device = *state;
    for (int use = VYRE_BUFFER_READBACK; use <= VYRE_BUFFER_DEVICE; use++) {
        struct vyre_buffer *dirty = words_buffer(device, (enum vyre_buffer_use)use, WORDS);
        struct vk_commands *commands = begin(device);
        vk_commands_fill(commands, dirty, 0, WORDS * 4, 0xdeadbeefu);
        finish(device, commands);
        vyre_buffer_destroy(&dirty);

        struct vyre_buffer *fresh = words_buffer(device, (enum vyre_buffer_use)use, WORDS);
        struct vyre_buffer *seen = words_buffer(device, VYRE_BUFFER_READBACK, WORDS);
        memset(words_of(seen), 0xff, WORDS * 4);
        commands = begin(device);
        vk_commands_copy(commands, fresh, 0, seen, 0, WORDS * 4);
        finish(device, commands);
        for (int i = 0; i < WORDS; i++)
            assert_int_equal(words_of(seen)[i], 0);
        vyre_buffer_destroy(&fresh);
        vyre_buffer_destroy(&seen);
    }
}

static void any_size_will_do(void **state)
{
    struct vyre_device *device = *state;
    for (uint64_t size = 1; size < 70; size++) {
        struct vyre_buffer *buffer = NULL;
        void *host = NULL;
        assert_result(VYRE_OK,
                      vyre_buffer_create(device, vyre_buffer_params(.size = size), &buffer));
        assert_int_equal(vyre_buffer_size(buffer), size);
        assert_result(VYRE_OK, vyre_buffer_map(buffer, &host));
        memset(host, 1, size);
        struct vyre_buffer *second = vyre_buffer_ref(buffer);
        vyre_buffer_destroy(&buffer);
        assert_null(buffer);
        assert_int_equal(vyre_buffer_size(second), size);
        vyre_buffer_destroy(&second);
    }
}

static void device_memory_is_not_mapped(void **state)
{
    struct vyre_device *device = *state;
    struct vyre_buffer *buffer = words_buffer(device, VYRE_BUFFER_DEVICE, WORDS);
    void *host = device;
    assert_result(VYRE_ERR_UNSUPPORTED, vyre_buffer_map(buffer, &host));
    assert_null(host);
    vyre_buffer_destroy(&buffer);
}

static void sizes_are_checked(void **state)
{
    struct vyre_device *device = *state;
    struct vyre_target target;
    vyre_device_target(device, &target);
    struct vyre_buffer *buffer = (void *)state;
    struct test_diags diags = { 0 };
    const struct vyre_diag_sink *diag = test_diag_sink(&diags);
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_buffer_create(device, vyre_buffer_params(.size = 0), &buffer));
    assert_null(buffer);
    assert_result(
        VYRE_ERR_LIMIT,
        vyre_buffer_create(device,
                           vyre_buffer_params(.size = target.max_storage_range + 1, .diag = diag),
                           &buffer));
    assert_non_null(strstr(diags.text, "D007"));
    for (uint64_t less = 0; less < 4; less++)
        assert_result(
            VYRE_ERR_LIMIT,
            vyre_buffer_create(device, vyre_buffer_params(.size = UINT64_MAX - less), &buffer));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_buffer_create(device,
                                     vyre_buffer_params(.size = 4, .use = (enum vyre_buffer_use)9),
                                     &buffer));
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vyre_buffer_create(device, NULL, &buffer));
    assert_result(VYRE_ERR_INVALID_ARGUMENT,
                  vyre_buffer_create(NULL, vyre_buffer_params(.size = 4), &buffer));
}

static void imported_pages_are_the_buffer(void **state)
{
    struct vyre_device *device = *state;
    struct vyre_device_info info;
    vyre_device_get_info(device, &info);
    if (!info.host_import) {
        print_message("the device does not import host pages\n");
        skip();
    }
    size_t size = 16 * info.import_alignment;
    uint8_t *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED);
    uint32_t *words = (uint32_t *)(void *)pages;
    size_t count = size / 4;
    for (uint32_t i = 0; i < count; i++)
        words[i] = i * 3;

    struct vyre_buffer *from = NULL;
    assert_result(
        VYRE_OK,
        vyre_buffer_create(device, vyre_buffer_params(.size = size, .host_pages = pages), &from));
    assert_ptr_equal(words_of(from), words);
    assert_int_equal(words[1], 3); // not zeroed
    struct vyre_buffer *to = words_buffer(device, VYRE_BUFFER_READBACK, count);
    struct vk_pipeline *pipeline = double_pipeline(device);
    struct vk_bindings *there = double_bind(pipeline, from, to);
    struct vk_bindings *back = double_bind(pipeline, to, from);
    for (uint32_t round = 1; round <= 2; round++) {
        words[5] = 1000 * round; // what the host stores is what the device reads
        struct vk_commands *commands = begin(device);
        double_dispatch(commands, pipeline, there, 1, (uint32_t)count);
        finish(device, commands);
        assert_int_equal(words_of(to)[5], 2000 * round + 1);
        assert_int_equal(words_of(to)[count - 1], 2 * words[count - 1] + 1);
    }
    struct vk_commands *commands = begin(device);
    double_dispatch(commands, pipeline, back, 0, (uint32_t)count);
    finish(device, commands);
    assert_int_equal(words[5], 2 * 4001); // and the other way round

    vk_bindings_unref(&there);
    vk_bindings_unref(&back);
    vk_pipeline_unref(&pipeline);
    vyre_buffer_destroy(&to);
    vyre_buffer_destroy(&from);
    words[0] = 1; // still ours
    munmap(pages, size);
}

static void imports_are_checked(void **state)
{
    struct vyre_device *device = *state;
    struct vyre_device_info info;
    vyre_device_get_info(device, &info);
    if (!info.host_import)
        skip();
    size_t unit = info.import_alignment;
    uint8_t *pages =
        mmap(NULL, 4 * unit, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(pages != MAP_FAILED);
    struct vyre_buffer *buffer = NULL;
    struct test_diags diags = { 0 };
    const struct vyre_diag_sink *diag = test_diag_sink(&diags);
    assert_result(
        VYRE_ERR_INVALID_ARGUMENT,
        vyre_buffer_create(device,
                           vyre_buffer_params(.size = unit, .host_pages = pages + 64, .diag = diag),
                           &buffer));
    assert_result(
        VYRE_ERR_INVALID_ARGUMENT,
        vyre_buffer_create(device,
                           vyre_buffer_params(.size = unit + 4, .host_pages = pages, .diag = diag),
                           &buffer));
    assert_int_equal(diags.count, 2);
    assert_non_null(strstr(diags.text, "D008"));
    assert_null(buffer);

    struct vyre_device *without =
        test_device(&(const struct vyre_pretend){ .no_host_import = true });
    assert_result(VYRE_ERR_UNSUPPORTED,
                  vyre_buffer_create(without, vyre_buffer_params(.size = unit, .host_pages = pages),
                                     &buffer));
    test_device_done(&without);
    munmap(pages, 4 * unit);
}

static void a_buffer_of_another_device_is_refused(void **state)
{
    struct vyre_device *device = *state;
    struct vyre_device *other = test_device(NULL);
    struct vyre_buffer *buffer = words_buffer(other, VYRE_BUFFER_READBACK, 4);
    struct vk_pipeline *pipeline = double_pipeline(device);
    const struct vk_range ranges[2] = { { buffer, 0, 16 }, { buffer, 0, 16 } };
    struct vk_bindings *bindings = NULL;
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vk_bindings_create(pipeline, ranges, 2, &bindings));
    struct vk_commands *commands = begin(device);
    uint64_t point = 0;
    vk_commands_fill(commands, buffer, 0, 16, 0);
    assert_result(VYRE_ERR_INVALID_ARGUMENT, vk_commands_submit(&commands, &point));
    vk_pipeline_unref(&pipeline);
    vyre_buffer_destroy(&buffer);
    test_device_done(&other);
}

int main(void)
{
    if (!test_has_device())
        return TEST_SKIPPED;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_memory_is_zero),
        cmocka_unit_test(any_size_will_do),
        cmocka_unit_test(device_memory_is_not_mapped),
        cmocka_unit_test(sizes_are_checked),
        cmocka_unit_test(imported_pages_are_the_buffer),
        cmocka_unit_test(imports_are_checked),
        cmocka_unit_test(a_buffer_of_another_device_is_refused),
    };
    return cmocka_run_group_tests(tests, test_device_set_up, test_device_tear_down);
}
