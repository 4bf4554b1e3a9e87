// SPDX-License-Identifier: MIT
// Runs one program in the interpreter and on the device, on the same inputs, and compares the bytes
// of every buffer that comes back.
#ifndef TESTS_DEVICE_AGREE_H
#define TESTS_DEVICE_AGREE_H

#include "kernel_text.h"

#include <vyre/interpret.h>

enum { MOST_BUFFERS = 8, RUNTIME_WORDS = 40 };

static const uint32_t edges[16] = { 0,           1,           2,           3,
                                    5,           31,          32,          33,
                                    0x10000,     0x55555555,  0x7fffffff,  0x80000000u,
                                    0x80000001u, 0xdeadbeefu, 0xfffffffeu, 0xffffffffu };

static inline uint32_t next_random(uint32_t *state)
{
    *state ^= *state << 13; // xorshift32
    *state ^= *state >> 17;
    *state ^= *state << 5;
    return *state;
}

struct inputs {
    uint32_t *words[MOST_BUFFERS]; // owned, per buffer that is not workgroup memory
    size_t sizes[MOST_BUFFERS];    // bytes
    size_t declared[MOST_BUFFERS]; // declaration index
    size_t count;
};

// Floats whose sums, products and roundings are where rounding, cancellation and the borders of the
// format are.
static const uint32_t float_edges[32] = {
    0x00000000, 0x80000000, 0x00000001, 0x807fffff, 0x00800000, 0x80800001, 0x00ffffff, 0x01000000,
    0x3f800000, 0xbf800000, 0x3f7fffff, 0xbf800001, 0x3f000000, 0xbf000000, 0x3effffff, 0x3fc00000,
    0xc0200000, 0x40490fdb, 0x3eaaaaab, 0x4afffffe, 0x4b000001, 0xcb7fffff, 0x4effffff, 0x4f000000,
    0xcf000000, 0x4f7fffff, 0x4f800000, 0x7f7fffff, 0xff7fffff, 0x7f800000, 0xff800000, 0x7fa12345,
};

static inline uint32_t input_word(const char *name, size_t word, uint32_t random)
{
    if (strcmp(name, "e") == 0)
        return edges[word % 16];
    if (strcmp(name, "f") == 0)
        return float_edges[word % 32];
    return random & 1 ? edges[random >> 8 & 15] : random >> 8 & 63;
}

// Edge values and small numbers, floats in a buffer `f`; one of unknown length ends with half a
// word.
static inline void make_inputs(struct inputs *inputs, const struct vyre_program *program,
                               uint32_t seed)
{
    *inputs = (struct inputs){ .count = 0 };
    uint32_t state = seed * 2654435761u + 1;
    for (size_t i = 0; i < vyre_program_buffer_count(program); i++) {
        struct vyre_buffer_info info;
        assert_result(VYRE_OK, vyre_program_buffer_info(program, i, &info));
        if (info.access == VYRE_ACCESS_WORKGROUP)
            continue;
        assert_true(inputs->count < MOST_BUFFERS);
        size_t bytes = info.count ? info.count * (size_t)info.element_size : RUNTIME_WORDS * 4 + 2;
        uint32_t *data = calloc(bytes / 4 + 2, sizeof *data);
        for (size_t word = 0; word < (info.count ? (bytes + 3) / 4 : RUNTIME_WORDS); word++)
            data[word] = input_word(info.name, word, next_random(&state));
        inputs->words[inputs->count] = data;
        inputs->sizes[inputs->count] = bytes;
        inputs->declared[inputs->count++] = i;
    }
}

static inline void free_inputs(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        free(inputs->words[i]);
}

