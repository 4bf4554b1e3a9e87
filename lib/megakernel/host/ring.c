// SPDX-License-Identifier: MIT
// The life of a ring, and publishing.
#include "object.h"

#include "base/memory.h"
#include "base/size.h"
#include "ir/model.h"
#include "megakernel/host/tenant.h"
#include "megakernel/protocol/slot.h"

#include <string.h>
#include <unistd.h>

_Static_assert((int)MK_MAX_WINDOWS == (int)VYRE_RING_MAX_WINDOWS, "one number");

enum { DEFAULT_SLOTS = 4096, MOST_SLOTS = 65536, DEFAULT_EPOCHS = 2 };

static const uint64_t default_hang_ns = 10ull * 1000 * 1000 * 1000;

// ---- Checking parameters ------------------------------------------------------------------------

static enum vyre_result refuse(const struct vyre_diag_sink *diag, const char *what)
{
    diag_report(diag, DIAG_M005, NULL, "%s", what);
    return VYRE_ERR_INVALID_ARGUMENT;
}

static uint32_t count_windows(const struct vyre_program *payload)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < payload->buffer_count; i++)
        count += payload->buffers[i].access != VYRE_ACCESS_WORKGROUP;
    return count;
}

static enum vyre_result check_params(const struct vyre_ring_params *params)
{
    const uint32_t slots = params->slot_count;
    if (!params->payload)
        return refuse(params->diag, "no payload");
    if (slots != 0 && (slots < 2 || slots > MOST_SLOTS || (slots & (slots - 1)) != 0))
        return refuse(params->diag, "slot_count is not a power of two from 2 to 65536");
    if (params->epochs_in_flight > MK_MOST_EPOCHS)
        return refuse(params->diag, "epochs_in_flight is more than 3");
    if (params->hang_timeout_ns == UINT64_MAX)
        return refuse(params->diag, "hang_timeout_ns has no end");
    if (params->segment_count != count_windows(params->payload))
        return refuse(params->diag, "segment_count is not the number of the payload's buffers");
    for (size_t i = 0; i < params->segment_count; i++)
        if (!params->segments || !params->segments[i])
            return refuse(params->diag, "a segment is missing");
    return VYRE_OK;
}

// ---- Making -------------------------------------------------------------------------------------

static enum vyre_result make_memory(struct vyre_ring *ring, const struct vyre_ring_params *params,
                                    uint64_t words, enum vyre_buffer_use use, struct mk_memory *out)
{
    enum vyre_result result = vyre_buffer_create(
        ring->device, vyre_buffer_params(.size = words * 4, .use = use, .diag = params->diag),
        &out->buffer);
    void *mapped = NULL;
    if (result == VYRE_OK && use != VYRE_BUFFER_DEVICE)
        result = vyre_buffer_map(out->buffer, &mapped);
    out->words = mapped;
    if (result == VYRE_OK)
        ring->stats.memory_bytes += words * 4;
    return result;
}

// By writer, so that no cache line has two: what the host writes, what the device writes for the
// host, what the device keeps to itself.
static enum vyre_result make_buffers(struct vyre_ring *ring, const struct vyre_ring_params *params)
{
    const uint64_t slots = ring->limits.slot_count;
    const uint32_t windows = ring->shape.window_count ? ring->shape.window_count : 1;
    const struct {
        enum mk_buffer which;
        uint64_t words;
        enum vyre_buffer_use use;
    } own[] = {
        { MK_BUFFER_CONTROL, VYRE_CONTROL_MIN_WORDS, VYRE_BUFFER_READBACK },
        { MK_BUFFER_SLOTS, slots * VYRE_SLOT_WORDS, VYRE_BUFFER_UPLOAD },
        { MK_BUFFER_QUEUE, slots, VYRE_BUFFER_UPLOAD },
        { MK_BUFFER_WINDOWS, slots * windows * MK_WINDOW_WORDS, VYRE_BUFFER_UPLOAD },
        { MK_BUFFER_STATE, MK_STATE_WORDS, VYRE_BUFFER_DEVICE },
        { MK_BUFFER_COMPLETION, slots * MK_COMPLETION_WORDS, VYRE_BUFFER_READBACK },
    };
    enum vyre_result result = VYRE_OK;
    for (size_t i = 0; result == VYRE_OK && i < sizeof own / sizeof *own; i++)
        result = make_memory(ring, params, own[i].words, own[i].use, &ring->own[own[i].which]);
    if (result == VYRE_OK)
        result = make_memory(ring, params, MK_MOST_EPOCHS, VYRE_BUFFER_READBACK, &ring->report);
    if (result != VYRE_OK)
        return result;
    ring->entries = memory_calloc(slots, sizeof *ring->entries);
    ring->free_slots = memory_calloc(slots, sizeof *ring->free_slots);
    if (!ring->entries || !ring->free_slots)
        return VYRE_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < slots; i++)
        ring->free_slots[i] = (uint32_t)slots - 1 - i;
    ring->free_count = (uint32_t)slots;
    return vyre_control_encode(vyre_control_params(.tenant_count = VYRE_TENANT_MASKS),
                               ring->own[MK_BUFFER_CONTROL].words,
                               VYRE_CONTROL_MIN_WORDS * sizeof(uint32_t), params->diag);
}

