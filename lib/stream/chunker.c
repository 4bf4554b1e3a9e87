// SPDX-License-Identifier: MIT
#include "chunker.h"

#include "base/memory.h"
#include "base/size.h"
#include "ingest/ingest.h"

#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <time.h>

enum {
    NONE = UINT32_MAX >> 1, // no record
    DONE_BATCH = 64,
    // New reads are started when so many chunks, or an eighth of the pool, were returned since the
    // last time: one system call for a batch of small files instead of one for each.
    START_EVERY = 16,
};

enum record_state {
    RECORD_FREE,
    RECORD_READING,
    RECORD_READY,
    RECORD_DROPPED, // nobody wants it; its memory is free when its read is done
    RECORD_HELD,    // by the caller
};

struct chunker_record {
    uint64_t number; // of the chunk in its input
    uint64_t size;   // bytes that arrived
    uint32_t unit;
    uint32_t units;
    uint32_t ticket;
    uint32_t next; // in the input's list or the free list
    uint16_t input;
    uint8_t state;
    bool reserve; // lies in the memory of the front
    bool ended;
    int error;
};

// ---- Lifetime ---------------------------------------------------------------------------------

enum vyre_result stream_chunker_init(struct chunker *chunker, const struct chunker_params *params)
{
    *chunker = (struct chunker){ .params = *params };
    uint64_t units = params->size / STREAM_UNIT;
    if (params->chunk_size < STREAM_CHUNK_MIN || params->chunk_size % STREAM_UNIT != 0 ||
        params->overlap >= params->chunk_size / 2 || params->size / 2 < params->chunk_size ||
        units > NONE)
        return VYRE_ERR_INVALID_ARGUMENT;
    chunker->step = params->chunk_size - params->overlap;
    chunker->chunk_units = (uint32_t)(params->chunk_size / STREAM_UNIT);
    chunker->reserve = (uint32_t)units - chunker->chunk_units;
    chunker->record_count = (uint32_t)u64_min(units, CHUNKER_RECORDS_MAX);
    chunker->records = memory_calloc(chunker->record_count, sizeof *chunker->records);
    if (!chunker->records || !stream_units_init(&chunker->units, chunker->reserve)) {
        stream_chunker_fini(chunker);
        return VYRE_ERR_NO_MEMORY;
    }
    for (uint32_t index = 0; index < chunker->record_count; index++)
        chunker->records[index].next = index + 1 < chunker->record_count ? index + 1 : NONE;
    chunker->free_count = chunker->record_count;
    return VYRE_OK;
}

void stream_chunker_fini(struct chunker *chunker)
{
    memory_free(chunker->records);
    stream_units_fini(&chunker->units);
    *chunker = (struct chunker){ 0 };
}

static struct chunker_input *input_at(struct chunker *chunker, uint32_t place)
{
    return &chunker->inputs[(chunker->input_first + place) % STREAM_INPUTS_MAX];
}

static enum vyre_result feed(struct chunker *chunker, const struct chunker_input *input)
{
    if (chunker->input_count == STREAM_INPUTS_MAX)
        return VYRE_FULL;
    struct chunker_input *slot = input_at(chunker, chunker->input_count++);
    *slot = *input;
    slot->first = slot->last = NONE;
    return VYRE_OK;
}

// What the file's metadata says about its size; 0 when it says nothing, which is never believed.
static uint64_t size_hint(int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return 0;
    uint64_t size = 0;
    if (S_ISBLK(status.st_mode))
        return ioctl(fd, BLKGETSIZE64, &size) == 0 ? size : 0;
    return status.st_size > 0 ? (uint64_t)status.st_size : 0;
}

enum vyre_result stream_chunker_feed_fd(struct chunker *chunker, int fd, uint64_t input)
{
    if (fd < 0)
        return VYRE_ERR_INVALID_ARGUMENT;
    if (chunker->input_count == STREAM_INPUTS_MAX)
        return VYRE_FULL;
    const struct chunker_input fed = { .fd = fd, .id = input, .hint = size_hint(fd) };
    return feed(chunker, &fed);
}

