// SPDX-License-Identifier: MIT
#include "scan_walk.h"
#include "tool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// What is opened was seen to be a regular file; should it have been replaced by a FIFO or a
// terminal since, opening it must neither block nor take it over.
#define OPEN_FILE (O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
#define OPEN_DIR  (O_RDONLY | O_CLOEXEC | O_DIRECTORY)

// A directory being walked. Names of directories end with '/', so that sorting them gives the byte
// order of whole paths: "a.c" is before "a/b".
struct level {
    DIR *dir; // owned
    char **names;
    size_t count;
    size_t next;
    size_t path_size; // of walk->path including this directory's '/'
};

struct scan_walk {
    const char *const *operands;
    size_t operand_count;
    size_t next_operand;
    struct level *levels;
    size_t depth;
    size_t level_capacity;
    char *path; // of the innermost directory
    size_t path_capacity;
    uint64_t skipped;
    int list_error; // of the directory that was entered last
};

struct scan_walk *scan_walk_create(const char *const *operands, size_t count)
{
    struct scan_walk *walk = tool_calloc(1, sizeof *walk);
    walk->operands = operands;
    walk->operand_count = count;
    return walk;
}

static void leave(struct scan_walk *walk)
{
    struct level *level = &walk->levels[--walk->depth];
    for (size_t i = level->next; i < level->count; i++)
        free(level->names[i]);
    free(level->names);
    closedir(level->dir);
}

void scan_walk_destroy(struct scan_walk **walk)
{
    if (!*walk)
        return;
    while ((*walk)->depth > 0)
        leave(*walk);
    free((*walk)->levels);
    free((*walk)->path);
    free(*walk);
    *walk = NULL;
}

uint64_t scan_walk_skipped(const struct scan_walk *walk)
{
    return walk->skipped;
}

// `base_size` bytes of walk->path and `name`.
static char *join(const struct scan_walk *walk, size_t base_size, const char *name)
{
    size_t size = strlen(name);
    char *path = tool_calloc(base_size + size + 1, 1);
    if (base_size > 0)
        memcpy(path, walk->path, base_size);
    memcpy(path + base_size, name, size);
    return path;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

// 'f' a regular file, 'd' a directory, 0 anything else.
static char entry_kind(int directory, const struct dirent *entry)
{
    if (entry->d_type == DT_REG)
        return 'f';
    if (entry->d_type == DT_DIR)
        return 'd';
    if (entry->d_type != DT_UNKNOWN)
        return 0;
    struct stat info;
    if (fstatat(directory, entry->d_name, &info, AT_SYMLINK_NOFOLLOW))
        return 'f'; // opening it will say what is wrong
    return S_ISREG(info.st_mode) ? 'f' : S_ISDIR(info.st_mode) ? 'd' : 0;
}

static void add_name(struct level *level, size_t *capacity, const char *name, bool is_directory)
{
    size_t size = strlen(name);
    char *copy = tool_calloc(size + 2, 1);
    memcpy(copy, name, size);
    if (is_directory)
        copy[size] = '/';
    if (level->count == *capacity) {
        *capacity = *capacity ? *capacity * 2 : 32;
        level->names = tool_realloc(level->names, *capacity * sizeof *level->names);
    }
    level->names[level->count++] = copy;
}

// Reads and sorts the names. Returns the errno of a failed read; what came before it counts.
static int list(struct scan_walk *walk, struct level *level)
{
    size_t capacity = 0;
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(level->dir);
        if (!entry)
            break;
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
            continue;
        char kind = entry_kind(dirfd(level->dir), entry);
        if (kind)
            add_name(level, &capacity, name, kind == 'd');
        else
            walk->skipped++;
    }
    int error = errno;
    if (level->count > 0)
        qsort(level->names, level->count, sizeof *level->names, compare_names);
    return error;
}

