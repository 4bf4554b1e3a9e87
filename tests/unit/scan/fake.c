// SPDX-License-Identifier: MIT
#include "fake.h"

#include <stdlib.h>

#include "naive.h"
#include "simulate.h"
#include "stream/stream.h"
#include "test.h"
#include "vk/device.h"
#include <vyre/ring.h>

enum { INPUTS = 64, CHUNKS = 4096 };

struct vyre_device {
    struct fake_options options;
    uint64_t seed;
    uint64_t slots;
    int references;
    int objects;
};

struct vyre_buffer {
    uint8_t *bytes;
    uint64_t size;
    int references;
};

static struct vyre_device device;

struct vyre_device *fake_device(const struct fake_options *options)
{
    assert_int_equal(device.objects, 0);
    device = (struct vyre_device){
        .options = *options,
        .seed = options->seed * 2 + 1,
        .references = 1,
    };
    return &device;
}

void fake_assert_clean(void)
{
    assert_int_equal(device.objects, 0);
    assert_int_equal(device.references, 1);
}

static bool chance(uint32_t one_in)
{
    return naive_random(&device.seed, one_in) == 0;
}

// ---- Device and buffers -------------------------------------------------------------------------

void vyre_device_get_info(const struct vyre_device *self, struct vyre_device_info *out)
{
    *out = (struct vyre_device_info){ .kind = VYRE_DEVICE_KIND_CPU };
    uint64_t range = self->options.storage_max;
    out->target.max_storage_range = range ? range : UINT64_C(128) << 20;
    out->target.loop_limit = self->options.loop_limit;
    out->host_import = self->options.staged; // which then fails
}

struct vyre_device *vyre_device_ref(struct vyre_device *self)
{
    self->references++;
    return self;
}

void vyre_device_destroy(struct vyre_device **self)
{
    if (*self)
        (*self)->references--;
    *self = NULL;
}

enum vyre_result vyre_buffer_create(struct vyre_device *self,
                                    const struct vyre_buffer_params *params,
                                    struct vyre_buffer **out)
{
    struct vyre_buffer *buffer = calloc(1, sizeof *buffer);
    assert_non_null(buffer);
    assert_true(params->size > 0);
    buffer->bytes = calloc(1, params->size);
    assert_non_null(buffer->bytes);
    buffer->size = params->size;
    buffer->references = 1;
    self->objects++;
    *out = buffer;
    return VYRE_OK;
}

enum vyre_result vyre_buffer_map(struct vyre_buffer *buffer, void **out)
{
    *out = buffer->bytes;
    return VYRE_OK;
}

uint64_t vyre_buffer_size(const struct vyre_buffer *buffer)
{
    return buffer->size;
}

void vyre_buffer_destroy(struct vyre_buffer **buffer)
{
    if (!*buffer)
        return;
    if (--(*buffer)->references == 0) {
        free((*buffer)->bytes);
        free(*buffer);
        device.objects--;
    }
    *buffer = NULL;
}

// The engine copies tables only to discrete devices, which this is not.
enum vyre_result vk_commands_begin(struct vyre_device *self, struct vk_commands **out)
{
    (void)self;
    (void)out;
    fail_msg("unexpected call");
    return VYRE_ERR_INTERNAL;
}

void vk_commands_copy(struct vk_commands *commands, struct vyre_buffer *from, uint64_t from_offset,
                      struct vyre_buffer *to, uint64_t to_offset, uint64_t size)
{
    (void)commands;
    (void)from;
    (void)from_offset;
    (void)to;
    (void)to_offset;
    (void)size;
    fail_msg("unexpected call");
}

void vk_commands_barrier(struct vk_commands *commands)
{
    (void)commands;
    fail_msg("unexpected call");
}

enum vyre_result vk_commands_submit(struct vk_commands **commands, uint64_t *point)
{
    (void)commands;
    (void)point;
    fail_msg("unexpected call");
    return VYRE_ERR_INTERNAL;
}

enum vyre_result vk_wait_or_hang(struct vyre_device *self, uint64_t point, uint64_t timeout_ns)
{
    (void)self;
    (void)point;
    (void)timeout_ns;
    fail_msg("unexpected call");
    return VYRE_ERR_INTERNAL;
}

// ---- Ring ---------------------------------------------------------------------------------------

struct vyre_ring {
    struct vyre_buffer *segments[SCAN_BUFFER_COUNT_OF];
    struct vyre_work *slots;
    uint32_t capacity;
    uint32_t count;
    uint64_t epochs;
    uint64_t memory_bytes;
};

