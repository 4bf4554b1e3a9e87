// SPDX-License-Identifier: MIT
// The megakernel protocol: what slots, control blocks, debug logs and io queues look like in
// memory, and pure functions that read and write them (docs/megakernel.md, "The protocol"). Tools
// use it to look into rings, ours and those of other implementations. vyre/ring.h runs work; this
// does not.
//
// Numbers are contracts and never change; extensions use free space only. Section numbers are those
// of the protocol's specification. Every buffer is a range of bytes, of any alignment, that holds
// 32-bit little-endian words. What is in a buffer is never trusted. Nothing here allocates.
//
// Thread-safety: Safe, on different buffers. Who publishes writes the status of a slot last, behind
// a release fence; nothing else here synchronises with anybody who uses the same memory.
// Errors: each call reports to `diag`, which may be NULL, with a code P0nn.
#ifndef VYRE_PROTOCOL_H
#define VYRE_PROTOCOL_H

#include <vyre/diag.h>

VYRE_BEGIN

// ---- Buffers (1.6, 1.8, 1.9) --------------------------------------------------------------------

enum vyre_protocol_buffer {
    VYRE_PROTOCOL_CONTROL,   // counted in observables
    VYRE_PROTOCOL_RING,      // counted in slots of 64 bytes
    VYRE_PROTOCOL_DEBUG_LOG, // counted in records of 16 bytes
    VYRE_PROTOCOL_IO_QUEUE,  // counted in slots of 32 bytes, 1 to 64
};

// Most observables, slots or records that vyre_protocol_encode_empty and vyre_control_encode write.
#define VYRE_PROTOCOL_MAX_COUNT 1048576

// Bytes of a buffer of `count` parts. VYRE_ERR_LIMIT: the protocol has no such size.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_protocol_size(enum vyre_protocol_buffer buffer,
                                                           uint32_t count, uint64_t *out);

// Whether a buffer of `size` bytes may be given to a kernel (1.9): a control block of whole words,
// at least 640 bytes; a ring of exactly `count` slots; a debug log of 1,028 bytes; an io queue of
// at most 64 whole slots, none among them. `count` is of no meaning but for a ring.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_protocol_check(enum vyre_protocol_buffer buffer,
                                                            uint32_t count, size_t size,
                                                            const struct vyre_diag_sink *diag);

// Fills `bytes`, exactly of the size that vyre_protocol_size says, as a buffer without content; a
// control block gets no tenants. VYRE_ERR_LIMIT: more than VYRE_PROTOCOL_MAX_COUNT parts.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_protocol_encode_empty(
    enum vyre_protocol_buffer buffer, uint32_t count, void *bytes, size_t size,
    const struct vyre_diag_sink *diag);

// ---- Opcodes (1.4) ------------------------------------------------------------------------------

#define VYRE_OPCODE_NOP          0u
#define VYRE_OPCODE_STORE_U32    1u
#define VYRE_OPCODE_ATOMIC_ADD   2u
#define VYRE_OPCODE_LOAD_U32     3u
#define VYRE_OPCODE_COMPARE_SWAP 4u
#define VYRE_OPCODE_MEMCPY       5u
#define VYRE_OPCODE_DFA_STEP     6u // reserved: counted, not run
#define VYRE_OPCODE_BATCH_FENCE  7u
#define VYRE_OPCODE_LOAD_MISS    0x0000FFFDu
#define VYRE_OPCODE_PRINTF       0x0000FFFEu
#define VYRE_OPCODE_PAYLOAD      0x00010000u // ours, a user opcode: the program of a vyre_ring
#define VYRE_OPCODE_PACKED_SLOT  0x80000001u
#define VYRE_OPCODE_SHUTDOWN     0xFFFFFFFFu

// What an opcode is, as bits.
enum vyre_opcode_class {
    VYRE_OPCODE_IS_SYSTEM = 1,  // reserved: 0 to 7, 0xFFF0 to 0xFFFF, and the upper half
    VYRE_OPCODE_IS_BUILTIN = 2, // LOAD_MISS is not: it enters a ring as an image (vyre_slot_write)
    VYRE_OPCODE_IS_USER = 4,    // not a system opcode
    VYRE_OPCODE_MAY_PUBLISH = 8 // built-in or user
};

VYRE_API uint32_t vyre_opcode_classify(uint32_t opcode);

// ---- The control block (1.3) --------------------------------------------------------------------

