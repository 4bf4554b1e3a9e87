// SPDX-License-Identifier: MIT
// Everything that a scan holds: automata on the device, regions, rings, the stream.
#include "engine.h"

#include <string.h>

#include "base/memory.h"
#include "base/report.h"
#include "vk/device.h"

static enum vyre_result choose_automata(struct vyre_scan *scan, const struct vyre_device_info *info,
                                        const struct vyre_diag_sink *diag)
{
    scan->automata = &scan->patterns->automata;
    uint64_t range = info->target.max_storage_range;
    for (size_t i = 0; i < scan->automata->count; i++) {
        if (scan_automaton_bytes(&scan->automata->items[i]) <= range)
            continue;
        enum vyre_result result =
            scan_automata_build(&scan->patterns->set, range, diag, &scan->rebuilt);
        scan->automata = &scan->rebuilt;
        return result;
    }
    return VYRE_OK;
}

static void count_outputs(const struct scan_automata *automata, struct scan_facts *facts)
{
    for (size_t i = 0; i < automata->count; i++) {
        uint32_t outputs = automata->items[i].outputs_max;
        facts->outputs_max = outputs > facts->outputs_max ? outputs : facts->outputs_max;
        facts->ends_max += outputs;
    }
}

static enum vyre_result make_plan(struct vyre_scan *scan, const struct vyre_scan_params *params,
                                  const struct vyre_device_info *info, bool staged)
{
    struct scan_facts facts = {
        .cpu = info->kind == VYRE_DEVICE_KIND_CPU,
        .loop_limit = info->target.loop_limit,
        .storage_max = info->target.max_storage_range,
        .memory_limit = params->memory_limit,
        .chunk_size = params->chunk_size,
        .pattern_size_max = scan->patterns->set.size_max,
        .automaton_count = (uint32_t)scan->automata->count,
        .automata_bytes = scan->automata->bytes,
        .counting = params->count_only,
        .staged = staged,
    };
    count_outputs(scan->automata, &facts);
    scan->counting = params->count_only;
    return scan_plan_make(&facts, params->diag, &scan->plan);
}

// A discrete device reads its own memory an order of magnitude faster than the host's, and a table
// is read once per byte of text: it is copied over. Elsewhere the host's view is the table.
static enum vyre_result upload(struct vyre_scan *scan, const struct scan_automaton *automaton,
                               bool copy, const struct vyre_scan_params *params,
                               struct vyre_buffer **out)
{
    uint64_t size = scan_automaton_bytes(automaton);
    struct vyre_buffer *host = NULL;
    void *bytes = NULL;
    enum vyre_result result = vyre_buffer_create(
        scan->device,
        vyre_buffer_params(.size = size, .use = VYRE_BUFFER_UPLOAD, .diag = params->diag), &host);
    if (result == VYRE_OK)
        result = vyre_buffer_map(host, &bytes);
    if (result == VYRE_OK)
        memcpy(bytes, automaton->table, (size_t)size);
    if (result != VYRE_OK || !copy) {
        if (result != VYRE_OK)
            vyre_buffer_destroy(&host);
        *out = host;
        return result;
    }

    struct vyre_buffer *own = NULL;
    struct vk_commands *commands = NULL;
    uint64_t point = 0;
    result = vyre_buffer_create(
        scan->device,
        vyre_buffer_params(.size = size, .use = VYRE_BUFFER_DEVICE, .diag = params->diag), &own);
    if (result == VYRE_OK)
        result = vk_commands_begin(scan->device, &commands);
    if (result == VYRE_OK) {
        vk_commands_copy(commands, host, 0, own, 0, size);
        vk_commands_barrier(commands);
        result = vk_commands_submit(&commands, &point);
    }
    if (result == VYRE_OK)
        result = vk_wait_or_hang(scan->device, point,
                                 params->hang_timeout_ns ? params->hang_timeout_ns
                                                         : UINT64_C(10000000000));
    vyre_buffer_destroy(&host);
    if (result != VYRE_OK)
        vyre_buffer_destroy(&own);
    *out = own;
    return result;
}