static void take_segments(struct vyre_ring *ring, const struct vyre_ring_params *params)
{
    uint32_t window = 0;
    for (uint32_t i = 0; i < params->payload->buffer_count; i++) {
        const struct ir_buffer *buffer = &params->payload->buffers[i];
        if (buffer->access == VYRE_ACCESS_WORKGROUP)
            continue;
        ring->segments[window] = vyre_buffer_ref(params->segments[window]);
        ring->segment_sizes[window] = vyre_buffer_size(params->segments[window]);
        ring->least_windows[window] = (uint64_t)buffer->count * 4;
        ring->written[window] =
            buffer->access == VYRE_ACCESS_READ_WRITE || buffer->access == VYRE_ACCESS_WRITE_ONLY;
        window++;
    }
}

static enum vyre_result make_kernel(struct vyre_ring *ring, const struct vyre_ring_params *params)
{
    enum vyre_result result =
        vyre_program_validate(params->payload, vyre_validate_params(.diag = params->diag));
    struct vyre_program *program = NULL;
    if (result == VYRE_OK) {
        const struct mk_fuse_params fuse = {
            .loop_limit = ring->loop_limit,
            .workgroups = params->max_workgroups,
            .batch = params->claim_batch,
            .diag = params->diag,
        };
        result = mk_fuse(params->payload, &fuse, &program, &ring->shape);
    }
    if (result == VYRE_OK)
        result = kernel_code_build(
            ring->device,
            vyre_kernel_params(.program = program, .cache = params->cache, .diag = params->diag),
            NULL, &ring->code);
    vyre_program_destroy(&program);
    return result;
}

// The kernel's bindings in the order of its module, and the lengths that it is told about them.
static enum vyre_result bind(struct vyre_ring *ring)
{
    struct vyre_module_info info;
    vyre_module_reflect(ring->code.module, &info);
    // Every loop of the kernel has a literal bound and its payload's traps are slot faults.
    if (info.fault_binding != UINT32_MAX || info.binding_count > MK_MOST_RANGES ||
        info.param_count != MK_PARAM_COUNT)
        return VYRE_ERR_INTERNAL;
    struct vk_range ranges[MK_MOST_RANGES];
    for (size_t i = 0; i < info.binding_count; i++) {
        const uint32_t binding = info.bindings[i].binding;
        struct vyre_buffer *buffer = NULL;
        if (binding < MK_BUFFER_SEGMENTS)
            buffer = ring->own[binding].buffer;
        else if (binding - MK_BUFFER_SEGMENTS < ring->shape.window_count)
            buffer = ring->segments[binding - MK_BUFFER_SEGMENTS];
        if (!buffer)
            return VYRE_ERR_INTERNAL;
        ranges[i] = (struct vk_range){ buffer, 0, vyre_buffer_size(buffer) };
        // A larger segment cannot be bound; vk_bindings_create says so.
        ring->push[i] = (uint32_t)u64_min(ranges[i].size, UINT32_MAX);
    }
    vyre_module_derive(&info, ring->push);
    ring->push_bytes = info.push_bytes;
    ring->param_at = (uint32_t)info.binding_count;
    return vk_bindings_create(ring->code.pipeline, ranges, info.binding_count, &ring->bindings);
}

static uint32_t width_of(const struct vyre_device_info *info)
{
    // A CPU implementation runs one workgroup per processor at a time; how many a GPU runs is not
    // something that Vulkan tells, and a few too many cost little.
    if (info->kind != VYRE_DEVICE_KIND_CPU)
        return 256;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > 256 ? 256 : (uint32_t)processors;
}

