// SPDX-License-Identifier: MIT
// One cache entry as bytes, and the names of entries and of temporary files. Pure.
//
// An entry is 64 bytes of header, little-endian, and the payload:
//
//   0  magic     8 bytes, "VYRECACH"
//   8  version   u32, 1
//   12 kind      u32, enum cache_kind
//   16 key       32 bytes
//   48 size      u64, bytes of payload
//   56 checksum  u64, XXH3-64 of the payload, seeded with the XXH3-64 of bytes 0 to 55
//
// The key already names everything that the payload was made from, so the version only changes
// with this layout.
#ifndef CACHE_ENTRY_H
#define CACHE_ENTRY_H

#include "cache/store.h"

#include <sys/types.h>

enum { CACHE_HEADER_SIZE = 64 };

// Largest payload that is stored or believed: a bound on what a damaged size can make us allocate.
#define CACHE_PAYLOAD_MAX ((uint64_t)256 << 20)

// Writes the header of an entry; the payload follows it in the file.
void cache_entry_header(enum cache_kind kind, const struct cache_key *key, const void *payload,
                        size_t size, uint8_t out[CACHE_HEADER_SIZE]);

// True when `bytes` is exactly one undamaged entry of this kind and key. Its payload is then
// everything after the header.
bool cache_entry_verify(const uint8_t *bytes, size_t size, enum cache_kind kind,
                        const struct cache_key *key);

// "spirv", "pipeline", "probe"; NULL for other values. Lifetime: static.
const char *cache_kind_name(enum cache_kind kind);

// 64 hexadecimal digits, a dot, the name of the kind.
enum { CACHE_NAME_SIZE = 80 };
void cache_entry_name(enum cache_kind kind, const struct cache_key *key, char out[CACHE_NAME_SIZE]);

// The reverse; false for a name that cache_entry_name does not give.
bool cache_entry_parse_name(const char *name, enum cache_kind *kind, struct cache_key *key);

// Names of files that are being written: ".tmp-", process id, "-", a number.
void cache_temporary_name(pid_t pid, uint64_t number, char out[CACHE_NAME_SIZE]);
bool cache_temporary_parse_name(const char *name, pid_t *pid);

#endif // CACHE_ENTRY_H
