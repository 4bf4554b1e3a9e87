// SPDX-License-Identifier: MIT
// What every judge uses: outcomes with their text, fields of records, collected diagnostics.
#include "conform.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static enum conform_outcome say(struct conform_case *c, enum conform_outcome outcome,
                                const char *format, va_list args)
{
    vsnprintf(c->text, sizeof c->text, format, args);
    return outcome;
}

enum conform_outcome conform_fail(struct conform_case *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum conform_outcome outcome = say(c, CONFORM_FAILED, format, args);
    va_end(args);
    return outcome;
}

enum conform_outcome conform_skip(struct conform_case *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum conform_outcome outcome = say(c, CONFORM_SKIPPED, format, args);
    va_end(args);
    return outcome;
}

enum conform_outcome conform_malformed(struct conform_case *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum conform_outcome outcome = say(c, CONFORM_MALFORMED, format, args);
    va_end(args);
    return outcome;
}

enum conform_outcome conform_deviate(struct conform_case *c, const char *id, const char *format,
                                     ...)
{
    va_list args;
    c->deviation = id;
    va_start(args, format);
    enum conform_outcome outcome = say(c, CONFORM_DEVIATES, format, args);
    va_end(args);
    return outcome;
}

const char *conform_text(const struct conform_case *c, const char *key)
{
    return json_string_value(json_object_get(c->record, key));
}

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool conform_hex(const json_t *value, struct tool_bytes *out)
{
    const char *text = json_string_value(value);
    const size_t size = json_string_length(value);
    *out = (struct tool_bytes){ .size = 0 };
    if (!text || size % 2)
        return false;
    out->data = tool_calloc(size / 2 + 1, 1);
    for (; out->size < size / 2; out->size++) {
        const int high = digit(text[2 * out->size]);
        const int low = digit(text[2 * out->size + 1]);
        if (high < 0 || low < 0) {
            tool_bytes_fini(out);
            return false;
        }
        out->data[out->size] = (char)(high << 4 | low);
    }
    return true;
}

static void keep(void *user, const struct vyre_diag *diag)
{
    struct conform_diags *diags = user;
    const bool is_error = diag->severity == VYRE_SEVERITY_ERROR;
    char *list = is_error ? diags->errors : diags->warnings;
    const size_t used = strlen(list);
    if (diag->severity == VYRE_SEVERITY_NOTE)
        return;
    snprintf(list + used, sizeof diags->errors - used, "%s ", diag->code);
    if (!is_error || diags->first[0])
        return;
    snprintf(diags->first, sizeof diags->first, "%s", diag->code);
    snprintf(diags->text, sizeof diags->text, "%s", diag->text);
}

struct vyre_diag_sink conform_sink(struct conform_diags *diags)
{
    return (struct vyre_diag_sink){ keep, diags };
}