// Enters the directory that `fd` is open on; its path is `base_size` bytes of walk->path and
// `name`, with or without a '/' at its end.
static void enter(struct scan_walk *walk, int fd, size_t base_size, const char *name)
{
    size_t size = base_size + strlen(name);
    if (walk->path_capacity < size + 2) {
        walk->path_capacity = (size + 2) * 2;
        walk->path = tool_realloc(walk->path, walk->path_capacity);
    }
    memcpy(walk->path + base_size, name, size - base_size);
    if (walk->path[size - 1] != '/')
        walk->path[size++] = '/';
    if (walk->depth == walk->level_capacity) {
        walk->level_capacity = walk->level_capacity ? walk->level_capacity * 2 : 16;
        walk->levels = tool_realloc(walk->levels, walk->level_capacity * sizeof *walk->levels);
    }
    struct level *level = &walk->levels[walk->depth++];
    *level = (struct level){ .dir = fdopendir(fd), .path_size = size };
    if (!level->dir) {
        walk->depth--;
        walk->list_error = errno;
        close(fd);
        return;
    }
    walk->list_error = list(walk, level);
}

// Opens what was seen to be a file and makes sure that it is one.
static int open_file(int directory, const char *name, int more_flags, int *error)
{
    int fd = openat(directory, name, OPEN_FILE | more_flags);
    struct stat info;
    if (fd < 0 || fstat(fd, &info)) {
        *error = errno;
    } else if (!S_ISREG(info.st_mode)) {
        *error = 0;
    } else {
        return fd;
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

static void found_file(struct scan_found *out, char *path, int fd, int error)
{
    *out = (struct scan_found){
        .kind = fd >= 0 ? SCAN_FOUND_FILE : SCAN_FOUND_ERROR,
        .path = path,
        .fd = fd,
        .error = error,
    };
}

// True when *out is something to report; false when a directory was entered.
static bool visit_operand(struct scan_walk *walk, const char *operand, struct scan_found *out)
{
    if (strcmp(operand, "-") == 0) {
        *out = (struct scan_found){ .kind = SCAN_FOUND_STDIN, .path = join(walk, 0, operand) };
        return true;
    }
    // Looked at before it is opened: opening a FIFO or a device can have effects.
    struct stat info;
    int error = 0;
    int fd = -1;
    if (stat(operand, &info)) {
        error = errno;
    } else if (S_ISDIR(info.st_mode)) {
        fd = open(operand, OPEN_DIR);
        error = fd < 0 ? errno : 0;
        if (fd >= 0) {
            enter(walk, fd, 0, operand);
            fd = -1;
            if (walk->list_error == 0)
                return false;
            error = walk->list_error;
        }
    } else if (S_ISREG(info.st_mode)) {
        fd = open_file(AT_FDCWD, operand, 0, &error);
    }
    found_file(out, join(walk, 0, operand), fd, error);
    return true;
}

static bool visit_entry(struct scan_walk *walk, struct scan_found *out)
{
    struct level *level = &walk->levels[walk->depth - 1];
    char *name = level->names[level->next++];
    size_t size = strlen(name);
    size_t base_size = level->path_size;
    int directory = dirfd(level->dir);
    int error = 0;
    int fd = -1;
    bool entered = false;
    char *path = NULL;
    if (name[size - 1] == '/') {
        name[size - 1] = 0;
        fd = openat(directory, name, OPEN_DIR | O_NOFOLLOW);
        error = fd < 0 ? errno : 0;
        path = join(walk, base_size, name);
        if (fd >= 0) {
            enter(walk, fd, base_size, name);
            fd = -1;
            error = walk->list_error;
            entered = error == 0;
        }
    } else {
        fd = open_file(directory, name, O_NOFOLLOW, &error);
        path = join(walk, base_size, name);
    }
    free(name);
    // Replaced by something else since it was listed: as if it had been that from the start.
    if (!entered && fd < 0 && (error == 0 || error == ELOOP)) {
        walk->skipped++;
        entered = true;
    }
    if (entered) {
        free(path);
        return false;
    }
    found_file(out, path, fd, error);
    return true;
}

void scan_walk_next(struct scan_walk *walk, struct scan_found *out)
{
    for (;;) {
        if (walk->depth > 0) {
            const struct level *level = &walk->levels[walk->depth - 1];
            if (level->next == level->count)
                leave(walk);
            else if (visit_entry(walk, out))
                return;
        } else if (walk->next_operand < walk->operand_count) {
            if (visit_operand(walk, walk->operands[walk->next_operand++], out))
                return;
        } else {
            *out = (struct scan_found){ .kind = SCAN_FOUND_END, .fd = -1 };
            return;
        }
    }
}