enum vyre_result vyre_ring_create(struct vyre_device *self, const struct vyre_ring_params *params,
                                  struct vyre_ring **out)
{
    struct vyre_ring *ring = calloc(1, sizeof *ring);
    assert_non_null(ring);
    assert_non_null(params->payload);
    assert_int_equal(params->segment_count, SCAN_BUFFER_COUNT_OF);
    for (size_t i = 0; i < params->segment_count; i++) {
        ring->segments[i] = params->segments[i];
        ring->segments[i]->references++;
    }
    ring->memory_bytes = 17000 + params->slot_count * UINT64_C(116);
    // Fewer slots than asked for, so that the engine meets a full ring.
    ring->capacity = params->slot_count > 4 ? params->slot_count / 4 : 2;
    ring->slots = calloc(ring->capacity, sizeof *ring->slots);
    self->objects++;
    *out = ring;
    return VYRE_OK;
}

void vyre_ring_destroy(struct vyre_ring **ring)
{
    if (!*ring)
        return;
    for (size_t i = 0; i < SCAN_BUFFER_COUNT_OF; i++)
        vyre_buffer_destroy(&(*ring)->segments[i]);
    free((*ring)->slots);
    free(*ring);
    device.objects--;
    *ring = NULL;
}

enum vyre_result vyre_ring_publish(struct vyre_ring *ring, const struct vyre_work *work,
                                   size_t count)
{
    if (ring->count + count > ring->capacity || (ring->count > 0 && chance(17)))
        return VYRE_FULL;
    for (size_t i = 0; i < count; i++) {
        for (size_t w = 0; w < SCAN_BUFFER_COUNT_OF; w++) {
            const struct vyre_window *window = &work[i].windows[w];
            assert_int_equal(window->offset % 4, 0);
            assert_int_equal(window->size % 4, 0);
            assert_true(window->size > 0);
            assert_true(window->offset + window->size <= ring->segments[w]->size);
        }
        ring->slots[ring->count++] = work[i];
    }
    return VYRE_OK;
}

static uint8_t *window(const struct vyre_ring *ring, const struct vyre_work *work,
                       enum scan_buffer buffer)
{
    return ring->segments[buffer]->bytes + work->windows[buffer].offset;
}

static void run(const struct vyre_ring *ring, const struct vyre_work *work)
{
    struct simulate_slot slot = {
        .text = window(ring, work, SCAN_BUFFER_TEXT),
        .text_size = work->windows[SCAN_BUFFER_TEXT].size,
        .table = (const uint32_t *)(void *)window(ring, work, SCAN_BUFFER_TABLE),
        .table_words = work->windows[SCAN_BUFFER_TABLE].size / 4,
        .count = (uint32_t *)(void *)window(ring, work, SCAN_BUFFER_COUNT),
        .hits = (uint32_t *)(void *)window(ring, work, SCAN_BUFFER_HITS),
        .hit_words = work->windows[SCAN_BUFFER_HITS].size / 4,
        .counting = device.options.counting,
    };
    memcpy(&slot.job, window(ring, work, SCAN_BUFFER_JOB), sizeof slot.job);
    assert_int_equal(*slot.count, 0);
    simulate_slot(&slot);
    if (device.options.lie_after && device.slots >= device.options.lie_after)
        *slot.count = UINT32_MAX;
}

enum vyre_result vyre_ring_pump(struct vyre_ring *ring, uint64_t timeout_ns,
                                struct vyre_completion *completions, size_t capacity, size_t *count)
{
    (void)timeout_ns;
    *count = 0;
    if (ring->count == 0)
        return VYRE_DONE;
    if (chance(3))
        return VYRE_TIMEOUT;
    ring->epochs++;
    uint32_t some = 1 + naive_random(&device.seed, ring->count);
    while (*count < capacity && *count < some && ring->count > 0) {
        if (device.options.hang_after && device.slots >= device.options.hang_after)
            return *count > 0 ? VYRE_OK : VYRE_ERR_HANG;
        uint32_t index = naive_random(&device.seed, ring->count);
        struct vyre_work work = ring->slots[index];
        ring->slots[index] = ring->slots[--ring->count];
        run(ring, &work);
        device.slots++;
        bool fault = device.options.fault_after && device.slots >= device.options.fault_after;
        completions[(*count)++] = (struct vyre_completion){
            .tag = work.tag,
            .status = fault ? VYRE_WORK_FAULT : VYRE_WORK_DONE,
        };
    }
    return VYRE_OK;
}

void vyre_ring_get_stats(const struct vyre_ring *ring, struct vyre_ring_stats *out)
{
    *out = (struct vyre_ring_stats){ .epochs = ring->epochs, .memory_bytes = ring->memory_bytes };
}

void vyre_ring_get_kernel_stats(const struct vyre_ring *ring, struct vyre_kernel_stats *out)
{
    (void)ring;
    *out = (struct vyre_kernel_stats){ 0 };
}

