// SPDX-License-Identifier: MIT
// The library's objects as the commands open them.
#include "tool.h"

#include <stdlib.h>
#include <string.h>

const char *tool_cache_directory(void)
{
    static char path[4096];
    const char *own = getenv("VYRE_CACHE_DIR");
    const char *caches = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    int size = 0;
    if (own && *own)
        size = snprintf(path, sizeof path, "%s", own);
    else if (caches && caches[0] == '/') // XDG: relative paths are to be ignored
        size = snprintf(path, sizeof path, "%s/vyre", caches);
    else if (home && *home)
        size = snprintf(path, sizeof path, "%s/.cache/vyre", home);
    return size > 0 && (size_t)size < sizeof path ? path : NULL;
}

struct vyre_cache *tool_cache_open(void)
{
    struct vyre_cache *cache = NULL;
    const char *directory = tool_cache_directory();
    if (!directory) {
        tool_error("no cache directory: set VYRE_CACHE_DIR or HOME");
        return NULL;
    }
    enum vyre_result result = vyre_cache_open(
        vyre_cache_params(.directory = directory, .diag = &tool_diag, .log = tool_log()), &cache);
    if (result)
        tool_failed(result, "cache");
    return cache;
}

// What goes on is not in error.
static void emit_as_warning(void *user, const struct vyre_diag *diag)
{
    (void)user;
    struct vyre_diag warning = *diag;
    warning.severity = VYRE_SEVERITY_WARNING;
    warning.fix = "set VYRE_CACHE_DIR to a directory of your own, or give --no-cache";
    tool_diag.emit(tool_diag.user, &warning);
}

struct vyre_cache *tool_cache_try(void)
{
    static const struct vyre_diag_sink warn = { emit_as_warning, NULL };
    struct vyre_cache *cache = NULL;
    const char *directory = tool_cache_directory();
    if (!directory) {
        tool_say_verbose("no cache: neither VYRE_CACHE_DIR nor HOME is set");
        return NULL;
    }
    enum vyre_result result = vyre_cache_open(
        vyre_cache_params(.directory = directory, .diag = &warn, .log = tool_log()), &cache);
    if (result)
        tool_say_verbose("no cache: %s", vyre_result_text(result));
    return cache;
}

// ---- Programs -----------------------------------------------------------------------------------

// The wire format of a program is at most 64 MiB, its envelope 132 MiB. The library takes text of
// up to 4 GiB; nobody has such programs, but there are pipes without an end.
static const struct tool_limit program_limit = { UINT64_C(512) << 20, "are read of a program" };

enum form {
    FORM_TEXT,
    FORM_WIRE,
    FORM_ENVELOPE,
    FORM_SPIRV,
};

static bool starts_with(const struct tool_bytes *bytes, const char *magic)
{
    return bytes->size >= strlen(magic) && memcmp(bytes->data, magic, strlen(magic)) == 0;
}

// Two words in a row begin no text, so a header of the envelope is never one.
static enum form form_of(const struct tool_bytes *bytes)
{
    if (starts_with(bytes, "VYRE"))
        return FORM_WIRE;
    if (starts_with(bytes, "vyre_ir v"))
        return FORM_ENVELOPE;
    if (starts_with(bytes, "\x03\x02\x23\x07") || starts_with(bytes, "\x07\x23\x02\x03"))
        return FORM_SPIRV;
    return FORM_TEXT;
}

static enum vyre_result read_form(enum form form, const struct tool_bytes *bytes, const char *name,
                                  struct vyre_program **out)
{
    const struct vyre_diag_sink diag = tool_diag_of(name);
    switch (form) {
    case FORM_WIRE: return vyre_program_decode(bytes->data, bytes->size, &diag, out);
    case FORM_ENVELOPE:
        return vyre_program_decode_envelope(bytes->data, bytes->size, name, &diag, out);
    case FORM_TEXT: return vyre_program_parse(bytes->data, bytes->size, name, &diag, out);
    case FORM_SPIRV: break;
    }
    tool_error("'%s' is a SPIR-V module, not a program", name);
    return VYRE_ERR_INVALID_PROGRAM;
}

