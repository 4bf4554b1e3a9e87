// SPDX-License-Identifier: MIT
#include "listing.h"
#include "assembly.h"

#include <stdlib.h>
#include <string.h>

// A line of some text, without its newline.
struct line {
    const char *start;
    size_t size;
};

struct lines {
    struct line *items; // owned
    size_t count;
};

static struct lines split(const struct tool_bytes *text)
{
    struct lines lines = { .items = NULL };
    const char *at = text->data;
    const char *end = text->data + text->size;
    size_t room = 0;
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        if (!newline)
            newline = end;
        if (lines.count == room) {
            room = room ? 2 * room : 256;
            lines.items = tool_realloc(lines.items, room * sizeof *lines.items);
        }
        lines.items[lines.count++] = (struct line){ at, (size_t)(newline - at) };
        at = newline + 1;
    }
    return lines;
}

struct listing {
    struct lines source;
    struct lines assembly;
    FILE *out;
    size_t shown; // lines of the source, from the first on
    size_t line;  // of the last source line; 0: none
};

// The instruction of a line of assembly: behind its result, if it has one.
static bool is_op(struct line line, const char *op)
{
    const char *at = line.start;
    const char *end = line.start + line.size;
    const size_t size = strlen(op);
    while (at < end && *at == ' ')
        at++;
    if (at < end && *at == '%') {
        while (at < end && *at != '=')
            at++;
        at += at < end;
        while (at < end && *at == ' ')
            at++;
    }
    return (size_t)(end - at) >= size && memcmp(at, op, size) == 0 &&
           (at + size == end || at[size] == ' ');
}

// The line of "OpLine %file LINE COLUMN"; 0 for anything else.
static size_t line_told(struct line line)
{
    if (!is_op(line, "OpLine"))
        return 0;
    const char *at = memchr(line.start, '%', line.size);
    const char *end = line.start + line.size;
    at = at ? memchr(at, ' ', (size_t)(end - at)) : NULL;
    return at ? strtoul(at, NULL, 10) : 0;
}

// Comments and names may hold anything; a terminal gets no control bytes.
static void put(struct listing *listing, struct line line)
{
    for (size_t i = 0; i < line.size; i++) {
        const unsigned char c = (unsigned char)line.start[i];
        if (c == '\r' && i + 1 == line.size)
            break;
        fputc((c < 0x20 && c != '\t') || c == 0x7f ? '?' : c, listing->out);
    }
    fputc('\n', listing->out);
}

static void put_source(struct listing *listing, size_t number)
{
    const struct line line = listing->source.items[number - 1];
    fprintf(listing->out, line.size ? "%5zu | " : "%5zu |", number);
    put(listing, line);
}

// Shows all lines up to this one that have not been shown, or else this one again.
static void go_to(struct listing *listing, size_t number)
{
    if (number == listing->line || number > listing->source.count)
        return;
    listing->line = number;
    if (number && number <= listing->shown)
        put_source(listing, number);
    while (listing->shown < number)
        put_source(listing, ++listing->shown);
}

// One function, from its OpFunction at `first`; returns where the next one begins. A label belongs
// to the line of what follows it.
static size_t put_function(struct listing *listing, size_t first)
{
    const struct lines *assembly = &listing->assembly;
    size_t label = 0;
    size_t at = first;
    for (; at < assembly->count; at++) {
        const struct line line = assembly->items[at];
        const size_t number = line_told(line);
        if (number) {
            go_to(listing, number);
        } else if (is_op(line, "OpLabel")) {
            label = at;
            continue;
        } else if (!is_op(line, "OpNoLine")) {
            if (label)
                put(listing, assembly->items[label]);
            put(listing, line);
            label = 0;
        }
        if (is_op(line, "OpFunctionEnd"))
            return at + 1;
    }
    return at;
}

static void put_all(struct listing *listing)
{
    const struct lines *assembly = &listing->assembly;
    size_t functions = 0;
    while (functions < assembly->count && !is_op(assembly->items[functions], "OpFunction"))
        functions++;
    // The entry point is the first one.
    size_t at = put_function(listing, functions);
    while (listing->shown < listing->source.count)
        put_source(listing, ++listing->shown);
    if (at < assembly->count)
        fputs("\n; what it calls\n", listing->out);
    while (at < assembly->count)
        at = put_function(listing, at);
    fputs("\n; what it declares\n", listing->out);
    for (at = 0; at < functions; at++)
        if (assembly->items[at].size && assembly->items[at].start[0] != ';')
            put(listing, assembly->items[at]);
}

int listing_make(const struct tool_bytes *source, const uint32_t *words, size_t count,
                 struct tool_bytes *out)
{
    struct tool_bytes assembly;
    *out = (struct tool_bytes){ .size = 0 };
    int code = assembly_print(words, count, &assembly);
    if (code)
        return code;
    struct listing listing = { .source = split(source), .assembly = split(&assembly) };
    listing.out = open_memstream(&out->data, &out->size);
    if (listing.out)
        put_all(&listing);
    if (!listing.out || fclose(listing.out)) {
        tool_error("out of memory");
        code = TOOL_SYSTEM;
    }
    free(listing.source.items);
    free(listing.assembly.items);
    tool_bytes_fini(&assembly);
    return code;
}
