// SPDX-License-Identifier: MIT
// Runs a fuzz target without a fuzzer: over every file of some folders, then over ROUNDS inputs
// made from them by a fixed sequence of changes. Folders that do not exist hold nothing.
//
// usage: TARGET ROUNDS FOLDER...
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

enum { INPUT_MAX = 1 << 16 };

struct input {
    uint8_t *bytes;
    size_t size;
};

static struct input *corpus;
static size_t corpus_count;
static uint32_t state = 0x2545f491;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return (state >> 3) % below;
}

static void read_input(const char *folder, const char *name)
{
    static uint8_t bytes[INPUT_MAX];
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = name[0] == '.' ? NULL : fopen(path, "rb");
    if (!file)
        return;
    size_t size = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    struct input *grown = realloc(corpus, (corpus_count + 1) * sizeof *corpus);
    uint8_t *copy = malloc(size + (size == 0));
    if (!grown || !copy)
        abort();
    memcpy(copy, bytes, size);
    corpus = grown;
    corpus[corpus_count++] = (struct input){ copy, size };
}

static int read_folder(const char *folder)
{
    // In the order of their names: what the changes make must not depend on the file system.
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0 && errno == ENOENT)
        return 0;
    if (count < 0) {
        perror(folder);
        return 1;
    }
    for (int i = 0; i < count; i++) {
        read_input(folder, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return 0;
}

// One to eight changes: a byte, a cut, or bytes at the end.
static size_t change(uint8_t *bytes, size_t size)
{
    for (uint32_t i = draw(8) + 1; i > 0; i--) {
        uint32_t kind = draw(4);
        if (kind == 0 && size > 1)
            size = 1 + draw((uint32_t)size - 1);
        else if (kind == 1 && size < INPUT_MAX - 32)
            for (uint32_t more = draw(32); more > 0; more--)
                bytes[size++] = (uint8_t)draw(256);
        else if (size > 0)
            bytes[draw((uint32_t)size)] = (uint8_t)draw(256);
    }
    return size;
}

int main(int argc, char **argv)
{
    int failed = argc < 3;
    for (int i = 2; i < argc && !failed; i++)
        failed = read_folder(argv[i]);
    if (failed || corpus_count == 0) {
        fprintf(stderr, "usage: %s ROUNDS FOLDER..., with files in the folders\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < corpus_count; i++)
        LLVMFuzzerTestOneInput(corpus[i].bytes, corpus[i].size);
    static uint8_t bytes[INPUT_MAX];
    for (unsigned long round = strtoul(argv[1], NULL, 10); round > 0; round--) {
        const struct input *from = &corpus[draw((uint32_t)corpus_count)];
        memcpy(bytes, from->bytes, from->size);
        // A copy of the exact size, so that ASan sees a target that reads past its input.
        size_t size = change(bytes, from->size);
        uint8_t *exact = malloc(size + (size == 0));
        if (!exact)
            return 2;
        memcpy(exact, bytes, size);
        LLVMFuzzerTestOneInput(exact, size);
        free(exact);
    }
    for (size_t i = 0; i < corpus_count; i++)
        free(corpus[i].bytes);
    free(corpus);
    return 0;
}