// ---- Stream -------------------------------------------------------------------------------------

struct input {
    const uint8_t *bytes;
    uint64_t size;
    uint64_t number;
};

struct stream {
    struct vyre_buffer *segment;
    struct stream_params params;
    struct input inputs[INPUTS];
    size_t input_count;
    uint64_t at; // in the first input; bytes already given out
    bool used[CHUNKS];
    uint32_t slots;
    uint32_t outstanding;
    uint64_t bytes_read;
};

enum vyre_result stream_create(struct vyre_device *self, const struct stream_params *params,
                               struct stream **out)
{
    assert_true(params->chunk_size % 4096 == 0);
    assert_true(params->overlap < params->chunk_size / 2);
    assert_true(params->pool_size >= 2 * params->chunk_size);
    struct stream *stream = calloc(1, sizeof *stream);
    assert_non_null(stream);
    stream->params = *params;
    uint64_t slots = params->pool_size / params->chunk_size;
    stream->slots = slots < 3 + CHUNKS ? (uint32_t)slots : CHUNKS;
    if (stream->slots > 8)
        stream->slots = 8;
    self->objects++;
    *out = stream;
    return vyre_buffer_create(self, vyre_buffer_params(.size = stream->slots * params->chunk_size),
                              &stream->segment);
}

void stream_destroy(struct stream **stream)
{
    if (!*stream)
        return;
    vyre_buffer_destroy(&(*stream)->segment);
    free(*stream);
    device.objects--;
    *stream = NULL;
}

struct vyre_buffer *stream_segment(struct stream *stream)
{
    return stream->segment;
}

enum vyre_result stream_feed_fd(struct stream *stream, int fd, uint64_t input)
{
    (void)stream;
    (void)fd;
    (void)input;
    return VYRE_ERR_UNSUPPORTED;
}

enum vyre_result stream_feed_memory(struct stream *stream, const void *bytes, size_t size,
                                    uint64_t input)
{
    if (stream->input_count == INPUTS || (stream->input_count > 2 && chance(5)))
        return VYRE_FULL;
    stream->inputs[stream->input_count++] = (struct input){ bytes, size, input };
    return VYRE_OK;
}

enum vyre_result stream_next(struct stream *stream, uint64_t timeout_ns, struct stream_chunk *out)
{
    (void)timeout_ns;
    if (stream->input_count == 0)
        return VYRE_DONE;
    if (stream->outstanding == stream->slots)
        return VYRE_FULL;
    if (chance(4))
        return VYRE_TIMEOUT;
    uint32_t slot = 0;
    while (stream->used[slot])
        slot++;
    struct input *input = &stream->inputs[0];
    uint64_t overlap = stream->at < stream->params.overlap ? stream->at : stream->params.overlap;
    uint64_t left = input->size - stream->at;
    uint64_t room = stream->params.chunk_size - overlap;
    uint64_t fresh = left < room ? left : room;
    // Short chunks are legal: a read may be short.
    if (fresh > 1 && chance(6))
        fresh = 1 + naive_random(&device.seed, (uint32_t)fresh);
    *out = (struct stream_chunk){
        .input = input->number,
        .file_offset = stream->at - overlap,
        .offset = slot * stream->params.chunk_size,
        .size = overlap + fresh,
        .overlap = overlap,
        .last = fresh == left,
        .error = fresh == left ? device.options.input_error : 0,
        .slot = slot,
    };
    memcpy(stream->segment->bytes + out->offset, input->bytes + out->file_offset, out->size);
    stream->used[slot] = true;
    stream->outstanding++;
    stream->at += fresh;
    stream->bytes_read += fresh;
    if (out->last) {
        stream->input_count--;
        memmove(&stream->inputs[0], &stream->inputs[1],
                stream->input_count * sizeof stream->inputs[0]);
        stream->at = 0;
    }
    return VYRE_OK;
}

// What was released is overwritten, so that a late reader finds out.
void stream_release(struct stream *stream, const struct stream_chunk *chunk)
{
    assert_true(stream->used[chunk->slot]);
    stream->used[chunk->slot] = false;
    stream->outstanding--;
    memset(stream->segment->bytes + chunk->offset, 0xEE, stream->params.chunk_size);
}

void stream_get_stats(const struct stream *stream, struct stream_stats *out)
{
    bool staged = device.options.staged;
    *out = (struct stream_stats){
        .bytes_read = stream->bytes_read,
        .memory_bytes = stream->params.pool_size * (staged ? 2 : 1),
        .ingest = staged ? VYRE_INGEST_STAGED : VYRE_INGEST_PREAD,
    };
}
