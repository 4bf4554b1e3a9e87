// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <stdio.h>

#include "ir/place.h"
#include "run.h"

const char *interp_name_text(const struct interp_run *run, ir_name name)
{
    return ir_name_text(run->program, name).text;
}

bool interp_fail_input(struct interp_run *run, uint32_t buffer, enum diag_code code,
                       const char *format, ...)
{
    if (run->result != VYRE_OK)
        return false;
    run->result = VYRE_ERR_INVALID_ARGUMENT;
    char text[300], path[24];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(path, sizeof path, "buffers[%u]", buffer);
    struct diag_place place = ir_place(run->program, run->program->buffers[buffer].pos);
    place.path = path;
    diag_report(run->params->diag, code, &place, "%s", text);
    return false;
}

static bool fail(struct interp_run *run, enum vyre_result result, enum diag_code code,
                 const char *fix, const char *format, va_list args)
{
    if (run->result != VYRE_OK)
        return false;
    run->result = result;
    if (!run->params->diag)
        return false;
    char text[300], where[160] = "";
    vsnprintf(text, sizeof text, format, args);
    if (run->current)
        snprintf(where, sizeof where, ", in invocation (%u, %u, %u) of workgroup (%u, %u, %u)",
                 run->current->local_id[0], run->current->local_id[1], run->current->local_id[2],
                 run->group[0], run->group[1], run->group[2]);
    char path[256] = "";
    const struct ir_pos nowhere = { 0, 0 };
    struct diag_place place = ir_place(run->program, run->node ? run->node->pos : nowhere);
    if (run->node && ir_node_path(run->program, run->node, path, sizeof path))
        place.path = path;
    diag_report_fix(run->params->diag, code, &place, fix ? fix : diag_code_fix(code), "%s%s", text,
                    where);
    return false;
}

bool interp_fail(struct interp_run *run, enum diag_code code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fail(run, VYRE_ERR_EXECUTION, code, NULL, format, args);
    va_end(args);
    return false;
}

bool interp_refuse(struct interp_run *run, enum diag_code code, const char *fix, const char *format,
                   ...)
{
    va_list args;
    va_start(args, format);
    fail(run, VYRE_ERR_UNSUPPORTED, code, fix, format, args);
    va_end(args);
    return false;
}
