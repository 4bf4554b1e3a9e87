// SPDX-License-Identifier: MIT
// Contents of buffers as the command line spells them.
#ifndef VYRE_SPV_VALUES_H
#define VYRE_SPV_VALUES_H

#include "tool.h"

// NAME=SPEC of --in and --out.
struct values_binding {
    const char *name; // not NUL-terminated
    size_t name_size;
    const char *spec;
};

// False after a message: there is no '=' or nothing before it.
bool values_split(const char *argument, struct values_binding *out);

// Contents for a buffer are numbers of the type of its elements, as in u32:1,0x2, i32:-1,2,
// f32:1.5,-inf,nan or bool:0,true; hex:3fc00000 for the bits of elements of any type; or zero:N for
// N elements; anything else is a file, - standard input.
bool values_are_numbers(const char *spec);

// Contents that are numbers. An exit code.
int values_parse(const char *spec, const struct vyre_buffer_info *buffer, struct tool_bytes *out);

// The other contents, as many bytes as the limit allows. A file whose last bytes are no whole
// element is warned of. An exit code.
int values_read(const char *spec, const struct vyre_buffer_info *buffer,
                const struct tool_limit *limit, struct tool_bytes *out);

// Refuses, after a message, the name of a type that cannot be printed, and values: written as
// files they would only surprise. An exit code.
int values_check_output(const char *spec, const struct vyre_buffer_info *buffer);

// Whether it names a file, neither a type nor - for standard output.
bool values_are_a_file(const char *spec);

// Writes contents as `spec` says: a type or hex prints elements, one per line, which read back
// exactly; anything else is a file, - standard output. An exit code.
int values_write(const char *spec, const struct vyre_buffer_info *buffer, const void *data,
                 size_t size);

// "name: 1 2 3" by the type of the elements.
void values_print(const struct vyre_buffer_info *buffer, const void *data, size_t size);

#endif // VYRE_SPV_VALUES_H