// Words of the control block.
enum {
    VYRE_CONTROL_SHUTDOWN = 0,
    VYRE_CONTROL_DONE_COUNT = 1,
    VYRE_CONTROL_TENANT_BASE = 2, // holds the word of the mask table, which is always 3
    VYRE_CONTROL_TENANT_MASKS = 3,
    VYRE_TENANT_MASKS = 29, // tenants from 29 on have no mask and are denied
    VYRE_CONTROL_TENANT_QUOTAS = 32,
    VYRE_TENANT_QUOTAS = 32,
    VYRE_CONTROL_TENANT_FAIRNESS = 64,
    VYRE_CONTROL_METRICS = 96,
    VYRE_METRICS = 32, // runs of opcodes 0 to 31
    VYRE_CONTROL_EPOCH = 128,
    VYRE_CONTROL_PRIORITY_OFFSETS = 129, // five starts and the end
    VYRE_CONTROL_STARVATION = 135,
    VYRE_CONTROL_PRIORITY_FAIRNESS = 136,
    VYRE_CONTROL_OBSERVABLE = 160, // the first; the others follow
    VYRE_CONTROL_MIN_WORDS = 160,
};

#define VYRE_TENANT_MASK_ALL      0xFFFFFFFFu
#define VYRE_TENANT_DEFAULT_QUOTA 1000000u

struct vyre_control_params {
    uint32_t observable_count;
    uint32_t tenant_count; // allowed, with the default quota; more than the tables hold fill them
    bool shutdown;
};

#define vyre_control_params(...) (&(const struct vyre_control_params){ __VA_ARGS__ })

// Fills `control`, exactly of the size for these observables. Priority offsets stay 0.
// VYRE_ERR_LIMIT: more than VYRE_PROTOCOL_MAX_COUNT observables.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_control_encode(
    const struct vyre_control_params *params, void *control, size_t size,
    const struct vyre_diag_sink *diag);

// Word `word` of a control block; observable n is VYRE_CONTROL_OBSERVABLE + n, in 64 bits.
// VYRE_ERR_INVALID_DATA: a block that is not whole words, or has no such word. *out is then 0: a
// lossy reader, as the specification has it, is one that ignores the result.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_control_read(const void *control, size_t size,
                                                          uint64_t word, uint32_t *out,
                                                          const struct vyre_diag_sink *diag);

// Sets a word. Errors as those of vyre_control_read.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_control_write(void *control, size_t size,
                                                           uint64_t word, uint32_t value,
                                                           const struct vyre_diag_sink *diag);

// How often opcodes 0 to 31 ran. VYRE_ERR_INVALID_DATA when a count is missing or the block is not
// whole words; `counts` then has those that are there, for a lossy reader, and 0 for the others.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_control_read_metrics(
    const void *control, size_t size, uint32_t counts[VYRE_METRICS],
    const struct vyre_diag_sink *diag);

// ---- Priorities (2.5) ---------------------------------------------------------------------------

enum vyre_priority {
    VYRE_PRIORITY_CRITICAL = 0,
    VYRE_PRIORITY_HIGH = 1,
    VYRE_PRIORITY_NORMAL = 2,
    VYRE_PRIORITY_LOW = 3,
    VYRE_PRIORITY_IDLE = 4,
    VYRE_PRIORITY_COUNT = 5,
};

// The default partition of `slots` slots by priority, as words 129 to 134 of a control block hold
// it: the first slot of every level, and the end.
VYRE_API void vyre_priority_offsets(uint32_t slots, uint32_t out[VYRE_PRIORITY_COUNT + 1]);

// How `width` lanes look at `slots` slots of one level.
struct vyre_priority_probe {
    uint32_t count;  // slots that the busiest lane looks at
    uint32_t active; // lanes that look at any
    uint32_t budget; // count * active, at most UINT32_MAX
};

VYRE_API void vyre_priority_probes(uint32_t slots, uint32_t width, struct vyre_priority_probe *out);

// ---- Tenants (7.1) ------------------------------------------------------------------------------

#define VYRE_TENANT_OPCODE_BASE  0x40000000u
#define VYRE_TENANT_OPCODE_COUNT 0x00100000u // opcodes of one tenant

// First opcode of a tenant's window. VYRE_ERR_LIMIT: it does not fit 32 bits.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_tenant_window(uint32_t tenant, uint32_t *out);

// Opcode `local` of a tenant. VYRE_ERR_LIMIT: the window has no such opcode, or it is a system
// opcode, as all those of tenants from 1024 on are.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_tenant_opcode(uint32_t tenant, uint32_t local,
                                                           uint32_t *out);

