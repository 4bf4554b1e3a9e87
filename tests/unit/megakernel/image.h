// SPDX-License-Identifier: MIT
// A ring as plain memory, and the interpreter as its device.
#ifndef TESTS_MEGAKERNEL_IMAGE_H
#define TESTS_MEGAKERNEL_IMAGE_H

#include "test.h"

#include "works.h"

#include "megakernel/program/fuse.h"
#include <vyre/interpret.h>
#include <vyre/protocol.h>

#include <stdlib.h>

enum { IMAGE_SLOTS = 16, IMAGE_SEGMENT_WORDS = WORK_SEGMENT_WORDS };

struct image {
    uint32_t control[VYRE_CONTROL_MIN_WORDS];
    uint32_t slots[IMAGE_SLOTS * VYRE_SLOT_WORDS];
    uint32_t queue[IMAGE_SLOTS];
    uint32_t windows[IMAGE_SLOTS * MK_MAX_WINDOWS * MK_WINDOW_WORDS];
    uint32_t state[MK_STATE_WORDS];
    uint32_t completion[IMAGE_SLOTS * MK_COMPLETION_WORDS];
    uint32_t segments[MK_MAX_WINDOWS][IMAGE_SEGMENT_WORDS];
    uint32_t segment_count;
    uint32_t tail;
};

static inline void image_init(struct image *image, uint32_t segment_count)
{
    memset(image, 0, sizeof *image);
    assert_result(VYRE_OK,
                  vyre_control_encode(vyre_control_params(.tenant_count = VYRE_TENANT_MASKS),
                                      image->control, sizeof image->control, NULL));
    image->segment_count = segment_count;
    for (uint32_t s = 0; s < segment_count; s++)
        for (uint32_t i = 0; i < IMAGE_SEGMENT_WORDS; i++)
            image->segments[s][i] = works_word(s, i);
}

// Publishes a slot at the tail; the slot number is not the queue position, to tell them apart.
static inline uint32_t image_publish(struct image *image, uint32_t base, uint32_t count,
                                     const uint32_t windows[][MK_WINDOW_WORDS])
{
    const uint32_t slot = (image->tail * 5 + 3) % IMAGE_SLOTS;
    const uint32_t args[] = { [MK_ARG_BASE] = base, [MK_ARG_COUNT] = count };
    const struct vyre_slot_item item = { VYRE_OPCODE_PAYLOAD, 2, args };
    assert_result(VYRE_OK,
                  vyre_slot_publish(image->slots, sizeof image->slots, slot, 0, &item, 1, NULL));
    memcpy(image->windows + slot * image->segment_count * MK_WINDOW_WORDS, windows,
           image->segment_count * sizeof *windows);
    image->queue[image->tail % IMAGE_SLOTS] = slot;
    image->tail++;
    return slot;
}

static inline struct vyre_program *image_parse(const char *text)
{
    struct vyre_program *program = NULL;
    struct test_diags diags = { .size = 0 };
    if (vyre_program_parse(text, strlen(text), "payload", test_diag_sink(&diags), &program) ||
        vyre_program_validate(program, vyre_validate_params(.diag = test_diag_sink(&diags))))
        fail_msg("%s", diags.text);
    return program;
}

// Runs one epoch of `groups` workgroups and takes the results over.
static inline void image_run(struct image *image, const struct vyre_program *kernel, uint32_t steps,
                             uint32_t batch, uint32_t groups)
{
    struct vyre_bytes inputs[MK_BUFFER_SEGMENTS + MK_MAX_WINDOWS] = {
        [MK_BUFFER_CONTROL] = { image->control, sizeof image->control },
        [MK_BUFFER_SLOTS] = { image->slots, sizeof image->slots },
        [MK_BUFFER_QUEUE] = { image->queue, sizeof image->queue },
        [MK_BUFFER_WINDOWS] = { image->windows, sizeof image->windows },
        [MK_BUFFER_STATE] = { image->state, sizeof image->state },
        [MK_BUFFER_COMPLETION] = { image->completion, sizeof image->completion },
    };
    for (uint32_t s = 0; s < image->segment_count; s++)
        inputs[MK_BUFFER_SEGMENTS + s] =
            (struct vyre_bytes){ image->segments[s], sizeof image->segments[s] };
    const uint32_t params[MK_PARAM_COUNT] = {
        [MK_PARAM_TAIL] = image->tail, [MK_PARAM_STEPS] = steps, [MK_PARAM_BATCH] = batch
    };
    struct vyre_outputs *outputs = NULL;
    struct test_diags diags = { .size = 0 };
    if (vyre_interpret(
            kernel,
            vyre_interpret_params(.inputs = inputs,
                                  .input_count = MK_BUFFER_SEGMENTS + image->segment_count,
                                  .grid = { groups, 1, 1 }, .launch_params = params,
                                  .launch_param_count = MK_PARAM_COUNT,
                                  .diag = test_diag_sink(&diags)),
            &outputs))
        fail_msg("%s", diags.text);
    for (size_t i = 0; i < vyre_outputs_count(outputs); i++) {
        size_t buffer = 0;
        struct vyre_bytes bytes = vyre_outputs_get(outputs, i, &buffer);
        assert_true(buffer < MK_BUFFER_SEGMENTS + image->segment_count);
        assert_int_equal(bytes.size, inputs[buffer].size);
        memcpy((void *)inputs[buffer].data, bytes.data, bytes.size);
    }
    vyre_outputs_destroy(&outputs);
}

static inline uint32_t image_verdict(const struct image *image, uint32_t position)
{
    const uint32_t *completion = image->completion + position % IMAGE_SLOTS * MK_COMPLETION_WORDS;
    assert_int_equal(completion[MK_COMPLETION_TICKET], position + 1);
    return completion[MK_COMPLETION_VERDICT];
}

#endif // TESTS_MEGAKERNEL_IMAGE_H
