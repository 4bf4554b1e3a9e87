// SPDX-License-Identifier: MIT
// Reporting: how the library fills diagnostics and log lines.
#ifndef BASE_REPORT_H
#define BASE_REPORT_H

#include <vyre/diag.h>

// Every code is in diag.def, with its severity, meaning and the fix printed when none is given.
enum diag_code {
#define DIAG(id, severity, summary, fix) DIAG_##id,
#include "base/diag.def"
#undef DIAG
    DIAG_COUNT
};

// Where a diagnostic points. All-zero: nowhere.
struct diag_place {
    const char *source;
    const char *path;
    const char *line_text;
    uint32_t line_text_size;
    uint32_t line;
    uint32_t column;
    uint32_t length;
};

// Sends a diagnostic to `sink` (may be NULL, then nothing happens). `place` may be NULL. The
// message is formatted as printf does; the fix is the code's own. `diag_report_fix` gives another
// fix, which is a plain text. Long messages are cut at 1,000 bytes.
#if defined(__GNUC__)
__attribute__((format(printf, 4, 5)))
#endif
void diag_report(const struct vyre_diag_sink *sink, enum diag_code code,
                 const struct diag_place *place, const char *format, ...);
#if defined(__GNUC__)
__attribute__((format(printf, 5, 6)))
#endif
void diag_report_fix(const struct vyre_diag_sink *sink, enum diag_code code,
                     const struct diag_place *place, const char *fix, const char *format, ...);

// What diag.def says about a code. Lifetime: static.
const char *diag_code_name(enum diag_code code); // "V008"
const char *diag_code_summary(enum diag_code code);
const char *diag_code_fix(enum diag_code code);
enum vyre_severity diag_code_severity(enum diag_code code);

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
void log_write(const struct vyre_log *log, enum vyre_log_level level, const char *format, ...);

#endif // BASE_REPORT_H
