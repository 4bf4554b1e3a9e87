// SPDX-License-Identifier: MIT
#include "base/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct diag_entry {
    const char *name;
    enum vyre_severity severity;
    const char *summary;
    const char *fix;
} entries[DIAG_COUNT] = {
#define DIAG(id, severity, summary, fix) { #id, VYRE_SEVERITY_##severity, summary, fix },
#include "base/diag.def"
#undef DIAG
};

const char *diag_code_name(enum diag_code code)
{
    return entries[code].name;
}

const char *diag_code_summary(enum diag_code code)
{
    return entries[code].summary;
}

const char *diag_code_fix(enum diag_code code)
{
    return entries[code].fix;
}

enum vyre_severity diag_code_severity(enum diag_code code)
{
    return entries[code].severity;
}

static void report(const struct vyre_diag_sink *sink, enum diag_code code,
                   const struct diag_place *place, const char *fix, const char *format,
                   va_list args)
{
    if (!sink || !sink->emit)
        return;
    char text[1000];
    vsnprintf(text, sizeof text, format, args);
    static const struct diag_place nowhere;
    if (!place)
        place = &nowhere;
    const struct vyre_diag diag = {
        .severity = entries[code].severity,
        .code = entries[code].name,
        .source = place->source,
        .path = place->path,
        .line_text = place->line_text,
        .line_text_size = place->line_text_size,
        .line = place->line,
        .column = place->column,
        .length = place->length,
        .text = text,
        .fix = fix,
    };
    sink->emit(sink->user, &diag);
}

void diag_report(const struct vyre_diag_sink *sink, enum diag_code code,
                 const struct diag_place *place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(sink, code, place, entries[code].fix, format, args);
    va_end(args);
}

void diag_report_fix(const struct vyre_diag_sink *sink, enum diag_code code,
                     const struct diag_place *place, const char *fix, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    report(sink, code, place, fix, format, args);
    va_end(args);
}

void log_write(const struct vyre_log *log, enum vyre_log_level level, const char *format, ...)
{
    if (!log || !log->write)
        return;
    char text[1000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log->write(log->user, level, text);
}