static enum vyre_result make_buffer(struct vyre_scan *scan, uint64_t size, enum vyre_buffer_use use,
                                    const struct vyre_diag_sink *diag, struct vyre_buffer **out,
                                    uint8_t **bytes)
{
    void *view = NULL;
    enum vyre_result result = vyre_buffer_create(
        scan->device, vyre_buffer_params(.size = size, .use = use, .diag = diag), out);
    if (result == VYRE_OK)
        result = vyre_buffer_map(*out, &view);
    *bytes = view;
    return result;
}

static enum vyre_result make_regions(struct vyre_scan *scan, const struct vyre_diag_sink *diag)
{
    const struct scan_plan *plan = &scan->plan;
    uint64_t entries = (uint64_t)plan->region_count * scan->group_count;
    // When counting there are no pairs, but the window must be somewhere.
    uint64_t hits_size = plan->hits_stride ? entries * plan->hits_stride : 64;
    enum vyre_result result = make_buffer(scan, entries * plan->job_stride, VYRE_BUFFER_UPLOAD,
                                          diag, &scan->job, &scan->job_bytes);
    if (result == VYRE_OK)
        result = make_buffer(scan, entries * plan->count_stride, VYRE_BUFFER_READBACK, diag,
                             &scan->count, &scan->count_bytes);
    if (result == VYRE_OK)
        result = make_buffer(scan, hits_size, VYRE_BUFFER_READBACK, diag, &scan->hits,
                             &scan->hits_bytes);
    if (result != VYRE_OK)
        return result;

    size_t pairs = (size_t)plan->hit_capacity * scan->group_count + 1;
    scan->free_regions = memory_calloc(plan->region_count, sizeof *scan->free_regions);
    scan->region_pieces = memory_calloc(plan->region_count, sizeof(struct scan_piece *));
    scan->decoder.ends = memory_calloc(pairs, sizeof *scan->decoder.ends);
    scan->decoder.scratch = memory_calloc(pairs, sizeof *scan->decoder.scratch);
    if (!scan->free_regions || !scan->region_pieces || !scan->decoder.ends ||
        !scan->decoder.scratch)
        return VYRE_ERR_NO_MEMORY;
    for (uint32_t i = 0; i < plan->region_count; i++)
        scan->free_regions[i] = plan->region_count - 1 - i;
    scan->free_region_count = plan->region_count;
    return VYRE_OK;
}

static enum vyre_result make_ring(struct vyre_scan *scan, struct scan_group *group,
                                  const struct vyre_program *payload,
                                  const struct vyre_scan_params *params)
{
    struct vyre_buffer *const segments[SCAN_BUFFER_COUNT_OF] = {
        [SCAN_BUFFER_TEXT] = stream_segment(scan->stream),
        [SCAN_BUFFER_JOB] = scan->job,
        [SCAN_BUFFER_TABLE] = group->table,
        [SCAN_BUFFER_COUNT] = scan->count,
        [SCAN_BUFFER_HITS] = scan->hits,
    };
    enum vyre_result result = vyre_ring_create(
        scan->device,
        vyre_ring_params(.payload = payload, .segments = segments,
                         .segment_count = SCAN_BUFFER_COUNT_OF, .slot_count = scan->plan.slot_count,
                         .hang_timeout_ns = params->hang_timeout_ns, .cache = params->cache,
                         .diag = params->diag, .log = params->log),
        &group->ring);
    if (result != VYRE_OK)
        return result;
    struct vyre_kernel_stats kernel;
    vyre_ring_get_kernel_stats(group->ring, &kernel);
    // Later rings of one scan are made from what the first one stored; the first one counts.
    if (group == scan->groups) {
        scan->stats.module_cached = kernel.module_cached;
        scan->stats.pipeline_cached = kernel.pipeline_cached;
        scan->stats.lower_ns = kernel.lower_ns;
        scan->stats.pipeline_ns = kernel.pipeline_ns;
    }
    return VYRE_OK;
}

static enum vyre_result make_groups(struct vyre_scan *scan, const struct vyre_scan_params *params,
                                    const struct vyre_device_info *info)
{
    bool copy = info->kind == VYRE_DEVICE_KIND_DISCRETE || info->kind == VYRE_DEVICE_KIND_VIRTUAL;
    struct vyre_program *payload = NULL;
    enum vyre_result result = scan_payload_create(&scan->plan.shape, &payload);
    for (uint32_t i = 0; i < scan->group_count && result == VYRE_OK; i++) {
        struct scan_group *group = &scan->groups[i];
        group->automaton = &scan->automata->items[i];
        result = upload(scan, group->automaton, copy, params, &group->table);
        if (result == VYRE_OK)
            result = make_ring(scan, group, payload, params);
    }
    vyre_program_destroy(&payload);
    return result;
}

