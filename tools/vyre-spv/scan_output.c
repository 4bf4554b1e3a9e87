// SPDX-License-Identifier: MIT
#include "scan_output.h"
#include "json.h"
#include "tool.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The colours of grep: file names magenta, positions green, matches bold red, separators cyan.
#define COLOUR_PATH  "\033[35m"
#define COLOUR_PLACE "\033[32m"
#define COLOUR_MATCH "\033[1;31m"
#define COLOUR_COLON "\033[36m"
#define COLOUR_END   "\033[0m"

// ---- Text ---------------------------------------------------------------------------------------

static void append(struct scan_text *text, size_t *capacity, const char *bytes, size_t size)
{
    if (text->size + size + 1 > *capacity) {
        *capacity = (text->size + size + 1) * 2;
        text->text = tool_realloc(text->text, *capacity);
    }
    memcpy(text->text + text->size, bytes, size);
    text->size += size;
    text->text[text->size] = 0;
}

// Length of the well-formed UTF-8 sequence at `bytes`, 0 when there is none (RFC 3629, 4).
static size_t sequence(const unsigned char *bytes, size_t size)
{
    unsigned char first = bytes[0];
    if (first < 0x80)
        return 1;
    size_t length = first >= 0xC2 && first <= 0xDF   ? 2
                    : first >= 0xE0 && first <= 0xEF ? 3
                    : first >= 0xF0 && first <= 0xF4 ? 4
                                                     : 0;
    if (length == 0 || length > size)
        return 0;
    unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    if (bytes[1] < low || bytes[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if (bytes[i] < 0x80 || bytes[i] > 0xBF)
            return 0;
    return length;
}

static bool is_control(const unsigned char *bytes, size_t length)
{
    return (length == 1 && (bytes[0] < 0x20 || bytes[0] == 0x7F)) ||
           (length == 2 && bytes[0] == 0xC2 && bytes[1] < 0xA0);
}

void scan_text_escape(struct scan_text *out, const void *bytes, size_t size)
{
    const unsigned char *from = bytes;
    size_t capacity = 0;
    *out = (struct scan_text){ 0 };
    append(out, &capacity, "", 0);
    for (size_t at = 0; at < size;) {
        size_t length = sequence(from + at, size - at);
        if (from[at] == '\\')
            append(out, &capacity, "\\", 1); // and itself
        if (length > 0 && !is_control(from + at, length)) {
            append(out, &capacity, (const char *)from + at, length);
            at += length;
            continue;
        }
        char escape[5];
        snprintf(escape, sizeof escape, "\\x%02x", from[at]);
        append(out, &capacity, escape, 4);
        at++;
    }
}

void scan_text_fini(struct scan_text *text)
{
    free(text->text);
    *text = (struct scan_text){ 0 };
}

static bool is_utf8(const char *text)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t size = strlen(text);
    for (size_t at = 0, length; at < size; at += length) {
        length = sequence(bytes + at, size - at);
        if (length == 0)
            return false;
    }
    return true;
}

// "name":"text" without the braces.
static void json_member(struct scan_text *out, const char *name, const char *text)
{
    json_t *value = json_string(text);
    char *quoted = value ? json_dumps(value, JSON_ENCODE_ANY) : NULL;
    if (!quoted) {
        tool_error("out of memory");
        exit(TOOL_USAGE);
    }
    size_t size = strlen(name) + strlen(quoted) + 4;
    *out = (struct scan_text){ .text = tool_calloc(size, 1) };
    out->size = (size_t)snprintf(out->text, size, "\"%s\":%s", name, quoted);
    free(quoted);
    json_decref(value);
}

// Two members for bytes that are no JSON string: "name_b64" has them all, `shown` is for people.
static void json_members(struct scan_text *out, const char *name, const char *shown,
                         const void *bytes, size_t size)
{
    char key[32];
    char *encoded = json_base64(bytes, size);
    struct scan_text escaped;
    struct scan_text first;
    struct scan_text second;
    scan_text_escape(&escaped, bytes, size);
    snprintf(key, sizeof key, "%s_b64", name);
    json_member(&first, shown, escaped.text);
    json_member(&second, key, encoded);
    *out = (struct scan_text){ .text = tool_calloc(first.size + second.size + 2, 1) };
    out->size =
        (size_t)snprintf(out->text, first.size + second.size + 2, "%s,%s", first.text, second.text);
    scan_text_fini(&first);
    scan_text_fini(&second);
    scan_text_fini(&escaped);
    free(encoded);
}

static void json_path(struct scan_text *out, const char *path)
{
    if (is_utf8(path))
        json_member(out, "path", path);
    else
        json_members(out, "path", "path_shown", path, strlen(path));
}

// ---- Buffer -------------------------------------------------------------------------------------

void scan_output_init(struct scan_output *output, int fd, const struct vyre_pattern *patterns,
                      size_t pattern_count, bool json, bool colour)
{
    *output = (struct scan_output){
        .fd = fd,
        .json = json,
        .colour = colour && !json,
        .buffer = tool_calloc(1, SCAN_OUTPUT_BUFFER),
        .patterns = tool_calloc(pattern_count, sizeof *output->patterns),
        .list = patterns,
        .pattern_count = pattern_count,
    };
}

static void write_all(struct scan_output *output, const char *bytes, size_t size)
{
    while (size > 0 && output->error == 0) {
        ssize_t written = write(output->fd, bytes, size);
        if (written >= 0) {
            bytes += written;
            size -= (size_t)written;
        } else if (errno == EAGAIN) {
            // Somebody made the pipe non-blocking; wait for room instead of spinning.
            (void)poll(&(struct pollfd){ .fd = output->fd, .events = POLLOUT }, 1, -1);
        } else if (errno != EINTR) {
            output->error = errno;
        }
    }
}

void scan_output_flush(struct scan_output *output)
{
    write_all(output, output->buffer, output->size);
    output->size = 0;
}

void scan_output_fini(struct scan_output *output)
{
    scan_output_flush(output);
    for (size_t i = 0; i < output->pattern_count; i++)
        scan_text_fini(&output->patterns[i]);
    free(output->patterns);
    free(output->buffer);
    output->patterns = NULL;
    output->buffer = NULL;
    output->pattern_count = 0;
}

static void put(struct scan_output *output, const char *bytes, size_t size)
{
    if (size > SCAN_OUTPUT_BUFFER - output->size)
        scan_output_flush(output);
    if (size > SCAN_OUTPUT_BUFFER) {
        write_all(output, bytes, size);
        return;
    }
    memcpy(output->buffer + output->size, bytes, size);
    output->size += size;
}

static void put_text(struct scan_output *output, const char *text)
{
    put(output, text, strlen(text));
}

static void put_number(struct scan_output *output, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put(output, digits + at, sizeof digits - at);
}

static void put_coloured(struct scan_output *output, const char *colour,
                         const struct scan_text *text)
{
    if (output->colour)
        put_text(output, colour);
    put(output, text->text, text->size);
    if (output->colour)
        put_text(output, COLOUR_END);
}

static void put_colon(struct scan_output *output)
{
    put_text(output, output->colour ? COLOUR_COLON ":" COLOUR_END : ":");
}

static void put_place(struct scan_output *output, uint64_t value)
{
    if (output->colour)
        put_text(output, COLOUR_PLACE);
    put_number(output, value);
    if (output->colour)
        put_text(output, COLOUR_END);
}

// ---- Lines --------------------------------------------------------------------------------------

static void make_path(const struct scan_output *output, const char *path, struct scan_text *text)
{
    if (text->text)
        return;
    if (output->json)
        json_path(text, path);
    else
        scan_text_escape(text, path, strlen(path));
}

static const struct scan_text *pattern_text(struct scan_output *output, uint32_t pattern)
{
    struct scan_text *text = &output->patterns[pattern];
    if (text->text)
        return text;
    const struct vyre_pattern *entry = &output->list[pattern];
    if (output->json)
        json_members(text, "bytes", "bytes", entry->bytes, entry->size);
    else
        scan_text_escape(text, entry->bytes, entry->size);
    return text;
}

void scan_output_match(struct scan_output *output, const char *path, struct scan_text *path_text,
                       uint64_t offset, uint32_t pattern)
{
    make_path(output, path, path_text);
    const struct scan_text *bytes = pattern_text(output, pattern);
    if (output->json) {
        put_text(output, "{\"type\":\"match\",");
        put(output, path_text->text, path_text->size);
        put_text(output, ",\"offset\":");
        put_number(output, offset);
        put_text(output, ",\"length\":");
        put_number(output, output->list[pattern].size);
        put_text(output, ",\"pattern\":");
        put_number(output, pattern);
        put_text(output, ",");
        put(output, bytes->text, bytes->size);
        put_text(output, "}\n");
        return;
    }
    put_coloured(output, COLOUR_PATH, path_text);
    put_colon(output);
    put_place(output, offset);
    put_colon(output);
    put_coloured(output, COLOUR_MATCH, bytes);
    put_text(output, "\n");
}

void scan_output_count(struct scan_output *output, const char *path, struct scan_text *path_text,
                       uint64_t count)
{
    make_path(output, path, path_text);
    if (output->json) {
        put_text(output, "{\"type\":\"count\",");
        put(output, path_text->text, path_text->size);
        put_text(output, ",\"matches\":");
        put_number(output, count);
        put_text(output, "}\n");
        return;
    }
    put_coloured(output, COLOUR_PATH, path_text);
    put_colon(output);
    put_place(output, count);
    put_text(output, "\n");
}

void scan_output_path(struct scan_output *output, const char *path, struct scan_text *path_text)
{
    make_path(output, path, path_text);
    if (output->json) {
        put_text(output, "{\"type\":\"file\",");
        put(output, path_text->text, path_text->size);
        put_text(output, "}\n");
        return;
    }
    put_coloured(output, COLOUR_PATH, path_text);
    put_text(output, "\n");
}

void scan_output_error(struct scan_output *output, const char *path, const char *message, int error)
{
    struct scan_text member = { 0 };
    put_text(output, "{\"type\":\"error\",");
    if (path) {
        json_path(&member, path);
        put(output, member.text, member.size);
        put_text(output, ",");
        scan_text_fini(&member);
    }
    json_member(&member, "error", message);
    put(output, member.text, member.size);
    put_text(output, ",\"errno\":");
    put_number(output, (uint64_t)error);
    put_text(output, "}\n");
    scan_text_fini(&member);
}

void scan_output_line(struct scan_output *output, const char *text)
{
    put_text(output, text);
    put_text(output, "\n");
}
