// SPDX-License-Identifier: MIT
// The library's objects as the commands open them.
#include "tool.h"

#include <stdlib.h>
#include <string.h>

const char *tool_cache_directory(void)
{
    static char path[4096];
    const char *own = getenv("VYRE_CACHE_DIR");
    const char *caches = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    int size = 0;
    if (own && *own)
        size = snprintf(path, sizeof path, "%s", own);
    else if (caches && caches[0] == '/') // XDG: relative paths are to be ignored
        size = snprintf(path, sizeof path, "%s/vyre", caches);
    else if (home && *home)
        size = snprintf(path, sizeof path, "%s/.cache/vyre", home);
    return size > 0 && (size_t)size < sizeof path ? path : NULL;
}

struct vyre_cache *tool_cache_open(void)
{
    struct vyre_cache *cache = NULL;
    const char *directory = tool_cache_directory();
    if (!directory) {
        tool_error("no cache directory: set VYRE_CACHE_DIR or HOME");
        return NULL;
    }
    enum vyre_result result = vyre_cache_open(
        vyre_cache_params(.directory = directory, .diag = &tool_diag, .log = tool_log()), &cache);
    if (result)
        tool_failed(result, "cache");
    return cache;
}
