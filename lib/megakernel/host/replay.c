// SPDX-License-Identifier: MIT
// Replay logs on disk. The bytes are decided in megakernel/protocol/replay.h; here they meet the
// file system. Nothing is mapped: a file that somebody cuts short is an error, not a signal.
#include "megakernel/protocol/replay.h"

#include "base/memory.h"
#include "base/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    DEFAULT_CAPACITY = 4096,
    BLOCK_RECORDS = 64, // that one read fetches
    NAME_ATTEMPTS = 100,
    NAME_ROOM = 48, // behind a path, for the name of a temporary file
};

struct vyre_replay {
    int file;
    bool read_only;
    bool sync;
    struct vyre_replay_header header;
    uint32_t next_age;
    uint32_t block_first; // index of the first record in `block`
    uint32_t block_count; // 0: none
    uint8_t block[BLOCK_RECORDS * VYRE_REPLAY_RECORD_SIZE];
};

static enum vyre_result refused(const char *what, int error, const struct vyre_diag_sink *diag)
{
    const char *text = strerrordesc_np(error);
    diag_report(diag, DIAG_P011, NULL, "the replay log cannot be %s: %s", what,
                text ? text : "unknown error");
    return VYRE_ERR_IO;
}

// ---- Files --------------------------------------------------------------------------------------

// An errno, or 0; *got may be less than `size` at the end of the file.
static int read_at(int file, void *bytes, size_t size, uint64_t offset, size_t *got)
{
    *got = 0;
    while (*got < size) {
        const ssize_t part =
            pread(file, (uint8_t *)bytes + *got, size - *got, (off_t)(offset + *got));
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0)
            return errno;
        if (part == 0)
            break;
        *got += (size_t)part;
    }
    return 0;
}

static int write_at(int file, const void *bytes, size_t size, uint64_t offset)
{
    for (size_t done = 0; done < size;) {
        const ssize_t part =
            pwrite(file, (const uint8_t *)bytes + done, size - done, (off_t)(offset + done));
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            return part < 0 ? errno : ENOSPC;
        done += (size_t)part;
    }
    return 0;
}

// Fills an empty file.
static int fill(int file, uint32_t capacity)
{
    uint8_t header[VYRE_REPLAY_HEADER_SIZE];
    size_t size;
    mk_replay_encode_header(capacity, header);
    if (vyre_replay_size(capacity, &size) != VYRE_OK)
        return EINVAL;
    const int error = posix_fallocate(file, 0, (off_t)size);
    return error ? error : write_at(file, header, sizeof header, 0);
}

// Gives the file at `name` the name `path` too, unless something has it. Some file systems have no
// second names; they can move a file instead.
static int give_name(const char *name, const char *path)
{
    if (link(name, path) == 0)
        return 0;
    if (errno != EPERM && errno != ENOTSUP && errno != ENOSYS)
        return errno;
    return renameat2(AT_FDCWD, name, AT_FDCWD, path, RENAME_NOREPLACE) == 0 ? 0 : errno;
}

// Makes a whole log at `path`, or nothing. EEXIST: somebody was faster.
static int make(const char *path, uint32_t capacity)
{
    const size_t room = strlen(path) + NAME_ROOM;
    char *name = memory_alloc(room);
    if (!name)
        return ENOMEM;
    int file = -1;
    int error = EEXIST;
    for (int i = 0; i < NAME_ATTEMPTS && error == EEXIST; i++) {
        snprintf(name, room, "%s.%ld-%d.tmp", path, (long)getpid(), i);
        file = open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        error = file < 0 ? errno : 0;
    }
    if (!error) {
        error = fill(file, capacity);
        if (close(file) && !error)
            error = errno; // network file systems report a full disk here
        if (!error)
            error = give_name(name, path);
        unlink(name);
    }
    memory_free(name);
    return error;
}

