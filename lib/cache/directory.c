// SPDX-License-Identifier: MIT
#include "directory.h"

#include "base/memory.h"
#include "base/report.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    // A writer that takes longer than this is dead, or lives where its process id means nothing.
    STALE_SECONDS = 600,
    NAME_ATTEMPTS = 64,
};

static const char *error_text(int error)
{
    const char *text = strerrordesc_np(error);
    return text ? text : "unknown error";
}

static enum vyre_result refuse(const struct vyre_diag_sink *diag, enum diag_code code,
                               const char *path, const char *reason)
{
    diag_report(diag, code, NULL, "cache directory '%s': %s", path, reason);
    return VYRE_ERR_IO;
}

// Makes every directory on the way to `path`. `path` is scratch and unchanged on return.
static int make_directories(char *path)
{
    for (char *slash = path; (slash = strchr(slash + 1, '/'));) {
        *slash = '\0';
        int failed = mkdir(path, 0700);
        int error = errno;
        *slash = '/';
        // A file system may refuse to create what already exists with another reason than EEXIST
        // (EROFS, EACCES): the open that follows decides.
        if (failed && error == ENOENT)
            return error;
    }
    return mkdir(path, 0700) && errno != EEXIST ? errno : 0;
}

// The directory itself must not be a link that somebody else planted; O_NOFOLLOW ignores the last
// component when the path ends in a slash, so trailing slashes go first.
static char *copy_without_slashes(const char *path)
{
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    return memory_copy_text(path, size);
}

static enum vyre_result check_directory(int directory, const char *path,
                                        const struct vyre_diag_sink *diag)
{
    struct stat status;
    if (fstat(directory, &status))
        return refuse(diag, DIAG_C001, path, error_text(errno));
    if (status.st_uid != geteuid())
        return refuse(diag, DIAG_C002, path, "it belongs to another user");
    if (status.st_mode & (S_IWGRP | S_IWOTH))
        return refuse(diag, DIAG_C002, path, "other users may write to it");
    return VYRE_OK;
}