// ---- Slots (1.1, 1.2) ---------------------------------------------------------------------------

enum {
    VYRE_SLOT_WORDS = 16,
    VYRE_SLOT_SIZE = 64, // bytes
    VYRE_SLOT_ARGS = 12,
    // Words of a slot.
    VYRE_SLOT_STATUS = 0,
    VYRE_SLOT_OPCODE = 1,
    VYRE_SLOT_TENANT = 2,
    VYRE_SLOT_PRIORITY = 3,
    VYRE_SLOT_ARG0 = 4,
};

enum vyre_slot_status {
    VYRE_STATUS_EMPTY = 0,
    VYRE_STATUS_PUBLISHED = 1,
    VYRE_STATUS_CLAIMED = 2,
    VYRE_STATUS_DONE = 3,
    VYRE_STATUS_WAIT_IO = 4,
    VYRE_STATUS_YIELD = 5,
    VYRE_STATUS_REQUEUE = 6,
    VYRE_STATUS_FAULT = 7, // for good
};

// "PUBLISHED" and so on; NULL for values without a meaning. Lifetime: static.
VYRE_API const char *vyre_slot_status_name(uint32_t status);

struct vyre_slot {
    uint32_t status; // enum vyre_slot_status, or anything
    uint32_t opcode;
    uint32_t tenant;
    uint32_t priority; // enum vyre_priority, or anything
    uint32_t args[VYRE_SLOT_ARGS];
};

// A slot of a ring, and the other way: the image as it is, status last, whatever was there (1.11).
// VYRE_ERR_INVALID_ARGUMENT: a ring that is not whole slots, or no such slot.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_slot_read(const void *ring, size_t size,
                                                       uint32_t index, struct vyre_slot *out,
                                                       const struct vyre_diag_sink *diag);
VYRE_API VYRE_MUST_USE enum vyre_result vyre_slot_write(void *ring, size_t size, uint32_t index,
                                                        const struct vyre_slot *slot,
                                                        const struct vyre_diag_sink *diag);

enum vyre_slot_transition {
    VYRE_TRANSITION_PUBLISH, // always refused: what is published must be written before its status
    VYRE_TRANSITION_CLAIM,
    VYRE_TRANSITION_DONE,
    VYRE_TRANSITION_FAULT,
    VYRE_TRANSITION_CANCEL,
};

// Moves a slot on (1.2.1); *previous is the status that it had. VYRE_ERR_INVALID_ARGUMENT: not from
// this status, or as for vyre_slot_read; nothing was written and *previous is 0.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_slot_transition(void *ring, size_t size,
                                                             uint32_t index,
                                                             enum vyre_slot_transition transition,
                                                             uint32_t *previous,
                                                             const struct vyre_diag_sink *diag);

// ---- Publishing (1.10) --------------------------------------------------------------------------

struct vyre_slot_item {
    uint32_t opcode;
    uint32_t arg_count;   // at most VYRE_SLOT_ARGS
    const uint32_t *args; // borrowed for the call
};

// Writes `count` items of normal priority into slots `first`, `first + 1` and so on, all or none.
// Arguments that are not given are 0. VYRE_FULL: a slot is neither EMPTY nor DONE.
// VYRE_ERR_INVALID_ARGUMENT: slots that the ring does not have, a ring that is not whole slots, too
// many arguments, or an opcode that may not be published.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_slot_publish(void *ring, size_t size, uint32_t first,
                                                          uint32_t tenant,
                                                          const struct vyre_slot_item *items,
                                                          size_t count,
                                                          const struct vyre_diag_sink *diag);

// The same, followed by a BATCH_FENCE with arguments (count, tag): count + 1 slots. The fence does
// not wait for the items.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_slot_publish_batch(void *ring, size_t size,
                                                                uint32_t first, uint32_t tenant,
                                                                const struct vyre_slot_item *items,
                                                                size_t count, uint32_t tag,
                                                                const struct vyre_diag_sink *diag);

struct vyre_slot_payload {
    const uint32_t *words;
    uint32_t count; // at most VYRE_SLOT_ARGS - 2
};

// Slots that belong together (7.7): each gets the arguments (ticket, class, payload...), where the
// class is 0 for the `required_count` first payloads and 1 for those that look ahead.
struct vyre_slot_window {
    uint32_t opcode;
    uint32_t ticket;
    const struct vyre_slot_payload *payloads;
    size_t payload_count;
    size_t required_count; // at most payload_count
};