static void set_limits(struct vyre_ring *ring, const struct vyre_ring_params *params)
{
    struct vyre_device_info info;
    vyre_device_get_info(ring->device, &info);
    uint32_t grid[3];
    vk_device_max_grid(ring->device, grid);
    ring->loop_limit = info.target.loop_limit;
    ring->limits.width = width_of(&info);
    ring->limits.most_workgroups = grid[0] < MK_MAX_WORKGROUPS ? grid[0] : MK_MAX_WORKGROUPS;
    ring->limits.slot_count = params->slot_count ? params->slot_count : DEFAULT_SLOTS;
    ring->most_epochs = params->epochs_in_flight ? params->epochs_in_flight : DEFAULT_EPOCHS;
    ring->hang_timeout_ns = params->hang_timeout_ns ? params->hang_timeout_ns : default_hang_ns;
}

enum vyre_result vyre_ring_create(struct vyre_device *device, const struct vyre_ring_params *params,
                                  struct vyre_ring **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!device || !params)
        return VYRE_ERR_INVALID_ARGUMENT;
    enum vyre_result result = check_params(params);
    if (result != VYRE_OK)
        return result;
    struct vyre_ring *ring = memory_calloc(1, sizeof *ring);
    if (!ring)
        return VYRE_ERR_NO_MEMORY;
    ring->device = vyre_device_ref(device);
    ring->log = params->log;
    ring->replay = params->replay;
    ring->workgroup_width = params->payload->workgroup[0];
    set_limits(ring, params);
    result = make_kernel(ring, params);
    if (result == VYRE_OK) {
        take_segments(ring, params);
        result = make_buffers(ring, params);
    }
    if (result == VYRE_OK)
        result = bind(ring);
    if (result != VYRE_OK) {
        vyre_ring_destroy(&ring);
        return result;
    }
    ring->limits.batch = ring->shape.batch;
    ring->limits.steps = ring->shape.steps;
    ring->quota = mk_quota_first(&ring->limits);
    ring->stats.fuel = ring->shape.batch * ring->shape.steps;
    ring->stats.max_workgroups = ring->shape.workgroups;
    ring->stats.loop_limit = ring->loop_limit;
    *out = ring;
    return VYRE_OK;
}

void vyre_ring_destroy(struct vyre_ring **ring)
{
    if (!ring || !*ring)
        return;
    struct vyre_ring *dropped = *ring;
    *ring = NULL;
    // One after the other, so that each has its own time. A hang poisons the device, whose life
    // then keeps what the device may still touch.
    for (uint32_t i = 0; i < dropped->epoch_count; i++) {
        if (vk_wait_or_hang(dropped->device, dropped->epochs[i].point, dropped->hang_timeout_ns) ==
            VYRE_OK)
            continue;
        mk_ring_record(dropped, dropped->head, dropped->tail, true);
        break;
    }
    if (dropped->bindings)
        vk_bindings_unref(&dropped->bindings);
    kernel_code_fini(&dropped->code);
    for (int i = 0; i < MK_BUFFER_SEGMENTS; i++)
        vyre_buffer_destroy(&dropped->own[i].buffer);
    vyre_buffer_destroy(&dropped->report.buffer);
    for (int i = 0; i < VYRE_RING_MAX_WINDOWS; i++)
        vyre_buffer_destroy(&dropped->segments[i]);
    memory_free(dropped->entries);
    memory_free(dropped->free_slots);
    vyre_device_destroy(&dropped->device);
    memory_free(dropped);
}

// ---- Publishing ---------------------------------------------------------------------------------

static bool is_window(const struct vyre_ring *ring, uint32_t index,
                      const struct vyre_window *window)
{
    const uint64_t size = ring->segment_sizes[index];
    return ((window->offset | window->size) & 3) == 0 && window->offset <= size &&
           window->size <= size - window->offset && window->size >= ring->least_windows[index];
}

// Bindings that are not decorated as aliased may be taken to be different memory (SPIR-V, 2.18.2):
// a store through one and a load through the other may change places.
static bool overlap(const struct vyre_ring *ring, const struct vyre_work *work, uint32_t a,
                    uint32_t b)
{
    const struct vyre_window *first = &work->windows[a];
    const struct vyre_window *second = &work->windows[b];
    return ring->segments[a] == ring->segments[b] && (ring->written[a] || ring->written[b]) &&
           u64_max(first->offset, second->offset) <
               u64_min(first->offset + first->size, second->offset + second->size);
}

static bool is_work(const struct vyre_ring *ring, const struct vyre_work *work)
{
    const uint32_t count = work->workgroup_count ? work->workgroup_count : 1;
    const uint64_t last = (uint64_t)work->workgroup_base + count;
    if (work->tenant >= VYRE_TENANT_MASKS || count > ring->shape.workgroups ||
        last * ring->workgroup_width > (uint64_t)UINT32_MAX + 1)
        return false;
    for (uint32_t i = 0; i < ring->shape.window_count; i++)
        if (!is_window(ring, i, &work->windows[i]))
            return false;
    for (uint32_t i = 1; i < ring->shape.window_count; i++)
        for (uint32_t k = 0; k < i; k++)
            if (overlap(ring, work, i, k))
                return false;
    return true;
}