enum vyre_result cache_directory_open(const char *path, const struct vyre_diag_sink *diag, int *out)
{
    char *copy = copy_without_slashes(path);
    if (!copy)
        return VYRE_ERR_NO_MEMORY;
    int made = make_directories(copy);
    int directory = open(copy, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int error = errno;
    struct stat status;
    bool is_link = directory < 0 && lstat(copy, &status) == 0 && S_ISLNK(status.st_mode);
    memory_free(copy);
    if (is_link)
        return refuse(diag, DIAG_C002, path, "it is a symbolic link");
    if (directory < 0)
        return refuse(diag, DIAG_C001, path, error_text(error == ENOENT && made ? made : error));
    enum vyre_result result = check_directory(directory, path, diag);
    if (result) {
        close(directory);
        return result;
    }
    *out = directory;
    return VYRE_OK;
}

// Reads exactly `size` bytes; false when the file is shorter or cannot be read.
static bool read_all(int file, uint8_t *out, size_t size)
{
    while (size > 0) {
        ssize_t got = read(file, out, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        out += got;
        size -= (size_t)got;
    }
    return true;
}

// The kernel stamps files with the time of its last tick. Stamping them ourselves keeps a hit and a
// store that are close together in order.
static void touch(int file)
{
    struct timespec times[2];
    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[1] = times[0];
    (void)!futimens(file, times); // a read-only directory still serves hits
}

static enum cache_read read_file(int file, bool use, uint8_t **out, size_t *size)
{
    struct stat status;
    if (fstat(file, &status) || !S_ISREG(status.st_mode) || status.st_size < CACHE_HEADER_SIZE ||
        (uint64_t)status.st_size > CACHE_HEADER_SIZE + CACHE_PAYLOAD_MAX)
        return CACHE_READ_DAMAGED;
    uint8_t *bytes = memory_alloc((size_t)status.st_size);
    if (!bytes)
        return CACHE_READ_NO_MEMORY;
    if (!read_all(file, bytes, (size_t)status.st_size)) {
        memory_free(bytes);
        return CACHE_READ_DAMAGED;
    }
    if (use)
        touch(file);
    *out = bytes;
    *size = (size_t)status.st_size;
    return CACHE_READ_OK;
}

enum cache_read cache_directory_read(int directory, const char *name, bool use, uint8_t **out,
                                     size_t *size)
{
    // O_NONBLOCK: a FIFO of that name must not stop us.
    int file = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return errno == ELOOP || errno == ENXIO ? CACHE_READ_DAMAGED : CACHE_READ_ABSENT;
    enum cache_read result = read_file(file, use, out, size);
    close(file);
    return result;
}

static int write_all(int file, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    while (size > 0) {
        ssize_t written = write(file, at, size);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? errno : ENOSPC;
        at += written;
        size -= (size_t)written;
    }
    return 0;
}

// Another cache object of this process, or a dead process of the same number, may have taken a
// name: try the next ones.
static int create_temporary(int directory, uint64_t number, char name[CACHE_NAME_SIZE])
{
    int file = -1;
    for (uint64_t i = 0; i < NAME_ATTEMPTS; i++) {
        cache_temporary_name(getpid(), number + i, name);
        file = openat(directory, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (file >= 0 || errno != EEXIST)
            break;
    }
    return file;
}

static int fill_temporary(int file, bool sync, const uint8_t header[CACHE_HEADER_SIZE],
                          const void *payload, size_t size)
{
    int error = write_all(file, header, CACHE_HEADER_SIZE);
    if (!error)
        error = write_all(file, payload, size);
    if (!error && sync && fsync(file))
        error = errno;
    touch(file);
    return error;
}

int cache_directory_write(int directory, const char *name, uint64_t number, bool sync,
                          const uint8_t header[CACHE_HEADER_SIZE], const void *payload, size_t size)
{
    char temporary[CACHE_NAME_SIZE];
    int file = create_temporary(directory, number, temporary);
    if (file < 0)
        return errno;
    int error = fill_temporary(file, sync, header, payload, size);
    if (close(file) && !error)
        error = errno; // network file systems report a full disk here
    if (!error && renameat(directory, temporary, directory, name))
        error = errno;
    if (error)
        unlinkat(directory, temporary, 0);
    else if (sync)
        (void)!fsync(directory); // the entry is in place; at worst a power cut costs a miss
    return error;
}

bool cache_directory_remove(int directory, const char *name)
{
    return unlinkat(directory, name, 0) == 0;
}

// A writer that is alive may be about to rename; one that wrongly looks dead (it lives in another
// process namespace) loses one store and nothing else.
static bool is_stale(pid_t pid, const struct stat *status)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (kill(pid, 0) && errno == ESRCH) || now.tv_sec - status->st_mtime > STALE_SECONDS;
}

// False when out of memory.
static bool list_one(int directory, const char *name, struct cache_listing *out)
{
    struct cache_file file = { .size = 0 };
    struct cache_key key;
    struct stat status;
    pid_t pid;
    bool is_entry = cache_entry_parse_name(name, &file.kind, &key);
    bool is_temporary = !is_entry && cache_temporary_parse_name(name, &pid);
    if (!is_entry && !is_temporary)
        return true;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) || S_ISDIR(status.st_mode))
        return true; // gone meanwhile, or nothing of ours
    if (is_temporary) {
        if (is_stale(pid, &status))
            unlinkat(directory, name, 0);
        return true;
    }
    cache_entry_name(file.kind, &key, file.name);
    file.size = (uint64_t)status.st_size;
    file.used_seconds = status.st_mtim.tv_sec;
    file.used_nanoseconds = status.st_mtim.tv_nsec;
    out->bytes += file.size;
    return array_push(out, file);
}

enum vyre_result cache_directory_list(int directory, struct cache_listing *out)
{
    // A description of its own: a directory position is shared between duplicated descriptors.
    int file = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return VYRE_ERR_IO;
    DIR *stream = fdopendir(file);
    if (!stream) {
        close(file);
        return VYRE_ERR_NO_MEMORY;
    }
    bool complete = true;
    struct dirent *entry;
    while (complete && (errno = 0, entry = readdir(stream)))
        complete = list_one(directory, entry->d_name, out);
    bool unreadable = complete && errno != 0;
    closedir(stream);
    if (unreadable)
        return VYRE_ERR_IO;
    return complete ? VYRE_OK : VYRE_ERR_NO_MEMORY;
}

void cache_listing_fini(struct cache_listing *listing)
{
    array_fini(listing);
    listing->bytes = 0;
}
