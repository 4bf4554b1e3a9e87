// SPDX-License-Identifier: MIT
// vyre-spv cache: what is stored, and how to remove it.
#include "commands.h"
#include "json.h"
#include "tool.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

struct cache_options {
    bool json;
};

static const struct option_spec cache_table[] = {
    { NULL, "json", NULL, "print JSON", OPTION_FLAG, offsetof(struct cache_options, json) },
    { 0 },
};

static void print_entry(const struct vyre_cache_entry *entry)
{
    char used[32] = "?";
    time_t at = (time_t)entry->used_at;
    struct tm fields;
    if (localtime_r(&at, &fields))
        strftime(used, sizeof used, "%Y-%m-%d %H:%M:%S", &fields);
    printf("%10llu  %s  %-8s  %s%s\n", (unsigned long long)entry->size, used, entry->kind,
           entry->name, entry->valid ? "" : "  damaged");
}

static json_t *entry_as_json(const struct vyre_cache_entry *entry)
{
    return json_pack("{s:s, s:s, s:I, s:I, s:b}", "name", entry->name, "kind", entry->kind, "size",
                     (json_int_t)entry->size, "used_at", (json_int_t)entry->used_at, "valid",
                     entry->valid);
}

// {"directory": ..., key: value}; takes `value`.
static void print_json(const char *key, json_t *value)
{
    json_t *object = json_object();
    json_set_bytes(object, "directory", tool_cache_directory());
    json_object_set_new(object, key, value);
    json_print(object);
}

// `cache` is NULL for a directory that does not exist.
static int list(struct vyre_cache *cache, bool as_json)
{
    struct vyre_cache_entry *entries = NULL;
    size_t count = 0;
    enum vyre_result result = cache ? vyre_cache_list(cache, &entries, &count) : VYRE_OK;
    if (result)
        return tool_failed(result, "cache ls");
    uint64_t bytes = 0;
    json_t *array = as_json ? json_array() : NULL;
    for (size_t i = 0; i < count; i++) {
        bytes += entries[i].size;
        if (as_json)
            json_array_append_new(array, entry_as_json(&entries[i]));
        else
            print_entry(&entries[i]);
    }
    if (as_json)
        print_json("entries", array);
    else
        printf("%zu entries, %llu bytes in %s\n", count, (unsigned long long)bytes,
               tool_cache_directory());
    vyre_free(entries);
    return TOOL_OK;
}

static int clear(struct vyre_cache *cache, bool as_json)
{
    uint64_t removed = 0;
    enum vyre_result result = cache ? vyre_cache_clear(cache, &removed) : VYRE_OK;
    if (as_json)
        print_json("removed", json_integer((json_int_t)removed));
    else
        printf("%llu entries removed from %s\n", (unsigned long long)removed,
               tool_cache_directory());
    return result ? tool_failed(result, "cache clear") : TOOL_OK;
}

// To look at a cache must not make one, as opening it would.
static bool is_absent(void)
{
    struct stat status;
    const char *directory = tool_cache_directory();
    return directory && lstat(directory, &status) != 0 && errno == ENOENT;
}

static int run_cache(const void *options, const char *const *operands, size_t operand_count)
{
    (void)operand_count;
    const struct cache_options *own = options;
    bool is_list = strcmp(operands[0], "ls") == 0;
    if (!is_list && strcmp(operands[0], "clear") != 0)
        return tool_usage("cache", "unknown action '%s'; ls and clear are known", operands[0]);
    struct vyre_cache *cache = NULL;
    if (!is_absent() && !(cache = tool_cache_open()))
        return TOOL_SYSTEM;
    int code = is_list ? list(cache, own->json) : clear(cache, own->json);
    vyre_cache_close(&cache);
    return code;
}

const struct command command_cache = {
    .name = "cache",
    .operands = "ls|clear",
    .summary = "List or remove compiled artifacts",
    .description =
        "ls lists the entries of the artifact cache (size, last use, kind, name) and verifies "
        "each "
        "of them. clear removes every entry, and nothing else that may lie in the directory.\n\n"
        "The directory is VYRE_CACHE_DIR, or vyre in XDG_CACHE_HOME, or .cache/vyre in HOME.",
    .options = cache_table,
    .options_size = sizeof(struct cache_options),
    .min_operands = 1,
    .max_operands = 1,
    .run = run_cache,
};
