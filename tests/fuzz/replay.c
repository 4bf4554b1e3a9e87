// SPDX-License-Identifier: MIT
// Runs a fuzz target without a fuzzer: over every file of a corpus folder, then over ROUNDS inputs
// made from them by a fixed sequence of changes.
//
// usage: TARGET FOLDER ROUNDS
#include "fuzz.h"

#include <dirent.h>
#include <string.h>

enum { INPUT_MAX = 1 << 16, INPUTS_MAX = 256 };

struct input {
    uint8_t *bytes;
    size_t size;
};

static struct input corpus[INPUTS_MAX];
static size_t corpus_count;
static uint32_t state = 0x2545f491;

static uint32_t draw(uint32_t below)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return (state >> 3) % below;
}

static int read_corpus(const char *folder)
{
    // In the order of their names: what the changes make must not depend on the file system.
    struct dirent **entries = NULL;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0) {
        perror(folder);
        return 1;
    }
    for (int i = 0; i < count && corpus_count < INPUTS_MAX; i++) {
        const char *name = entries[i]->d_name;
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, name);
        FILE *file = name[0] == '.' ? NULL : fopen(path, "rb");
        if (!file)
            continue;
        struct input *input = &corpus[corpus_count++];
        input->bytes = malloc(INPUT_MAX);
        input->size = input->bytes ? fread(input->bytes, 1, INPUT_MAX, file) : 0;
        fclose(file);
    }
    for (int i = 0; i < count; i++)
        free(entries[i]);
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
    if (argc != 3 || read_corpus(argv[1]) != 0 || corpus_count == 0) {
        fprintf(stderr, "usage: %s FOLDER ROUNDS, with files in FOLDER\n", argv[0]);
        return 2;
    }
    for (size_t i = 0; i < corpus_count; i++)
        LLVMFuzzerTestOneInput(corpus[i].bytes, corpus[i].size);
    static uint8_t bytes[INPUT_MAX];
    for (unsigned long round = strtoul(argv[2], NULL, 10); round > 0; round--) {
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
    return 0;
}
