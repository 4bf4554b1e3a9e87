// SPDX-License-Identifier: MIT
// JSON output by jansson.
#ifndef VYRE_SPV_JSON_H
#define VYRE_SPV_JSON_H

#include <jansson.h>

// Prints the value and a newline on standard output, and drops it. NULL, which is what jansson
// returns when memory runs out, ends the program.
void json_print(json_t *value);

// As json_print, on one line, for JSON Lines.
void json_print_line(json_t *value);

// Base64 of bytes (RFC 4648, section 4), NUL-terminated; free it.
char *json_base64(const void *bytes, size_t size);

// Sets `key` to a text; where that is not UTF-8, `key`_b64 to its bytes in base64.
void json_set_bytes(json_t *object, const char *key, const char *text);

#endif // VYRE_SPV_JSON_H
