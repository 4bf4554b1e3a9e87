// SPDX-License-Identifier: MIT
// The stream: which memory chunks lie in, on which path bytes get there. Chunks are the chunker's.
//
// Three ways to lay out memory:
//   imported: host pages that reads fill and that the device sees; nothing is copied.
//   staged:   host pages that reads fill, and an upload buffer of the same size. A chunk is copied
//             from one to the other by this thread before it is returned, so that it is published
//             only when it is complete. A copy by the device would read each byte over the bus
//             once, as the kernel does anyway, and would need a second staging buffer, since pages
//             that cannot be imported cannot be its source.
//   mapped:   a host-cached device buffer that pread fills in place.
#include "stream/stream.h"

#include "base/memory.h"
#include "base/report.h"
#include "base/size.h"
#include "chunker.h"
#include "ingest/ingest.h"
#include "ingest/pool.h"

#include <stdio.h>
#include <string.h>

#define HANG_TIMEOUT_NS UINT64_C(10000000000)

struct stream {
    struct vyre_device *device; // shared
    struct vyre_buffer *segment;
    struct ingest_pool *pool; // what reads fill
    struct ingest *ingest;
    struct chunker chunker;
    uint8_t *upload; // staged: the host view of `segment`; NULL: reads fill it in place
    uint64_t pool_size;
    uint64_t copied;
    uint64_t hang_timeout_ns;
    enum vyre_ingest_path path;
    struct vyre_log log;
    char reason[STREAM_REASON_SIZE];
};

// ---- Diagnostics ------------------------------------------------------------------------------

// What went wrong on a path that was only tried is a reason, not an error: it is kept, and passed
// on when no other path is left.
struct kept_diag {
    enum vyre_severity severity;
    char code[8];
    char text[256];
    char fix[256];
};

static void keep_diag(void *user, const struct vyre_diag *diag)
{
    struct kept_diag *kept = user;
    kept->severity = diag->severity;
    snprintf(kept->code, sizeof kept->code, "%s", diag->code);
    snprintf(kept->text, sizeof kept->text, "%s", diag->text);
    snprintf(kept->fix, sizeof kept->fix, "%s", diag->fix ? diag->fix : "");
}

static void pass_on(const struct kept_diag *kept, const struct vyre_diag_sink *diag)
{
    const struct vyre_diag passed = {
        .severity = kept->severity,
        .code = kept->code,
        .text = kept->text,
        .fix = kept->fix[0] ? kept->fix : NULL,
    };
    if (diag && kept->code[0])
        diag->emit(diag->user, &passed);
}

// ---- Layouts ----------------------------------------------------------------------------------

static void close_layout(struct stream *stream)
{
    // Nothing was read yet, so there is nothing to wait for.
    (void)ingest_destroy(&stream->ingest, 0, NULL);
    vyre_buffer_destroy(&stream->segment);
    ingest_pool_unref(&stream->pool);
    stream->upload = NULL;
}

static enum vyre_result import_pages(struct stream *stream, const struct vyre_diag_sink *diag,
                                     char *reason)
{
    struct vyre_device_info info;
    vyre_device_get_info(stream->device, &info);
    if (!info.host_import) {
        snprintf(reason, STREAM_REASON_SIZE, "the device does not import host pages");
        return VYRE_ERR_UNSUPPORTED;
    }
    enum vyre_result result =
        ingest_pool_create(stream->pool_size, info.import_alignment, diag, &stream->pool);
    if (result != VYRE_OK)
        return result;
    struct kept_diag kept = { 0 };
    const struct vyre_diag_sink keep = { keep_diag, &kept };
    result = vyre_buffer_create(stream->device,
                                vyre_buffer_params(.size = ingest_pool_size(stream->pool),
                                                   .host_pages = ingest_pool_bytes(stream->pool),
                                                   .diag = &keep),
                                &stream->segment);
    // A driver may offer the extension and refuse these pages; other memory may still do. When it
    // is the driver that has no memory, which it says with a diagnostic, pinning has a limit.
    if (result == VYRE_ERR_UNSUPPORTED || result == VYRE_ERR_DEVICE ||
        (result == VYRE_ERR_NO_MEMORY && kept.code[0])) {
        snprintf(reason, STREAM_REASON_SIZE, "import: %.*s", STREAM_REASON_SIZE - 16,
                 kept.code[0] ? kept.text : "the driver refused the pages");
        return VYRE_ERR_UNSUPPORTED;
    }
    if (result != VYRE_OK)
        pass_on(&kept, diag);
    return result;
}

static enum vyre_result map_buffer(struct stream *stream, enum vyre_buffer_use use,
                                   const struct vyre_diag_sink *diag, void **bytes)
{
    enum vyre_result result = vyre_buffer_create(
        stream->device, vyre_buffer_params(.size = stream->pool_size, .use = use, .diag = diag),
        &stream->segment);
    return result == VYRE_OK ? vyre_buffer_map(stream->segment, bytes) : result;
}