static enum vyre_result make_stream(struct vyre_scan *scan, const struct vyre_scan_params *params)
{
    const struct stream_params stream = {
        .pool_size = scan->plan.pool_size,
        .chunk_size = scan->plan.chunk_size,
        .overlap = scan->plan.overlap,
        .ingest = params->ingest,
        .hang_timeout_ns = params->hang_timeout_ns,
        .diag = params->diag,
        .log = params->log,
    };
    return stream_create(scan->device, &stream, &scan->stream);
}

// Only the stream finds out which path works here. When it has to keep the text twice and the plan
// did not count on it, both are made anew: the memory limit holds on every path.
static enum vyre_result plan_and_make_stream(struct vyre_scan *scan,
                                             const struct vyre_scan_params *params,
                                             const struct vyre_device_info *info)
{
    bool staged = params->ingest == VYRE_INGEST_STAGED ||
                  (params->ingest == VYRE_INGEST_AUTO && !info->host_import);
    enum vyre_result result = make_plan(scan, params, info, staged);
    if (result == VYRE_OK)
        result = make_stream(scan, params);
    if (result != VYRE_OK || staged)
        return result;
    struct stream_stats stats;
    stream_get_stats(scan->stream, &stats);
    if (stats.ingest != VYRE_INGEST_STAGED)
        return VYRE_OK;
    stream_destroy(&scan->stream);
    result = make_plan(scan, params, info, true);
    return result == VYRE_OK ? make_stream(scan, params) : result;
}

enum vyre_result scan_setup(struct vyre_scan *scan, const struct vyre_scan_params *params)
{
    struct vyre_device_info info;
    vyre_device_get_info(scan->device, &info);
    enum vyre_result result = choose_automata(scan, &info, params->diag);
    if (result == VYRE_OK)
        result = plan_and_make_stream(scan, params, &info);
    if (result != VYRE_OK)
        return result;
    if (!scan_order_init(&scan->decoder.order, &scan->patterns->set, scan->plan.waiting_max))
        return VYRE_ERR_NO_MEMORY;
    scan->groups = memory_calloc(scan->automata->count, sizeof *scan->groups);
    if (!scan->groups)
        return VYRE_ERR_NO_MEMORY;
    scan->group_count = (uint32_t)scan->automata->count;
    scan->stream_state = VYRE_DONE;

    result = make_regions(scan, params->diag);
    if (result == VYRE_OK)
        result = make_groups(scan, params, &info);
    if (result != VYRE_OK)
        return result;
    // Without the text and the slots, which stream and rings know about.
    scan->stats.memory_bytes = scan->automata->bytes + scan->plan.host_bytes +
                               vyre_buffer_size(scan->job) + vyre_buffer_size(scan->count) +
                               vyre_buffer_size(scan->hits);
    scan->stats.automata = scan->group_count;
    scan->stats.automata_bytes = scan->automata->bytes;
    return VYRE_OK;
}

// Rings go first: they wait for what the device still reads.
void scan_teardown(struct vyre_scan *scan)
{
    for (uint32_t i = 0; i < scan->group_count; i++)
        vyre_ring_destroy(&scan->groups[i].ring);
    for (uint32_t i = 0; i < scan->group_count; i++)
        vyre_buffer_destroy(&scan->groups[i].table);
    memory_free(scan->groups);
    scan_feed_fini(scan);
    stream_destroy(&scan->stream);
    vyre_buffer_destroy(&scan->job);
    vyre_buffer_destroy(&scan->count);
    vyre_buffer_destroy(&scan->hits);
    memory_free(scan->free_regions);
    memory_free(scan->region_pieces);
    memory_free(scan->decoder.ends);
    memory_free(scan->decoder.scratch);
    scan_order_fini(&scan->decoder.order);
    scan_automata_fini(&scan->rebuilt);
    vyre_patterns_destroy(&scan->patterns);
    vyre_device_destroy(&scan->device);
}
