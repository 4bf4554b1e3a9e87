// SPDX-License-Identifier: MIT
// Diagnostics: what the library has to say to people.
#ifndef VYRE_DIAG_H
#define VYRE_DIAG_H

#include <vyre/result.h>

VYRE_BEGIN

enum vyre_severity {
    VYRE_SEVERITY_NOTE,
    VYRE_SEVERITY_WARNING,
    VYRE_SEVERITY_ERROR,
};

// One diagnostic. Everything is borrowed for the duration of the callback.
struct vyre_diag {
    enum vyre_severity severity;
    const char *code;      // stable, for example "V008"; the list is in docs/diagnostics.md
    const char *source;    // file or buffer name; NULL when there is none
    const char *path;      // node path such as "entry[0].body[2].value"; NULL when there is none
    const char *line_text; // the offending source line without its newline; NULL when unknown
    uint32_t line_text_size;
    uint32_t line;   // 1-based; 0 when unknown
    uint32_t column; // 1-based, in bytes; 0 when unknown
    uint32_t length; // bytes to underline, at least 1 when column is known
    const char *text;
    const char *fix; // what to do about it; NULL only for notes
};

// Receives diagnostics in order, on the calling thread. Calls accept a NULL sink.
struct vyre_diag_sink {
    void (*emit)(void *user, const struct vyre_diag *diag);
    void *user;
};

// Writes the diagnostic as people see it, `file:line:col: error[V008]: text`, the source line and a
// caret when known, and `Fix: ...`, as a NUL-terminated string of at most `size` bytes.
// Returns the length that the whole text needs, without the NUL, as snprintf does.
// Thread-safety: Safe.
VYRE_API size_t vyre_diag_format(const struct vyre_diag *diag, char *out, size_t size);

enum vyre_log_level {
    VYRE_LOG_ERROR,
    VYRE_LOG_WARNING,
    VYRE_LOG_INFO,
    VYRE_LOG_DEBUG,
};

// Receives log lines for developers; a NULL function drops them. May be called from any thread that
// calls into the object that it was given to.
struct vyre_log {
    void (*write)(void *user, enum vyre_log_level level, const char *text);
    void *user;
};

VYRE_END

#endif // VYRE_DIAG_H