static enum vyre_result stage_pages(struct stream *stream, const struct vyre_diag_sink *diag)
{
    void *bytes;
    enum vyre_result result = ingest_pool_create(stream->pool_size, 1, diag, &stream->pool);
    if (result == VYRE_OK)
        result = map_buffer(stream, VYRE_BUFFER_UPLOAD, diag, &bytes);
    if (result == VYRE_OK)
        stream->upload = bytes;
    return result;
}

static enum vyre_result read_in_place(struct stream *stream, const struct vyre_diag_sink *diag)
{
    char ignored[STREAM_REASON_SIZE];
    enum vyre_result result = import_pages(stream, diag, ignored);
    if (result != VYRE_ERR_UNSUPPORTED)
        return result;
    close_layout(stream);
    void *bytes;
    result = map_buffer(stream, VYRE_BUFFER_READBACK, diag, &bytes);
    if (result == VYRE_OK)
        result = ingest_pool_borrow(bytes, stream->pool_size, &stream->pool);
    return result;
}

static enum vyre_result open_reader(struct stream *stream, enum vyre_ingest_path path,
                                    const struct vyre_diag_sink *diag, char *reason)
{
    const struct ingest_params params = {
        .pool = stream->pool,
        .path = path == VYRE_INGEST_PREAD ? INGEST_PREAD : INGEST_AUTO,
        .diag = diag,
        .log = stream->log,
    };
    enum vyre_result result = ingest_create(&params, &stream->ingest);
    if (result != VYRE_OK || path == VYRE_INGEST_PREAD)
        return result;
    const char *why = ingest_get_reason(stream->ingest);
    if (ingest_get_path(stream->ingest) == INGEST_PREAD) {
        snprintf(reason, STREAM_REASON_SIZE, "%s", why);
        return VYRE_ERR_UNSUPPORTED;
    }
    // Reads without registered pages are the same path, only slower.
    if (ingest_get_path(stream->ingest) == INGEST_PLAIN)
        snprintf(reason, STREAM_REASON_SIZE, "plain reads: %.*s", STREAM_REASON_SIZE - 16, why);
    return VYRE_OK;
}

static enum vyre_result open_path(struct stream *stream, enum vyre_ingest_path path,
                                  const struct vyre_diag_sink *diag, char *reason)
{
    enum vyre_result result = VYRE_ERR_INVALID_ARGUMENT;
    switch (path) {
    case VYRE_INGEST_IMPORTED: result = import_pages(stream, diag, reason); break;
    case VYRE_INGEST_STAGED: result = stage_pages(stream, diag); break;
    case VYRE_INGEST_PREAD: result = read_in_place(stream, diag); break;
    case VYRE_INGEST_AUTO: break;
    }
    if (result == VYRE_OK)
        result = open_reader(stream, path, diag, reason);
    if (result != VYRE_OK)
        close_layout(stream);
    return result;
}

static const char *path_name(enum vyre_ingest_path path)
{
    static const char *const names[] = { "auto", "imported", "staged", "pread" };
    return names[path];
}

// The first path that works; the reason is that of the fastest one which does not.
static enum vyre_result choose_path(struct stream *stream, enum vyre_ingest_path wanted,
                                    const struct vyre_diag_sink *diag)
{
    bool forced = wanted != VYRE_INGEST_AUTO;
    enum vyre_ingest_path path = forced ? wanted : VYRE_INGEST_IMPORTED;
    enum vyre_ingest_path last = forced ? wanted : VYRE_INGEST_PREAD;
    for (; path <= last; path++) {
        char reason[STREAM_REASON_SIZE] = "";
        struct kept_diag kept = { 0 };
        const struct vyre_diag_sink keep = { keep_diag, &kept };
        enum vyre_result result = open_path(stream, path, &keep, reason);
        if (result < 0 && reason[0] == '\0')
            snprintf(reason, sizeof reason, "%.*s", STREAM_REASON_SIZE - 1, kept.text);
        if (stream->reason[0] == '\0')
            memcpy(stream->reason, reason, sizeof reason);
        if (result == VYRE_OK) {
            stream->path = path;
            if (stream->reason[0] == '\0' && path != VYRE_INGEST_IMPORTED)
                snprintf(stream->reason, sizeof stream->reason, "%s was asked for",
                         path_name(path));
            log_write(&stream->log, VYRE_LOG_INFO, "stream: %s%s%s", path_name(path),
                      stream->reason[0] ? ": " : "", stream->reason);
            return VYRE_OK;
        }
        if (result != VYRE_ERR_UNSUPPORTED) {
            pass_on(&kept, diag);
            return result;
        }
    }
    diag_report(diag, DIAG_I003, NULL, "%s: %s", path_name(wanted), stream->reason);
    return VYRE_ERR_UNSUPPORTED;
}

// ---- Lifetime ---------------------------------------------------------------------------------

