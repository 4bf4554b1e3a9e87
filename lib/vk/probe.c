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

static enum vyre_result prepare_loop(struct vk_probe_part *part, struct vyre_device *device,
                                     const struct vyre_diag_sink *diag)
{
    const struct vk_probe_shader shader = {
        .words = loop_words,
        .word_count = sizeof loop_words / sizeof loop_words[0],
        .size = sizeof(struct loop_block),
        .workgroups = 1,
    };
    enum vyre_result result = vk_probe_part_init(part, device, &shader, diag);
    if (result == VYRE_OK)
        *(struct loop_block *)part->host =
            (struct loop_block){ .asked = loop_asked, .state = loop_seed };
    return result;
}

static enum vyre_result run_parts(struct vyre_device *device, const struct vk_probe_part *parts,
                                  size_t count)
{
    struct vk_commands *commands = NULL;
    uint64_t point = 0;
    enum vyre_result result = vk_commands_begin(device, &commands);
    if (result != VYRE_OK)
        return result;
    for (size_t i = 0; i < count; i++)
        vk_probe_part_record(&parts[i], commands);
    result = vk_commands_submit(&commands, &point);
    return result == VYRE_OK ? vk_wait_or_hang(device, point, probe_timeout_ns) : result;
}

static enum vyre_result probe(struct vyre_device *device, const struct vyre_diag_sink *diag)
{
    enum { LOOP, FLOATS, PARTS };
    struct vk_probe_part parts[PARTS] = { 0 };
    const uint32_t controls = device->candidate.plan.target.float_controls;
    enum vyre_result result = prepare_loop(&parts[LOOP], device, diag);
    if (result == VYRE_OK)
        result = vk_probe_floats_init(&parts[FLOATS], device, controls, diag);
    if (result == VYRE_OK)
        result = run_parts(device, parts, PARTS);
    if (result == VYRE_OK)
        result = read_loop_limit(parts[LOOP].host, &device->probe.loop_limit, diag);
    if (result == VYRE_OK)
        vk_probe_floats_judge(&parts[FLOATS], &device->probe);
    for (int i = 0; i < PARTS; i++)
        vk_probe_part_fini(&parts[i]);
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
        enum vyre_result result = probe(device, diag);
        if (result != VYRE_OK) {
            diag_report(diag, DIAG_D013, NULL, "%s does not run a probe shader: %s",
                        device->candidate.snapshot.name, vyre_result_text(result));
            return result;
        }
        if (store && store->save)
            store->save(store->user, identity, &device->probe);
    }
    target->loop_limit = device->probe.loop_limit;
    if (!device->candidate.plan.no_exact_floats) {
        target->exact_floats = device->probe.exact_floats;
        target->hidden_floats = device->probe.hidden_floats;
    }
    return VYRE_OK;
}

void vk_device_probe(const struct vyre_device *device, struct vk_probe *out)
{
    *out = device->probe;
}