enum vyre_result stream_chunker_feed_memory(struct chunker *chunker, const void *bytes, size_t size,
                                            uint64_t input)
{
    if (!bytes && size > 0)
        return VYRE_ERR_INVALID_ARGUMENT;
    const struct chunker_input fed = { .fd = -1, .memory = bytes, .id = input, .hint = size };
    return feed(chunker, &fed);
}

// ---- Records and memory -----------------------------------------------------------------------

static uint8_t *record_bytes(const struct chunker *chunker, const struct chunker_record *record)
{
    return chunker->params.bytes + (uint64_t)record->unit * STREAM_UNIT;
}

// A record with memory for `size` bytes, or NONE. `front`: it is the next chunk to be returned.
static uint32_t take_record(struct chunker *chunker, uint64_t size, bool front)
{
    // Records need no reserve: the one that the front gives back is the first that the front takes.
    if (chunker->free_count == 0)
        return NONE;
    uint32_t units = (uint32_t)(size / STREAM_UNIT);
    uint32_t unit = stream_units_take(&chunker->units, units);
    bool reserve = unit == STREAM_UNITS_NONE;
    if (reserve) {
        if (!front || chunker->reserve_taken)
            return NONE;
        chunker->reserve_taken = true;
        unit = chunker->reserve;
    }
    uint32_t index = chunker->free_first;
    struct chunker_record *record = &chunker->records[index];
    chunker->free_first = record->next;
    chunker->free_count--;
    *record = (struct chunker_record){
        .unit = unit,
        .units = units,
        .reserve = reserve,
        .next = NONE,
    };
    return index;
}

static void give_record(struct chunker *chunker, uint32_t index)
{
    struct chunker_record *record = &chunker->records[index];
    if (record->reserve)
        chunker->reserve_taken = false;
    else
        stream_units_give(&chunker->units, record->unit, record->units);
    record->state = RECORD_FREE;
    record->next = chunker->free_first;
    chunker->free_first = index;
    chunker->free_count++;
}

// Takes every chunk after `index` (NONE: all) out of the input's list.
static void drop_after(struct chunker *chunker, struct chunker_input *input, uint32_t index)
{
    uint32_t next;
    if (index == NONE) {
        next = input->first;
        input->first = NONE;
    } else {
        next = chunker->records[index].next;
        chunker->records[index].next = NONE;
    }
    input->last = index;
    while (next != NONE) {
        uint32_t gone = next;
        struct chunker_record *record = &chunker->records[gone];
        next = record->next;
        if (record->state == RECORD_READING) {
            record->state = RECORD_DROPPED;
            ingest_abandon(chunker->params.ingest, record->ticket);
        } else {
            give_record(chunker, gone);
        }
    }
}

static uint32_t record_before(const struct chunker *chunker, const struct chunker_input *input,
                              uint32_t index)
{
    uint32_t before = NONE;
    for (uint32_t at = input->first; at != index; at = chunker->records[at].next)
        before = at;
    return before;
}

// ---- Reading ----------------------------------------------------------------------------------

// The bytes of a chunk are all there, or as many as there will be.
static void chunk_read(struct chunker *chunker, uint32_t index)
{
    struct chunker_record *record = &chunker->records[index];
    struct chunker_input *input = &chunker->inputs[record->input];
    uint64_t room = (uint64_t)record->units * STREAM_UNIT;
    if (record->ended || record->error) {
        // The input ends here. What was read behind it came from a file that was longer then.
        drop_after(chunker, input, index);
        input->all_started = true;
    } else if (room < chunker->params.chunk_size) {
        // The file is longer than its size said, and a chunk that is not the last must be whole.
        // Only the last one that the hint asked for has less room, so nothing lies behind it.
        input->started = record->number;
        input->all_started = false;
        input->full_slots = true;
        drop_after(chunker, input, record_before(chunker, input, index));
        return;
    } else if (input->started == record->number + 1) {
        input->all_started = false;
    }
    record->state = RECORD_READY;
    uint64_t padded = (record->size + 3) & ~UINT64_C(3);
    if (padded > record->size)
        memset(record_bytes(chunker, record) + record->size, 0, padded - record->size);
}

