// SPDX-License-Identifier: MIT
// Parts of replay logs, for who does not have the whole image in memory. See <vyre/replay.h>.
#ifndef MEGAKERNEL_PROTOCOL_REPLAY_H
#define MEGAKERNEL_PROTOCOL_REPLAY_H

#include <vyre/replay.h>

enum {
    MK_REPLAY_CURSOR_OFFSET = 24, // bytes from the start of the file
    MK_REPLAY_CURSOR_SIZE = 8,
};

// The header of an empty log; `capacity` is one that vyre_replay_size takes. It is read by
// vyre_replay_image_header.
void mk_replay_encode_header(uint32_t capacity, uint8_t out[VYRE_REPLAY_HEADER_SIZE]);
void mk_replay_encode_cursor(uint32_t cursor, uint8_t out[MK_REPLAY_CURSOR_SIZE]);

void mk_replay_encode_record(const struct vyre_replay_record *record,
                             uint8_t out[VYRE_REPLAY_RECORD_SIZE]);

// VYRE_MISS: never written. VYRE_ERR_INVALID_DATA: no record; `index` is for the message.
enum vyre_result mk_replay_decode_record(const uint8_t bytes[VYRE_REPLAY_RECORD_SIZE],
                                         uint32_t index, struct vyre_replay_record *out,
                                         const struct vyre_diag_sink *diag);

// Bytes before record `index`.
uint64_t mk_replay_offset(uint32_t index);

#endif // MEGAKERNEL_PROTOCOL_REPLAY_H
