// SPDX-License-Identifier: MIT
// The megakernel protocol: where things are in a slot and in the control buffer, and what the
// numbers mean (spec: protocol.md, section 1). Tools that read the rings of other implementations
// rely on every value here; extensions use free space only.
#ifndef MEGAKERNEL_PROTOCOL_LAYOUT_H
#define MEGAKERNEL_PROTOCOL_LAYOUT_H

#include <stdint.h>

// ---- Slots (1.1, 1.2) ---------------------------------------------------------------------------

// A slot is 16 words of 32 bits, little-endian.
enum {
    MK_SLOT_WORDS = 16,
    MK_SLOT_STATUS = 0, // written last by whoever publishes
    MK_SLOT_OPCODE = 1,
    MK_SLOT_TENANT = 2,
    MK_SLOT_PRIORITY = 3,
    MK_SLOT_ARG0 = 4,
    MK_SLOT_ARGS = 12,
};

enum mk_status {
    MK_STATUS_EMPTY = 0,
    MK_STATUS_PUBLISHED = 1,
    MK_STATUS_CLAIMED = 2,
    MK_STATUS_DONE = 3,
    MK_STATUS_WAIT_IO = 4,
    MK_STATUS_YIELD = 5,
    MK_STATUS_REQUEUE = 6,
    MK_STATUS_FAULT = 7,
};

enum mk_priority {
    MK_PRIORITY_CRITICAL = 0,
    MK_PRIORITY_HIGH = 1,
    MK_PRIORITY_NORMAL = 2,
    MK_PRIORITY_LOW = 3,
    MK_PRIORITY_IDLE = 4,
    MK_PRIORITY_COUNT = 5,
};

// ---- Control words (1.3) ------------------------------------------------------------------------

enum {
    MK_CONTROL_SHUTDOWN = 0,
    MK_CONTROL_DONE_COUNT = 1,
    MK_CONTROL_TENANT_BASE = 2, // holds the index of the mask table, which is always 3
    MK_CONTROL_TENANT_MASKS = 3,
    MK_TENANT_MASKS = 29, // tenants from 29 on have no mask and are denied
    MK_CONTROL_TENANT_QUOTAS = 32,
    MK_TENANT_QUOTAS = 32,
    MK_CONTROL_TENANT_FAIRNESS = 64,
    MK_CONTROL_METRICS = 96,
    MK_METRICS = 32, // opcodes 0 to 31
    MK_CONTROL_EPOCH = 128,
    MK_CONTROL_PRIORITY_OFFSETS = 129, // five starts and the end
    MK_CONTROL_STARVATION = 135,
    MK_CONTROL_PRIORITY_FAIRNESS = 136,
    MK_CONTROL_OBSERVABLE = 160,
    MK_CONTROL_MIN_WORDS = 160,
};

#define MK_TENANT_MASK_ALL      0xFFFFFFFFu
#define MK_TENANT_DEFAULT_QUOTA 1000000u

// ---- Opcodes (1.4) ------------------------------------------------------------------------------

#define MK_OPCODE_NOP          0u
#define MK_OPCODE_STORE_U32    1u
#define MK_OPCODE_ATOMIC_ADD   2u
#define MK_OPCODE_LOAD_U32     3u
#define MK_OPCODE_COMPARE_SWAP 4u
#define MK_OPCODE_MEMCPY       5u
#define MK_OPCODE_DFA_STEP     6u
#define MK_OPCODE_BATCH_FENCE  7u
#define MK_OPCODE_LOAD_MISS    0x0000FFFDu
#define MK_OPCODE_PRINTF       0x0000FFFEu
#define MK_OPCODE_PACKED_SLOT  0x80000001u
#define MK_OPCODE_SHUTDOWN     0xFFFFFFFFu

// Ours, in the user range: run the payload program that the resident kernel was built with.
#define MK_OPCODE_PAYLOAD 0x00010000u

// Opcode windows of tenants (7.1): window `t` starts at BASE + t * SIZE.
#define MK_TENANT_OPCODE_BASE 0x40000000u
#define MK_TENANT_OPCODE_SIZE 0x00100000u

// ---- Debug log (1.5) ----------------------------------------------------------------------------

enum {
    MK_DEBUG_CURSOR = 0, // words of records reserved so far; keeps growing when the log is full
    MK_DEBUG_RECORDS = 1,
    MK_DEBUG_RECORD_WORDS = 4,
    MK_DEBUG_CAPACITY = 64,
    MK_DEBUG_WORDS = 257,
};

#endif // MEGAKERNEL_PROTOCOL_LAYOUT_H