int tool_read_program(const char *path, struct vyre_program **out)
{
    struct tool_bytes bytes;
    *out = NULL;
    int code = tool_read_file(path, &program_limit, &bytes);
    if (code)
        return code;
    enum vyre_result result = read_form(form_of(&bytes), &bytes, tool_name_of(path), out);
    tool_bytes_fini(&bytes);
    return result ? tool_failed(result, tool_name_of(path)) : TOOL_OK;
}

// The text of a program that has none is what the printer makes of it; read again, it has lines.
static enum vyre_result give_text(const char *name, struct tool_bytes *text,
                                  struct vyre_program **program)
{
    char *printed = NULL;
    size_t size = 0;
    enum vyre_result result = vyre_program_print(*program, &printed, &size);
    vyre_program_destroy(program);
    if (result)
        return result;
    text->data = tool_calloc(size + 1, 1);
    text->size = size;
    memcpy(text->data, printed, size);
    vyre_free(printed);
    return vyre_program_parse(text->data, size, name, &tool_diag, program);
}

int tool_read_with_text(const char *path, struct tool_bytes *text, struct vyre_program **out)
{
    *out = NULL;
    int code = tool_read_file(path, &program_limit, text);
    if (code)
        return code;
    const enum form form = form_of(text);
    enum vyre_result result = read_form(form, text, tool_name_of(path), out);
    if (!result && form != FORM_TEXT) {
        tool_bytes_fini(text);
        result = give_text(tool_name_of(path), text, out);
    }
    if (!result)
        return TOOL_OK;
    tool_bytes_fini(text);
    return tool_failed(result, tool_name_of(path));
}

int tool_read_encoded(const char *path, bool is_envelope, struct vyre_program **out)
{
    struct tool_bytes bytes;
    *out = NULL;
    int code = tool_read_file(path, &program_limit, &bytes);
    if (code)
        return code;
    enum form form = is_envelope ? FORM_ENVELOPE : form_of(&bytes);
    enum vyre_result result = VYRE_ERR_INVALID_PROGRAM;
    if (form == FORM_TEXT)
        tool_error("'%s' is neither the wire format nor an envelope", tool_name_of(path));
    else
        result = read_form(form, &bytes, tool_name_of(path), out);
    tool_bytes_fini(&bytes);
    return result ? tool_failed(result, tool_name_of(path)) : TOOL_OK;
}

// ---- Devices ------------------------------------------------------------------------------------

// A number as `devices` prints it; longer digit strings are parts of names.
static bool is_index(const char *choice)
{
    size_t size = strlen(choice);
    return size >= 1 && size <= 2 && strspn(choice, "0123456789") == size;
}

void tool_device_choice(const char *choice, struct vyre_device_params *params)
{
    if (!choice)
        return;
    if (is_index(choice))
        params->index_plus_one = (uint32_t)strtoul(choice, NULL, 10) + 1;
    else
        params->name = choice;
}

int tool_pretend(const char *command, const struct option_list *names, struct vyre_pretend *out)
{
    *out = (struct vyre_pretend){ .loop_limit = 0 };
    for (size_t i = 0; i < names->count; i++) {
        if (!vyre_pretend_add(out, names->items[i]))
            continue;
        struct vyre_pretend_info info;
        for (size_t at = 0; vyre_pretend_describe(at, &info) == VYRE_OK; at++)
            fprintf(stderr, "%-18s %s\n", info.name, info.text);
        return tool_usage(command, "there is no '%s' to pretend; there are those above",
                          names->items[i]);
    }
    return TOOL_OK;
}

int tool_device_open(const char *choice, const struct vyre_pretend *pretend,
                     struct vyre_cache *cache, struct vyre_device **out)
{
    struct vyre_device_params params = {
        .pretend = pretend,
        .cache = cache,
        .diag = &tool_diag,
        .log = tool_log(),
    };
    tool_device_choice(choice, &params);
    enum vyre_result result = vyre_device_create(&params, out);
    if (result) {
        int code = tool_failed(result, "device");
        // Nobody's input is wrong when a machine has no device.
        return code == TOOL_WRONG_INPUT ? TOOL_SYSTEM : code;
    }
    struct vyre_device_info info;
    vyre_device_get_info(*out, &info);
    tool_say("device: %s (%s)", info.name, info.reason);
    return TOOL_OK;
}
