// SPDX-License-Identifier: MIT
// What the resident kernel and its host agree on beyond the protocol: bindings, launch parameters,
// and the buffers that are ours alone.
#ifndef MEGAKERNEL_PROGRAM_LAYOUT_H
#define MEGAKERNEL_PROGRAM_LAYOUT_H

#include <vyre/protocol.h>

// Storage buffers of the kernel, in declaration order and by binding number. One agent writes each,
// except that the device also keeps the STATUS words of the slots true for tools.
enum mk_buffer {
    MK_BUFFER_CONTROL,    // device to host: control words of the protocol
    MK_BUFFER_SLOTS,      // host to device: protocol slots
    MK_BUFFER_QUEUE,      // host to device: slot numbers in publish order; a power of two of words
    MK_BUFFER_WINDOWS,    // host to device: MK_WINDOW_WORDS per window, all windows of slot 0 first
    MK_BUFFER_STATE,      // device only
    MK_BUFFER_COMPLETION, // device to host: MK_COMPLETION_WORDS per entry of the queue
    MK_BUFFER_SEGMENTS,   // the payload's first segment; the others follow
};

enum mk_param {
    MK_PARAM_TAIL,  // queue position, modulo 2^32, that this epoch may not reach
    MK_PARAM_STEPS, // claims that one workgroup may make in this epoch
    MK_PARAM_BATCH, // slots per claim; larger values mean the kernel's own maximum
    MK_PARAM_COUNT
};

// Windows: where a payload buffer of a slot lies in its segment.
enum {
    MK_WINDOW_OFFSET = 0, // words
    MK_WINDOW_SIZE = 1,   // words
    MK_WINDOW_WORDS = 2,
    MK_MAX_WINDOWS = 8, // of one slot
};

// State.
enum {
    MK_STATE_HEAD = 0,    // queue position, modulo 2^32, of the next entry to claim
    MK_STATE_FAULTS = 32, // one word per workgroup: the fault of the slot that it runs
    MK_MAX_WORKGROUPS = 4096,
    MK_STATE_WORDS = MK_STATE_FAULTS + MK_MAX_WORKGROUPS,
};

// Completions, at the entry's queue position modulo the length of the queue.
enum {
    MK_COMPLETION_TICKET = 0,  // queue position + 1 modulo 2^32, written last
    MK_COMPLETION_VERDICT = 1, // low byte: enum vyre_work_status; above it: enum mk_fault
    MK_COMPLETION_WORDS = 2,
};

// Arguments of a slot with VYRE_OPCODE_PAYLOAD.
enum {
    MK_ARG_BASE = 0,  // first virtual workgroup on x
    MK_ARG_COUNT = 1, // virtual workgroups
};

// Why a slot faulted; vyre_completion.detail. Numbers are stable.
enum mk_fault {
    MK_FAULT_NONE = 0,
    MK_FAULT_TRAP = 1,   // the payload trapped
    MK_FAULT_LOOP = 2,   // a loop of the payload ran longer than the resident kernel allows
    MK_FAULT_STATUS = 3, // the slot was not PUBLISHED when it was claimed
    MK_FAULT_OPCODE = 4, // neither NOP nor PAYLOAD
    MK_FAULT_COUNT = 5,  // more virtual workgroups than one slot may carry
    MK_FAULT_WINDOW = 6, // a window reaches beyond its segment
};

#endif // MEGAKERNEL_PROGRAM_LAYOUT_H
