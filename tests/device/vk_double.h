// SPDX-License-Identifier: MIT
// The pipeline of shaders/double.comp and the objects around it.
#ifndef TESTS_DEVICE_VK_DOUBLE_H
#define TESTS_DEVICE_VK_DOUBLE_H

#include "device.h"

static const uint32_t double_words[] = {
#include "double.spv.inc"
};

static const uint32_t double_bindings[] = { 0, 3 };

static inline struct vk_pipeline_params double_params(void)
{
    return (struct vk_pipeline_params){
        .words = double_words,
        .word_count = sizeof double_words / sizeof double_words[0],
        .bindings = double_bindings,
        .binding_count = 2,
        .push_bytes = 4,
    };
}

static inline struct vk_pipeline *double_pipeline(struct vyre_device *device)
{
    struct vk_pipeline *pipeline = NULL;
    const struct vk_pipeline_params params = double_params();
    assert_result(VYRE_OK, vk_pipeline_create(device, &params, &pipeline));
    return pipeline;
}

static inline struct vyre_buffer *words_buffer(struct vyre_device *device, enum vyre_buffer_use use,
                                               size_t words)
{
    struct vyre_buffer *buffer = NULL;
    assert_result(VYRE_OK, vyre_buffer_create(
                               device, vyre_buffer_params(.size = words * 4, .use = use), &buffer));
    return buffer;
}

static inline uint32_t *words_of(struct vyre_buffer *buffer)
{
    void *host = NULL;
    assert_result(VYRE_OK, vyre_buffer_map(buffer, &host));
    return host;
}

static inline struct vk_bindings *double_bind(struct vk_pipeline *pipeline,
                                              struct vyre_buffer *from, struct vyre_buffer *to)
{
    const struct vk_range ranges[2] = {
        { from, 0, vyre_buffer_size(from) },
        { to, 0, vyre_buffer_size(to) },
    };
    struct vk_bindings *bindings = NULL;
    assert_result(VYRE_OK, vk_bindings_create(pipeline, ranges, 2, &bindings));
    return bindings;
}

// Records enough workgroups for `words` words.
static inline void double_dispatch(struct vk_commands *commands, struct vk_pipeline *pipeline,
                                   struct vk_bindings *bindings, uint32_t addend, uint32_t words)
{
    const uint32_t grid[3] = { (words + 63) / 64, 1, 1 };
    vk_commands_dispatch(commands, pipeline, bindings, &addend, sizeof addend, NULL, grid);
}

#endif // TESTS_DEVICE_VK_DOUBLE_H