// Publishes one slot per payload, all or none. Errors as those of vyre_slot_publish.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_slot_publish_window(
    void *ring, size_t size, uint32_t first, uint32_t tenant, const struct vyre_slot_window *window,
    const struct vyre_diag_sink *diag);

// How many of the first `slots` slots are DONE. VYRE_ERR_INVALID_DATA: the ring is shorter, or not
// whole words; *out is then 0.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_slot_count_done(const void *ring, size_t size,
                                                             uint32_t slots, uint32_t *out,
                                                             const struct vyre_diag_sink *diag);

// The slot of a load-miss request (1.8), and back. VYRE_MISS: the slot holds another opcode.
VYRE_API void vyre_load_miss_encode(uint32_t resource, bool prefetch, struct vyre_slot *out);
VYRE_API VYRE_MUST_USE enum vyre_result vyre_load_miss_decode(const struct vyre_slot *slot,
                                                              uint32_t *resource, bool *prefetch);

// ---- Packed slots (1.7) -------------------------------------------------------------------------

#define VYRE_PACKED_MAX 23 // operations in one slot

struct vyre_packed_op {
    uint8_t opcode; // any
    uint8_t arg_count;
    const uint32_t *args;
};

// The arguments of a PACKED_SLOT. VYRE_ERR_LIMIT: they do not fit.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_packed_encode(const struct vyre_packed_op *ops,
                                                           size_t count,
                                                           uint32_t args[VYRE_SLOT_ARGS],
                                                           const struct vyre_diag_sink *diag);

// And back. The operations' arguments are borrowed from `args`. VYRE_ERR_INVALID_DATA: operations
// or arguments beyond the slot, or arguments that are not in order; *count is then 0.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_packed_decode(
    const uint32_t args[VYRE_SLOT_ARGS], struct vyre_packed_op ops[VYRE_PACKED_MAX], size_t *count,
    const struct vyre_diag_sink *diag);

// ---- The debug log (1.5) ------------------------------------------------------------------------

enum {
    VYRE_DEBUG_CURSOR = 0, // words of records reserved so far; keeps growing when the log is full
    VYRE_DEBUG_RECORDS = 1,
    VYRE_DEBUG_RECORD_WORDS = 4,
    VYRE_DEBUG_CAPACITY = 64, // records
    VYRE_DEBUG_WORDS = 257,
};

struct vyre_debug_record {
    uint32_t format;
    uint32_t args[2];
    uint32_t slot_word; // 16 times the slot
};

// Copies up to `capacity` records to `records`. *dropped counts those that found the log full: the
// device counts on. (A strict reader of the specification refuses such a log, a lossy one shows
// nothing of it.) VYRE_ERR_INVALID_DATA: no cursor, a cursor inside a record, or a log that is not
// whole words; both counts are then 0.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_debug_log_read(const void *log, size_t size,
                                                            struct vyre_debug_record *records,
                                                            size_t capacity, size_t *count,
                                                            uint32_t *dropped,
                                                            const struct vyre_diag_sink *diag);

// Adds a record as a device does. VYRE_FULL: it was counted and dropped. VYRE_ERR_INVALID_DATA: as
// for vyre_debug_log_read.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_debug_log_append(
    void *log, size_t size, const struct vyre_debug_record *record,
    const struct vyre_diag_sink *diag);

// ---- Cache entries of the original (5.4) --------------------------------------------------------

// A compiled pipeline in the cache of the Rust implementation is a file of the payload and its
// BLAKE3 hash. (The entries of vyre/cache.h are another format.)
#define VYRE_BLOB_HASH_SIZE   32
#define VYRE_BLOB_MAX_PAYLOAD 67108864 // bytes

// The file name of a program's entry: its fingerprint, 32 bytes, in hexadecimal, and ".bin".
VYRE_API void vyre_blob_name(const uint8_t fingerprint[32], char out[69]);

// Writes the file's bytes to `out`, payload_size + VYRE_BLOB_HASH_SIZE of them. VYRE_ERR_LIMIT: the
// payload is too large to be read again.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_blob_encode(const void *payload, size_t payload_size,
                                                         uint8_t *out,
                                                         const struct vyre_diag_sink *diag);

// The payload's size; it begins where `blob` does. VYRE_ERR_INVALID_DATA: too short, too large, or
// another hash; *payload_size is then 0.
VYRE_API VYRE_MUST_USE enum vyre_result vyre_blob_decode(const void *blob, size_t size,
                                                         size_t *payload_size,
                                                         const struct vyre_diag_sink *diag);

VYRE_END

#endif // VYRE_PROTOCOL_H
