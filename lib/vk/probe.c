// SPDX-License-Identifier: MIT
// Device probes: after how many iterations the driver ends a loop, and which float instructions are
// right.
#include "probe.h"

#include "base/report.h"
#include "probe_floats.h"

static const uint32_t loop_words[] = {
#include "loop_probe.spv.inc"
};

// Twice the limit of Mesa 22.3's CPU driver (65,535 iterations), about a millisecond on a GPU.
static const uint32_t loop_asked = 131072;
static const uint32_t loop_seed = 12345;
// A probe that takes longer than this is a device that does not work.
static const uint64_t probe_timeout_ns = 5ull * 1000 * 1000 * 1000;

struct loop_block {
    uint32_t asked;
    uint32_t counted;
    uint32_t state;
};

static enum vyre_result run_once(struct vyre_device *device, struct vk_pipeline *pipeline,
                                 struct vyre_buffer *buffer)
{
    const struct vk_range range = { buffer, 0, sizeof(struct loop_block) };
    const uint32_t one[3] = { 1, 1, 1 };
    struct vk_bindings *bindings = NULL;
    struct vk_commands *commands = NULL;
    enum vyre_result result = vk_bindings_create(pipeline, &range, 1, &bindings);
    if (result == VYRE_OK)
        result = vk_commands_begin(device, &commands);
    if (result == VYRE_OK) {
        uint64_t point;
        vk_commands_dispatch(commands, pipeline, bindings, NULL, 0, NULL, one);
        result = vk_commands_submit(&commands, &point);
        if (result == VYRE_OK)
            result = vk_wait_or_hang(device, point, probe_timeout_ns);
    }
    vk_bindings_unref(&bindings);
    return result;
}

static enum vyre_result read_loop_limit(const struct loop_block *block, uint32_t *limit,
                                        const struct vyre_diag_sink *diag)
{
    uint32_t state = loop_seed;
    uint32_t counted = block->counted;
    for (uint32_t i = 0; i < counted && i < loop_asked; i++)
        state = state * 1664525u + 1013904223u;
    if (counted == 0 || counted > loop_asked || block->state != state) {
        diag_report(diag, DIAG_D013, NULL,
                    "the loop probe counted %u of %u iterations with state 0x%08x, not 0x%08x",
                    counted, loop_asked, block->state, state);
        return VYRE_ERR_DEVICE;
    }
    *limit = counted < loop_asked ? counted : 0;
    return VYRE_OK;
}

static enum vyre_result probe_loop(struct vyre_device *device, uint32_t *limit,
                                   const struct vyre_diag_sink *diag)
{
    const uint32_t binding = 0;
    const struct vk_pipeline_params params = {
        .words = loop_words,
        .word_count = sizeof loop_words / sizeof loop_words[0],
        .bindings = &binding,
        .binding_count = 1,
        .diag = diag,
    };
    struct vk_pipeline *pipeline = NULL;
    struct vyre_buffer *buffer = NULL;
    void *host = NULL;
    enum vyre_result result = vk_pipeline_create(device, &params, &pipeline);
    if (result == VYRE_OK)
        result = vyre_buffer_create(
            device, vyre_buffer_params(.size = sizeof(struct loop_block), .diag = diag), &buffer);
    if (result == VYRE_OK)
        result = vyre_buffer_map(buffer, &host);
    if (result == VYRE_OK) {
        *(struct loop_block *)host = (struct loop_block){ .asked = loop_asked, .state = loop_seed };
        result = run_once(device, pipeline, buffer);
    }
    if (result == VYRE_OK)
        result = read_loop_limit(host, limit, diag);
    vyre_buffer_destroy(&buffer);
    vk_pipeline_unref(&pipeline);
    return result;
}

enum vyre_result vk_probe_run(struct vyre_device *device, const struct vk_probe_store *store,
                              const struct vyre_diag_sink *diag)
{
    struct vyre_target *target = &device->candidate.plan.target;
    if (target->loop_limit)
        return VYRE_OK; // pretended: no code runs, and nothing is known of floats
    uint8_t identity[VK_DRIVER_IDENTITY_SIZE];
    vk_device_identity(device, identity);
    if (!store || !store->load || !store->load(store->user, identity, &device->probe)) {
        enum vyre_result result = probe_loop(device, &device->probe.loop_limit, diag);
        if (result == VYRE_OK)
            result = vk_probe_floats(device, target->float_controls, probe_timeout_ns, diag,
                                     &device->probe.exact_floats);
        if (result != VYRE_OK) {
            diag_report(diag, DIAG_D013, NULL, "%s does not run a probe shader: %s",
                        device->candidate.snapshot.name, vyre_result_text(result));
            return result;
        }
        if (store && store->save)
            store->save(store->user, identity, &device->probe);
    }
    target->loop_limit = device->probe.loop_limit;
    if (!device->candidate.plan.no_exact_floats)
        target->exact_floats = device->probe.exact_floats;
    return VYRE_OK;
}

void vk_device_probe(const struct vyre_device *device, struct vk_probe *out)
{
    *out = device->probe;
}
