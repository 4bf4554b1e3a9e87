// SPDX-License-Identifier: MIT
// The whole path of a device once through: open, buffers, import, pipeline, blob, bindings, record,
// submit, wait, look. Every call of it may fail; nothing may be left behind.
#ifndef TESTS_FAULT_VK_PATH_H
#define TESTS_FAULT_VK_PATH_H

#include "fault.h"
#include "vk_double.h"

#include <vyre/program.h>

#include <sys/mman.h>

enum { PATH_WORDS = 1024, PATH_BYTES = PATH_WORDS * 4 };

struct path {
    struct vyre_device *device;
    struct vyre_buffer *from;
    struct vyre_buffer *middle;
    struct vyre_buffer *to;
    struct vk_pipeline *pipeline;
    struct vk_bindings *first;
    struct vk_bindings *second;
    struct vk_commands *commands;
    void *pages;
};

static inline void path_fini(struct path *path)
{
    // The pages of a device that was given up stay: work in flight may still read them (buffer.h).
    bool given_up = path->device && vyre_device_status(path->device) != VYRE_OK;
    vk_commands_drop(&path->commands);
    vk_bindings_unref(&path->second);
    vk_bindings_unref(&path->first);
    vk_pipeline_unref(&path->pipeline);
    vyre_buffer_destroy(&path->to);
    vyre_buffer_destroy(&path->middle);
    vyre_buffer_destroy(&path->from);
    vyre_device_destroy(&path->device);
    if (path->pages && !given_up)
        munmap(path->pages, PATH_BYTES);
}

static inline enum vyre_result path_buffers(struct path *path)
{
    struct vyre_device_info info;
    vyre_device_get_info(path->device, &info);
    bool import = info.host_import && PATH_BYTES % info.import_alignment == 0;
    enum vyre_result result =
        vyre_buffer_create(path->device,
                           vyre_buffer_params(.size = PATH_BYTES, .use = VYRE_BUFFER_UPLOAD,
                                              .host_pages = import ? path->pages : NULL),
                           &path->from);
    if (result == VYRE_OK)
        result = vyre_buffer_create(
            path->device, vyre_buffer_params(.size = PATH_BYTES, .use = VYRE_BUFFER_DEVICE),
            &path->middle);
    if (result == VYRE_OK)
        result =
            vyre_buffer_create(path->device, vyre_buffer_params(.size = PATH_BYTES), &path->to);
    return result;
}

static inline enum vyre_result path_pipeline(struct path *path)
{
    struct vk_pipeline_params params = double_params();
    enum vyre_result result = vk_pipeline_create(path->device, &params, &path->pipeline);
    if (result != VYRE_OK)
        return result;
    uint8_t *blob = NULL;
    size_t size = 0;
    result = vk_pipeline_blob(path->pipeline, &blob, &size);
    vyre_free(blob);
    if (result < 0)
        return result;
    const struct vk_range first[2] = { { path->from, 0, PATH_BYTES },
                                       { path->middle, 0, PATH_BYTES } };
    const struct vk_range second[2] = { { path->middle, 0, PATH_BYTES },
                                        { path->to, 0, PATH_BYTES } };
    result = vk_bindings_create(path->pipeline, first, 2, &path->first);
    if (result == VYRE_OK)
        result = vk_bindings_create(path->pipeline, second, 2, &path->second);
    return result;
}

static inline enum vyre_result path_submit(struct path *path, uint64_t *point)
{
    enum vyre_result result = vk_commands_begin(path->device, &path->commands);
    if (result != VYRE_OK)
        return result;
    double_dispatch(path->commands, path->pipeline, path->first, 1, PATH_WORDS);
    vk_commands_barrier(path->commands);
    double_dispatch(path->commands, path->pipeline, path->second, 1, PATH_WORDS);
    return vk_commands_submit(&path->commands, point);
}

static inline enum vyre_result path_open(struct path *path, const struct vyre_device_params *params)
{
    path->pages =
        mmap(NULL, PATH_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(path->pages != MAP_FAILED);
    enum vyre_result result = vyre_device_create(params, &path->device);
    if (result == VYRE_OK)
        result = path_buffers(path);
    return result == VYRE_OK ? path_pipeline(path) : result;
}

// Two rounds, so that recycled lists are used too. Wrong words are VYRE_ERR_INTERNAL.
static inline enum vyre_result path_work(struct path *path)
{
    void *from = NULL;
    void *to = NULL;
    enum vyre_result result = vyre_buffer_map(path->from, &from);
    if (result == VYRE_OK)
        result = vyre_buffer_map(path->to, &to);
    for (uint32_t round = 0; result == VYRE_OK && round < 2; round++) {
        for (uint32_t i = 0; i < PATH_WORDS; i++)
            ((uint32_t *)from)[i] = i + round;
        uint64_t point = 0;
        result = path_submit(path, &point);
        if (result == VYRE_OK)
            result = vk_wait(path->device, point, test_wait_ns);
        for (uint32_t i = 0; result == VYRE_OK && i < PATH_WORDS; i++)
            if (((const uint32_t *)to)[i] != 4 * (i + round) + 3)
                result = VYRE_ERR_INTERNAL;
    }
    return result;
}

static inline enum vyre_result path_run(const struct vyre_device_params *params)
{
    struct path path = { 0 };
    enum vyre_result result = path_open(&path, params);
    if (result == VYRE_OK)
        result = path_work(&path);
    path_fini(&path);
    return result;
}

#endif // TESTS_FAULT_VK_PATH_H
