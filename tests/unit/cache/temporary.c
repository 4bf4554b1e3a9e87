// SPDX-License-Identifier: MIT
#include "temporary.h"
#include "entry.h"
#include "test.h"

#include <dirent.h>
#include <ftw.h>
#include <stdlib.h>
#include <unistd.h>

void temporary_init(struct temporary *temporary)
{
    snprintf(temporary->path, sizeof temporary->path, "/tmp/vyre-cache-test-XXXXXX");
    assert_non_null(mkdtemp(temporary->path));
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    return remove(path);
}

void temporary_fini(struct temporary *temporary)
{
    assert_int_equal(nftw(temporary->path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

char *temporary_path(const struct temporary *temporary, const char *name, char *out)
{
    snprintf(out, 256, "%s/%s", temporary->path, name);
    return out;
}

char *temporary_entry(const struct temporary *temporary, enum cache_kind kind,
                      const struct cache_key *key, char *out)
{
    char name[CACHE_NAME_SIZE];
    cache_entry_name(kind, key, name);
    return temporary_path(temporary, name, out);
}

struct cache_key temporary_key(unsigned number)
{
    struct cache_key key;
    for (unsigned i = 0; i < CACHE_KEY_SIZE; i++)
        key.bytes[i] = (uint8_t)((number + 1) * 37u + i * (number + 11) + (number >> 8));
    memcpy(key.bytes, &number, sizeof number);
    return key;
}

struct vyre_cache *temporary_open(const struct temporary *temporary, uint64_t max_size)
{
    struct vyre_cache *cache = NULL;
    assert_result(VYRE_OK, vyre_cache_open(vyre_cache_params(.directory = temporary->path,
                                                             .max_size = max_size),
                                           &cache));
    return cache;
}

unsigned temporary_count(const struct temporary *temporary)
{
    DIR *stream = opendir(temporary->path);
    assert_non_null(stream);
    unsigned count = 0;
    for (struct dirent *entry; (entry = readdir(stream));)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(stream);
    return count;
}