enum start { STARTED, START_NO_MEMORY, START_NO_READ };

static void read_memory(struct chunker *chunker, uint32_t index, uint64_t offset)
{
    struct chunker_record *record = &chunker->records[index];
    const struct chunker_input *input = &chunker->inputs[record->input];
    record->size = u64_min(input->hint - offset, chunker->params.chunk_size);
    record->ended = offset + record->size == input->hint;
    if (record->size)
        memcpy(record_bytes(chunker, record), input->memory + offset, record->size);
    chunker->copied += record->size;
    chunk_read(chunker, index);
}

static enum start read_file(struct chunker *chunker, uint32_t index, uint64_t offset)
{
    struct chunker_record *record = &chunker->records[index];
    const struct ingest_read read = {
        .fd = chunker->inputs[record->input].fd,
        .offset = offset,
        .size = (uint64_t)record->units * STREAM_UNIT,
        .at = (uint64_t)record->unit * STREAM_UNIT,
        .tag = index,
    };
    enum vyre_result result = ingest_start(chunker->params.ingest, &read, &record->ticket);
    if (result == VYRE_OK)
        return STARTED;
    if (result != VYRE_ERR_INVALID_ARGUMENT)
        return START_NO_READ;
    // Past the largest offset that a file can have.
    record->error = EOVERFLOW;
    chunk_read(chunker, index);
    return STARTED;
}

// Starts the next chunk of an input.
static enum start start_chunk(struct chunker *chunker, struct chunker_input *input, bool front)
{
    uint64_t number = input->started;
    uint64_t offset = INT64_MAX;
    (void)u64_mul(number, chunker->step, &offset);
    // Room for one byte more than there should be: the read that does not fill it found the end.
    uint64_t expected = input->hint > offset ? input->hint - offset : 0;
    uint64_t room = chunker->params.chunk_size;
    if (!input->full_slots && expected < room)
        room = (expected / STREAM_UNIT + 1) * STREAM_UNIT;
    uint32_t index = take_record(chunker, u64_min(room, chunker->params.chunk_size), front);
    if (index == NONE)
        return START_NO_MEMORY;
    struct chunker_record *record = &chunker->records[index];
    record->number = number;
    record->input = (uint16_t)(input - chunker->inputs);
    record->state = RECORD_READING;
    uint32_t before = input->last;
    if (before == NONE)
        input->first = index;
    else
        chunker->records[before].next = index;
    input->last = index;
    input->started++;
    input->all_started = expected <= chunker->params.chunk_size;
    if (input->fd < 0) {
        read_memory(chunker, index, offset);
        return STARTED;
    }
    enum start start = read_file(chunker, index, offset);
    if (start != STARTED) {
        input->started--;
        input->all_started = false;
        record->state = RECORD_READY;
        drop_after(chunker, input, before);
    }
    return start;
}

// Starts what there is room for, strictly in order: what comes later never overtakes.
static enum start start_chunks(struct chunker *chunker)
{
    chunker->returned_chunks = 0;
    chunker->returned_bytes = 0;
    for (uint32_t place = 0; place < chunker->input_count; place++) {
        struct chunker_input *input = input_at(chunker, place);
        while (!input->all_started) {
            enum start start = start_chunk(chunker, input, place == 0 && input->first == NONE);
            if (start != STARTED)
                return start;
        }
    }
    return STARTED;
}

static void take_done(struct chunker *chunker, const struct ingest_done *done)
{
    uint32_t index = (uint32_t)done->tag;
    struct chunker_record *record = &chunker->records[index];
    if (record->state == RECORD_DROPPED) {
        give_record(chunker, index);
        return;
    }
    record->size = done->size;
    record->ended = done->ended;
    record->error = done->error;
    record->state = RECORD_READY;
    chunk_read(chunker, index);
}