enum vyre_result stream_create(struct vyre_device *device, const struct stream_params *params,
                               struct stream **out)
{
    *out = NULL;
    if (!device || (unsigned)params->ingest > VYRE_INGEST_PREAD ||
        params->hang_timeout_ns == UINT64_MAX)
        return VYRE_ERR_INVALID_ARGUMENT;
    struct stream *stream = memory_calloc(1, sizeof *stream);
    if (!stream)
        return VYRE_ERR_NO_MEMORY;
    stream->device = vyre_device_ref(device);
    stream->log = params->log;
    stream->hang_timeout_ns = params->hang_timeout_ns ? params->hang_timeout_ns : HANG_TIMEOUT_NS;
    struct chunker_params chunks = {
        .size = params->pool_size,
        .chunk_size = params->chunk_size,
        .overlap = params->overlap,
    };
    // Before any memory is mapped: sizes that make no sense are told from memory that is short.
    enum vyre_result result = stream_chunker_init(&stream->chunker, &chunks);
    if (result == VYRE_ERR_INVALID_ARGUMENT)
        diag_report(params->diag, DIAG_I005, NULL,
                    "pool of %llu bytes, chunks of %llu, overlap of %llu",
                    (unsigned long long)params->pool_size, (unsigned long long)params->chunk_size,
                    (unsigned long long)params->overlap);
    // Whole pages, so that registering and importing see the same size.
    stream->pool_size = params->pool_size & ~(uint64_t)(STREAM_UNIT - 1);
    if (result == VYRE_OK)
        result = choose_path(stream, params->ingest, params->diag);
    if (result != VYRE_OK) {
        stream_destroy(&stream);
        return result;
    }
    stream->chunker.params.bytes = ingest_pool_bytes(stream->pool);
    stream->chunker.params.ingest = stream->ingest;
    *out = stream;
    return VYRE_OK;
}

void stream_destroy(struct stream **stream)
{
    struct stream *gone = *stream;
    *stream = NULL;
    if (!gone)
        return;
    // The reader keeps the pool mapped when a read does not end.
    if (!ingest_destroy(&gone->ingest, gone->hang_timeout_ns, NULL))
        log_write(&gone->log, VYRE_LOG_WARNING,
                  "stream: reads did not end in time, %llu KiB stay mapped",
                  (unsigned long long)(gone->pool_size >> 10));
    bool poisoned = vyre_device_status(gone->device) != VYRE_OK;
    vyre_buffer_destroy(&gone->segment);
    // A device that hangs may still read pages that were imported: they stay mapped for good.
    if (poisoned && gone->pool) {
        log_write(&gone->log, VYRE_LOG_WARNING,
                  "stream: the device is gone, %llu KiB that it may still read stay mapped",
                  (unsigned long long)(gone->pool_size >> 10));
        ingest_pool_abandon(&gone->pool);
    }
    ingest_pool_unref(&gone->pool);
    stream_chunker_fini(&gone->chunker);
    vyre_device_destroy(&gone->device);
    memory_free(gone);
}

// ---- Chunks -----------------------------------------------------------------------------------

struct vyre_buffer *stream_segment(struct stream *stream)
{
    return stream->segment;
}

const uint8_t *stream_bytes(const struct stream *stream, const struct stream_chunk *chunk)
{
    return ingest_pool_bytes(stream->pool) + chunk->offset;
}

enum vyre_result stream_feed_fd(struct stream *stream, int fd, uint64_t input)
{
    return stream_chunker_feed_fd(&stream->chunker, fd, input);
}

enum vyre_result stream_feed_memory(struct stream *stream, const void *bytes, size_t size,
                                    uint64_t input)
{
    return stream_chunker_feed_memory(&stream->chunker, bytes, size, input);
}

enum vyre_result stream_next(struct stream *stream, uint64_t timeout_ns, struct stream_chunk *out)
{
    enum vyre_result result = stream_chunker_next(&stream->chunker, timeout_ns, out);
    if (result == VYRE_OK && stream->upload && out->size > 0) {
        // With the zeros up to the next word, which belong to the chunk's contract.
        uint64_t words = (out->size + 3) & ~UINT64_C(3);
        memcpy(stream->upload + out->offset, stream_bytes(stream, out), words);
        stream->copied += words;
    }
    return result;
}

void stream_release(struct stream *stream, const struct stream_chunk *chunk)
{
    stream_chunker_release(&stream->chunker, chunk);
}

void stream_get_stats(const struct stream *stream, struct stream_stats *out)
{
    struct ingest_stats reads;
    ingest_get_stats(stream->ingest, &reads);
    *out = (struct stream_stats){
        .bytes_read = reads.bytes + stream->chunker.copied,
        .reads = reads.reads,
        .short_reads = reads.shorts,
        .bytes_copied = stream->copied,
        .memory_bytes = stream->pool_size * (stream->upload ? 2 : 1),
        .ingest = stream->path,
    };
    memcpy(out->reason, stream->reason, sizeof out->reason);
}