static void publish(struct vyre_ring *ring, const struct vyre_work *work)
{
    const uint32_t slot = ring->free_slots[--ring->free_count];
    const uint32_t at = (uint32_t)ring->published & (ring->limits.slot_count - 1);
    uint32_t *windows = ring->own[MK_BUFFER_WINDOWS].words +
                        (size_t)slot * ring->shape.window_count * MK_WINDOW_WORDS;
    for (uint32_t i = 0; i < ring->shape.window_count; i++, windows += MK_WINDOW_WORDS) {
        windows[MK_WINDOW_OFFSET] = (uint32_t)(work->windows[i].offset / 4);
        windows[MK_WINDOW_SIZE] = (uint32_t)(work->windows[i].size / 4);
    }
    const uint32_t args[] = {
        [MK_ARG_BASE] = work->workgroup_base,
        [MK_ARG_COUNT] = work->workgroup_count ? work->workgroup_count : 1,
    };
    const struct vyre_slot_item item = { VYRE_OPCODE_PAYLOAD, sizeof args / sizeof *args, args };
    mk_slot_write(ring->own[MK_BUFFER_SLOTS].words + (size_t)slot * VYRE_SLOT_WORDS, work->tenant,
                  &item);
    ring->own[MK_BUFFER_QUEUE].words[at] = slot;
    ring->entries[at] = (struct mk_entry){
        .tag = work->tag,
        .slot = slot,
        .tenant = work->tenant,
        .args = { [MK_ARG_BASE] = args[MK_ARG_BASE], [MK_ARG_COUNT] = args[MK_ARG_COUNT] },
    };
    ring->published++;
    ring->stats.slots_published++;
}

enum vyre_result vyre_ring_publish(struct vyre_ring *ring, const struct vyre_work *work,
                                   size_t count)
{
    if (!ring || (count > 0 && !work))
        return VYRE_ERR_INVALID_ARGUMENT;
    enum vyre_result result = vyre_device_status(ring->device);
    if (result != VYRE_OK)
        return result;
    for (size_t i = 0; i < count; i++)
        if (!is_work(ring, &work[i]))
            return VYRE_ERR_INVALID_ARGUMENT;
    if (count > ring->free_count)
        return count > ring->limits.slot_count ? VYRE_ERR_LIMIT : VYRE_FULL;
    for (size_t i = 0; i < count; i++)
        publish(ring, &work[i]);
    return VYRE_OK;
}

// The host does not read slots, whose memory may be slow to read: it knows what the device wrote.
// FAULT is terminal and PUBLISHED is still live, so both become EMPTY again.
void mk_ring_free_slot(struct vyre_ring *ring, const struct mk_entry *entry)
{
    uint32_t *slot = ring->own[MK_BUFFER_SLOTS].words + (size_t)entry->slot * VYRE_SLOT_WORDS;
    if ((entry->verdict & 0xFF) != VYRE_WORK_DONE)
        __atomic_store_n(&slot[VYRE_SLOT_STATUS], (uint32_t)VYRE_STATUS_EMPTY, __ATOMIC_RELAXED);
    ring->free_slots[ring->free_count++] = entry->slot;
}

enum vyre_result mk_ring_allow_tenant(struct vyre_ring *ring, uint32_t tenant, bool allowed)
{
    if (tenant >= VYRE_TENANT_MASKS)
        return VYRE_ERR_INVALID_ARGUMENT;
    uint32_t *mask = ring->own[MK_BUFFER_CONTROL].words + VYRE_CONTROL_TENANT_MASKS + tenant;
    __atomic_store_n(mask, allowed ? VYRE_TENANT_MASK_ALL : 0, __ATOMIC_RELAXED);
    return VYRE_OK;
}

// ---- Statistics ---------------------------------------------------------------------------------

void vyre_ring_get_stats(const struct vyre_ring *ring, struct vyre_ring_stats *out)
{
    if (out)
        *out = ring ? ring->stats : (struct vyre_ring_stats){ 0 };
}

void vyre_ring_get_kernel_stats(const struct vyre_ring *ring, struct vyre_kernel_stats *out)
{
    if (out)
        *out = ring ? ring->code.stats : (struct vyre_kernel_stats){ 0 };
}