static enum vyre_result poll_reads(struct chunker *chunker, uint64_t timeout_ns)
{
    struct ingest_done done[DONE_BATCH];
    size_t count;
    enum vyre_result result =
        ingest_poll(chunker->params.ingest, timeout_ns, done, DONE_BATCH, &count);
    for (size_t i = 0; i < count; i++)
        take_done(chunker, &done[i]);
    return result;
}

// ---- Returning --------------------------------------------------------------------------------

static bool front_is_ready(struct chunker *chunker)
{
    if (chunker->input_count == 0)
        return false;
    const struct chunker_input *input = input_at(chunker, 0);
    return input->first != NONE && chunker->records[input->first].state == RECORD_READY;
}

static void return_front(struct chunker *chunker, struct stream_chunk *out)
{
    struct chunker_input *input = input_at(chunker, 0);
    uint32_t index = input->first;
    struct chunker_record *record = &chunker->records[index];
    bool last = record->ended || record->error;
    *out = (struct stream_chunk){
        .input = input->id,
        .file_offset = record->number * chunker->step,
        .offset = (uint64_t)record->unit * STREAM_UNIT,
        .size = record->size,
        .overlap = record->number ? u64_min(chunker->params.overlap, record->size) : 0,
        .last = last,
        .error = record->error,
        .slot = index,
    };
    record->state = RECORD_HELD;
    input->first = record->next;
    if (input->first == NONE)
        input->last = NONE;
    chunker->held++;
    chunker->returned_chunks++;
    chunker->returned_bytes += (uint64_t)record->units * STREAM_UNIT;
    if (last) {
        chunker->input_first = (chunker->input_first + 1) % STREAM_INPUTS_MAX;
        chunker->input_count--;
    }
}

static uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

// Starts reads, takes what is done, and waits until the front is ready, something is wrong, or the
// time is over.
static enum vyre_result pump(struct chunker *chunker, uint64_t timeout_ns)
{
    uint64_t start_ns = timeout_ns ? now_ns() : 0;
    uint64_t spent = 0;
    for (;;) {
        enum start start = start_chunks(chunker);
        bool blocked =
            start == START_NO_MEMORY && chunker->held > 0 && input_at(chunker, 0)->first == NONE;
        uint64_t wait = blocked || front_is_ready(chunker) ? 0 : timeout_ns - spent;
        enum vyre_result result = poll_reads(chunker, wait);
        if (result < 0)
            return result;
        if (front_is_ready(chunker))
            return VYRE_OK;
        if (blocked && result != VYRE_OK)
            return VYRE_FULL;
        if (result == VYRE_OK)
            continue; // something moved: look again, whatever the time
        if (result == VYRE_DONE)
            return VYRE_ERR_INTERNAL; // the front has its own memory, so this cannot be
        spent = timeout_ns ? now_ns() - start_ns : 0;
        if (spent >= timeout_ns)
            return VYRE_TIMEOUT;
    }
}

enum vyre_result stream_chunker_next(struct chunker *chunker, uint64_t timeout_ns,
                                     struct stream_chunk *out)
{
    *out = (struct stream_chunk){ 0 };
    if (timeout_ns == UINT64_MAX)
        return VYRE_ERR_INVALID_ARGUMENT;
    if (chunker->input_count == 0)
        return VYRE_DONE;
    bool ready = front_is_ready(chunker);
    if (!ready || chunker->returned_chunks >= START_EVERY ||
        chunker->returned_bytes >= chunker->params.size / 8) {
        enum vyre_result result = pump(chunker, ready ? 0 : timeout_ns);
        // A chunk that is there is returned even when reading breaks behind it.
        if (result != VYRE_OK && !front_is_ready(chunker))
            return result;
    }
    return_front(chunker, out);
    return VYRE_OK;
}

void stream_chunker_release(struct chunker *chunker, const struct stream_chunk *chunk)
{
    if (chunk->slot >= chunker->record_count || chunker->records[chunk->slot].state != RECORD_HELD)
        return;
    give_record(chunker, chunk->slot);
    chunker->held--;
}
