// SPDX-License-Identifier: MIT
// The hex envelope: the wire form as text that survives mail and terminals (spec: ir.md, section
// 6).
//
// The reader looks at every line once and keeps at most the announced bytes; nothing is allocated
// on the word of the announcement.
#include "ir/wire.h"

#include "base/memory.h"
#include "base/report.h"

#include <inttypes.h>
#include <string.h>

#include <vyre/program.h>

static const char header[] = "vyre_ir v0.1";
static const char length_prefix[] = "wire_bytes ";

enum {
    LINE_BYTES = 32, // of the wire form, per line that is written
    SNIPPET = 64,    // bytes of a line that a diagnostic shows
};

// ---- Reading ------------------------------------------------------------------------------------

struct reader {
    const char *text;
    size_t size;
    size_t next; // where the next line starts
    const char *name;
    const struct vyre_diag_sink *diag;
    const char *line; // the current one, without what ends it
    size_t line_size;
    uint32_t line_number;
};

// False behind the last line. A line ends with LF or CRLF; the last one may end without either.
static bool next_line(struct reader *r)
{
    if (r->next == r->size)
        return false;
    r->line = r->text + r->next;
    const char *end = memchr(r->line, '\n', r->size - r->next);
    r->line_size = end ? (size_t)(end - r->line) : r->size - r->next;
    r->next += r->line_size + (end != NULL);
    if (end && r->line_size && r->line[r->line_size - 1] == '\r')
        r->line_size--;
    r->line_number += r->line_number < UINT32_MAX;
    return true;
}

static void strip_returns(struct reader *r)
{
    while (r->line_size && r->line[r->line_size - 1] == '\r')
        r->line_size--;
}

// Reports `length` bytes at byte `at` of the current line, which is shown when that is near its
// start.
static enum vyre_result refuse(const struct reader *r, enum diag_code code, size_t at,
                               size_t length, const char *what)
{
    struct diag_place place = {
        .source = r->name,
        .line = r->line_number,
        .column = at < UINT32_MAX ? (uint32_t)at + 1 : UINT32_MAX,
        .length = length < SNIPPET ? (uint32_t)length : SNIPPET,
    };
    if (at < SNIPPET) {
        place.line_text = r->line;
        place.line_text_size = r->line_size < SNIPPET ? (uint32_t)r->line_size : SNIPPET;
    }
    diag_report(r->diag, code, &place, "%s", what);
    return VYRE_ERR_INVALID_PROGRAM;
}

// An unsigned decimal number as the original's reader takes it: leading zeros and one plus sign.
static bool parse_length(const char *text, size_t size, uint64_t *out)
{
    size_t at = size && text[0] == '+';
    uint64_t value = 0;
    if (at == size)
        return false;
    for (; at < size; at++) {
        const unsigned digit = (unsigned)(unsigned char)text[at] - '0';
        if (digit > 9 || value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return true;
}

static enum vyre_result read_head(struct reader *r, uint64_t *length)
{
    r->line = r->text;
    if (!next_line(r))
        r->line_number = 1;
    if (r->line_size != sizeof header - 1 || memcmp(r->line, header, sizeof header - 1) != 0)
        return refuse(r, DIAG_W031, 0, 1, "this is no envelope: it does not begin with its header");
    const size_t prefix = sizeof length_prefix - 1;
    if (!next_line(r)) {
        r->line = r->text + r->size;
        r->line_size = 0;
        r->line_number++;
    }
    strip_returns(r);
    if (r->line_size < prefix || memcmp(r->line, length_prefix, prefix) != 0)
        return refuse(r, DIAG_W032, 0, 1, "the second line does not announce the length");
    if (!parse_length(r->line + prefix, r->line_size - prefix, length))
        return refuse(r, DIAG_W032, prefix, 1, "the length is not a decimal number");
    if (*length > WIRE_MAX_SIZE)
        return refuse(r, DIAG_W033, prefix, r->line_size - prefix,
                      "more bytes are announced than a program may have");
    return VYRE_OK;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Appends the current line to `bytes`, which has room for `room`; what is beyond is only counted.
static enum vyre_result read_digits(const struct reader *r, uint8_t *bytes, size_t room,
                                    uint64_t *count)
{
    if (r->line_size % 2)
        return refuse(r, DIAG_W034, r->line_size - 1, 1,
                      "a digit stands alone at the end of this line");
    for (size_t at = 0; at < r->line_size; at += 2) {
        const int high = hex_digit(r->line[at]);
        const int low = hex_digit(r->line[at + 1]);
        if (high < 0 || low < 0)
            return refuse(r, DIAG_W035, high < 0 ? at : at + 1, 1,
                          "this is not a hexadecimal digit");
        if (*count < room)
            bytes[*count] = (uint8_t)(high << 4 | low);
        ++*count;
    }
    return VYRE_OK;
}

static enum vyre_result read_body(struct reader *r, uint64_t length, uint8_t *bytes, size_t room)
{
    uint64_t count = 0;
    while (next_line(r)) {
        strip_returns(r);
        enum vyre_result result = read_digits(r, bytes, room, &count);
        if (result)
            return result;
    }
    if (count == length)
        return VYRE_OK;
    const struct diag_place place = { .source = r->name, .line = 2, .column = 1, .length = 1 };
    diag_report(r->diag, DIAG_W036, &place,
                "%" PRIu64 " bytes are announced, %" PRIu64 " are there", length, count);
    return VYRE_ERR_INVALID_PROGRAM;
}

enum vyre_result vyre_program_decode_envelope(const char *text, size_t size, const char *name,
                                              const struct vyre_diag_sink *diag,
                                              struct vyre_program **out)
{
    if (!out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (!text && size)
        return VYRE_ERR_INVALID_ARGUMENT;
    struct reader r = { .text = text, .size = size, .name = name, .diag = diag };
    uint64_t length = 0;
    enum vyre_result result = read_head(&r, &length);
    if (result)
        return result;
    const size_t most = (size - r.next) / 2;
    const size_t room = length < most ? (size_t)length : most;
    uint8_t *bytes = memory_alloc(room);
    if (!bytes)
        return VYRE_ERR_NO_MEMORY;
    result = read_body(&r, length, bytes, room);
    if (!result)
        result = vyre_program_decode(bytes, room, diag, out);
    memory_free(bytes);
    return result;
}

// ---- Writing ------------------------------------------------------------------------------------

enum vyre_result vyre_program_encode_envelope(const struct vyre_program *program,
                                              const struct vyre_diag_sink *diag, char **out,
                                              size_t *out_size)
{
    static const char digits[] = "0123456789abcdef";
    if (!program || !out)
        return VYRE_ERR_INVALID_ARGUMENT;
    *out = NULL;
    if (out_size)
        *out_size = 0;
    uint8_t *bytes = NULL;
    size_t size = 0;
    enum vyre_result result = vyre_program_encode(program, diag, &bytes, &size);
    if (result)
        return result;
    struct str text = { 0 };
    str_printf(&text, "%s\n%s%zu\n", header, length_prefix, size);
    for (size_t i = 0; i < size; i++) {
        const char pair[2] = { digits[bytes[i] >> 4], digits[bytes[i] & 15] };
        str_add(&text, pair, sizeof pair);
        if (i + 1 == size || (i + 1) % LINE_BYTES == 0)
            str_putc(&text, '\n');
    }
    vyre_free(bytes);
    return str_finish(&text, out, out_size) ? VYRE_OK : VYRE_ERR_NO_MEMORY;
}