static int open_existing(const char *path, bool read_only, int *file)
{
    // O_NONBLOCK: a FIFO of that name must not stop us.
    *file = open(path, (read_only ? O_RDONLY : O_RDWR) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return *file < 0 ? errno : 0;
}

static enum vyre_result open_file(const struct vyre_replay_params *params, int *file)
{
    int error = open_existing(params->path, params->read_only, file);
    if (error == ENOENT && !params->read_only) {
        error = make(params->path, params->capacity ? params->capacity : DEFAULT_CAPACITY);
        if (error && error != EEXIST)
            return error == ENOMEM ? VYRE_ERR_NO_MEMORY : refused("made", error, params->diag);
        error = open_existing(params->path, false, file);
    }
    return error ? refused("opened", error, params->diag) : VYRE_OK;
}

// ---- Logs ---------------------------------------------------------------------------------------

static enum vyre_result read_header(struct vyre_replay *log, const struct vyre_diag_sink *diag)
{
    uint8_t bytes[VYRE_REPLAY_HEADER_SIZE];
    size_t got;
    struct vyre_replay_header header;
    const int error = read_at(log->file, bytes, sizeof bytes, 0, &got);
    if (error)
        return refused("read", error, diag);
    enum vyre_result result = vyre_replay_image_header(bytes, got, &header, diag);
    if (result == VYRE_OK) {
        log->header = header;
        log->next_age = 0;
        log->block_count = 0;
    }
    return result;
}

static enum vyre_result check(struct vyre_replay *log, const struct vyre_diag_sink *diag)
{
    struct stat status;
    if (fstat(log->file, &status))
        return refused("opened", errno, diag);
    if (!S_ISREG(status.st_mode)) {
        diag_report(diag, DIAG_P011, NULL, "the replay log is not a regular file");
        return VYRE_ERR_IO;
    }
    if (!log->read_only && flock(log->file, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK)
            return refused("locked", errno, diag);
        diag_report(diag, DIAG_P012, NULL, "the replay log is open for writing elsewhere");
        return VYRE_ERR_IO;
    }
    const enum vyre_result result = read_header(log, diag);
    if (result != VYRE_OK || log->read_only ||
        (uint64_t)status.st_size >= mk_replay_offset(log->header.capacity))
        return result;
    diag_report(diag, DIAG_P009, NULL, "the replay log has %lld bytes, %u records need %llu",
                (long long)status.st_size, log->header.capacity,
                (unsigned long long)mk_replay_offset(log->header.capacity));
    return VYRE_ERR_INVALID_DATA;
}

enum vyre_result vyre_replay_open(const struct vyre_replay_params *params, struct vyre_replay **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!params || !params->path || !*params->path)
        return VYRE_ERR_INVALID_ARGUMENT;
    if (params->capacity > VYRE_REPLAY_MAX_CAPACITY) {
        diag_report(params->diag, DIAG_P002, NULL, "there is no replay log of %u records",
                    params->capacity);
        return VYRE_ERR_LIMIT;
    }
    struct vyre_replay *log = memory_calloc(1, sizeof *log);
    if (!log)
        return VYRE_ERR_NO_MEMORY;
    log->read_only = params->read_only;
    log->sync = params->sync;
    enum vyre_result result = open_file(params, &log->file);
    if (result == VYRE_OK)
        result = check(log, params->diag);
    if (result == VYRE_OK && log->sync && !log->read_only && fsync(log->file))
        result = refused("synchronised", errno, params->diag);
    if (result != VYRE_OK)
        vyre_replay_close(&log);
    *out = log;
    return result;
}

void vyre_replay_close(struct vyre_replay **log)
{
    if (!log || !*log)
        return;
    if ((*log)->file >= 0)
        close((*log)->file); // everything was written, and the lock goes with it
    memory_free(*log);
    *log = NULL;
}

void vyre_replay_get_header(const struct vyre_replay *log, struct vyre_replay_header *out)
{
    *out = log ? log->header : (struct vyre_replay_header){ 0 };
}

enum vyre_result vyre_replay_rewind(struct vyre_replay *log, const struct vyre_diag_sink *diag)
{
    return log ? read_header(log, diag) : VYRE_ERR_INVALID_ARGUMENT;
}

// ---- Writing ------------------------------------------------------------------------------------