static inline struct vyre_outputs *interpret(const char *text, const struct inputs *inputs,
                                             const uint32_t grid[3])
{
    struct vyre_program *program = test_program(text);
    struct vyre_bytes bytes[MOST_BUFFERS];
    for (size_t i = 0; i < inputs->count; i++)
        bytes[i] = (struct vyre_bytes){ inputs->words[i], inputs->sizes[i] };
    struct test_diags diags = { .size = 0 };
    struct vyre_interpret_params params = { .inputs = bytes,
                                            .input_count = inputs->count,
                                            .diag = test_diag_sink(&diags) };
    memcpy(params.grid, grid, sizeof params.grid);
    struct vyre_outputs *outputs;
    enum vyre_result result = vyre_interpret(program, &params, &outputs);
    if (result)
        fail_msg("interpreter: %s: %s\n%s", vyre_result_name(result), diags.text, text);
    vyre_program_destroy(&program);
    return outputs;
}

// Runs `text` on the device and compares with `outputs`. False, and why in `why`, when they differ.
static inline bool same_on_device(struct vyre_device *device, const char *text,
                                  const struct inputs *inputs, const struct vyre_outputs *outputs,
                                  const uint32_t grid[3], char why[200])
{
    struct vyre_kernel *kernel = test_kernel(device, text, NULL);
    struct vyre_argument arguments[MOST_BUFFERS] = { { NULL, 0, 0 } };
    uint32_t *maps[MOST_BUFFERS];
    for (size_t i = 0; i < inputs->count; i++) {
        arguments[i].buffer = test_buffer(device, inputs->sizes[i], &maps[i]);
        memcpy(maps[i], inputs->words[i], inputs->sizes[i]);
    }
    test_dispatch(kernel, arguments, inputs->count, grid);
    bool same = true;
    for (size_t i = 0; same && i < vyre_outputs_count(outputs); i++) {
        size_t declared, at = 0, byte = 0;
        struct vyre_bytes expected = vyre_outputs_get(outputs, i, &declared);
        while (inputs->declared[at] != declared)
            at++;
        const uint8_t *got = (const uint8_t *)maps[at], *want = expected.data;
        while (byte < expected.size && got[byte] == want[byte])
            byte++;
        same = byte == expected.size;
        if (!same)
            snprintf(why, 200, "buffer %zu, word %zu: device %08x, interpreter %08x", declared,
                     byte / 4, maps[at][byte / 4], ((const uint32_t *)expected.data)[byte / 4]);
    }
    for (size_t i = 0; i < inputs->count; i++)
        vyre_buffer_destroy(&arguments[i].buffer);
    vyre_kernel_destroy(&kernel);
    return same;
}

// `device_text` is what the device runs; the same as `text` unless a fault is planted.
static inline bool agree(struct vyre_device *device, const char *text, const char *device_text,
                         uint32_t seed, uint32_t workgroups, char why[200])
{
    const uint32_t grid[3] = { workgroups, 1, 1 };
    struct vyre_program *program = test_program(text);
    struct inputs inputs;
    make_inputs(&inputs, program, seed);
    vyre_program_destroy(&program);
    struct vyre_outputs *outputs = interpret(text, &inputs, grid);
    bool same = same_on_device(device, device_text, &inputs, outputs, grid, why);
    vyre_outputs_destroy(&outputs);
    free_inputs(&inputs);
    return same;
}

static inline void assert_agree(struct vyre_device *device, const char *text, uint32_t workgroups,
                                uint32_t seeds)
{
    char why[200];
    for (uint32_t seed = 0; seed < seeds; seed++)
        if (!agree(device, text, text, seed, workgroups, why))
            fail_msg("%s\n%s", why, text);
}

static inline void assert_all_agree(struct vyre_device *device, const char *const *texts,
                                    size_t count, uint32_t seeds)
{
    for (size_t i = 0; i < count; i++)
        assert_agree(device, texts[i], 3, seeds);
}

// On a device that has the older memory model only.
static inline void assert_all_agree_in_old_model(const char *const *texts, size_t count)
{
    struct vyre_device *device =
        test_device(&(const struct vyre_pretend){ .no_vulkan_memory_model = true });
    assert_all_agree(device, texts, count, 1);
    test_device_done(&device);
}

#endif // TESTS_DEVICE_AGREE_H