// As many records as fit the block and the rest of the file before it starts over; at most `count`.
static int write_some(struct vyre_replay *log, uint32_t cursor,
                      const struct vyre_replay_record *records, size_t count, size_t *done)
{
    const uint32_t room = log->header.capacity - cursor;
    *done = count < BLOCK_RECORDS ? count : BLOCK_RECORDS;
    if (*done > room)
        *done = room;
    log->block_count = 0;
    for (size_t i = 0; i < *done; i++)
        mk_replay_encode_record(&records[i], log->block + i * VYRE_REPLAY_RECORD_SIZE);
    return write_at(log->file, log->block, *done * VYRE_REPLAY_RECORD_SIZE,
                    mk_replay_offset(cursor));
}

// Records are there before the cursor says so: what a crash in between loses is the newest, and the
// oldest that they were written over.
enum vyre_result vyre_replay_append(struct vyre_replay *log,
                                    const struct vyre_replay_record *records, size_t count,
                                    const struct vyre_diag_sink *diag)
{
    if (!log || (!records && count > 0) || log->read_only)
        return VYRE_ERR_INVALID_ARGUMENT;
    uint8_t bytes[MK_REPLAY_CURSOR_SIZE];
    uint32_t cursor = log->header.cursor;
    int error = 0;
    log->next_age = 0;
    if (count == 0)
        return VYRE_OK;
    for (size_t i = 0, done; !error && i < count; i += done) {
        error = write_some(log, cursor, records + i, count - i, &done);
        cursor = (uint32_t)((cursor + done) % log->header.capacity);
    }
    mk_replay_encode_cursor(cursor, bytes);
    if (!error && log->sync && fdatasync(log->file))
        error = errno;
    if (!error)
        error = write_at(log->file, bytes, sizeof bytes, MK_REPLAY_CURSOR_OFFSET);
    if (!error && log->sync && fdatasync(log->file))
        error = errno;
    if (error)
        return refused("written", error, diag);
    log->header.cursor = cursor;
    return VYRE_OK;
}

// ---- Reading ------------------------------------------------------------------------------------

// Fetches the block that begins with record `index`, unless one with it is there; records beyond
// the end of the file are not in it.
static enum vyre_result fetch(struct vyre_replay *log, uint32_t index,
                              const struct vyre_diag_sink *diag)
{
    if (index >= log->block_first && index - log->block_first < log->block_count)
        return VYRE_OK;
    const uint32_t left = log->header.capacity - index;
    const uint32_t count = left < BLOCK_RECORDS ? left : BLOCK_RECORDS;
    size_t got;
    log->block_count = 0;
    const int error = read_at(log->file, log->block, (size_t)count * VYRE_REPLAY_RECORD_SIZE,
                              mk_replay_offset(index), &got);
    if (error)
        return refused("read", error, diag);
    log->block_first = index;
    log->block_count = (uint32_t)(got / VYRE_REPLAY_RECORD_SIZE);
    if (log->block_count > 0)
        return VYRE_OK;
    diag_report(diag, DIAG_P009, NULL, "the replay log ends before record %u", index);
    return VYRE_ERR_INVALID_DATA;
}

enum vyre_result vyre_replay_next(struct vyre_replay *log, struct vyre_replay_record *out,
                                  const struct vyre_diag_sink *diag)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = (struct vyre_replay_record){ 0 };
    if (!log)
        return VYRE_ERR_INVALID_ARGUMENT;
    while (log->next_age < log->header.capacity) {
        const uint32_t index = (log->header.cursor + log->next_age) % log->header.capacity;
        enum vyre_result result = fetch(log, index, diag);
        if (result == VYRE_ERR_INVALID_DATA) // what follows is cut off as well, up to record 0
            log->next_age += log->header.capacity - index;
        if (result != VYRE_OK)
            return result;
        const size_t at = (size_t)(index - log->block_first) * VYRE_REPLAY_RECORD_SIZE;
        log->next_age++;
        result = mk_replay_decode_record(log->block + at, index, out, diag);
        if (result != VYRE_MISS)
            return result;
    }
    return VYRE_DONE;
}
