/*
 * DEFLATE over one connection (RFC 4978): raw streams in both directions, bytes in and bytes out.
 *
 * What is packed can be unpacked by the peer as soon as it comes. The packer forgets everything when there is a pause (zip_rest): a stream that ends in a flush can be continued by a
 * fresh packer, because that never refers to what was before. So a connection that waits keeps only
 * the unpacker, whose window the peer may refer to.
 *
 * Limits: about 100 KiB while bytes move, 34 KiB (the window) while nothing does. An input of a kilobyte can
 * become a megabyte, but no more than the room that zip_unpack is given at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mailcore/base/span.h"

#define ZIP_CHUNK (16 * 1024)

struct zip;
/* received: bytes that came already. */
struct zip *zip_new(struct span received);
void zip_free(struct zip *z);
/* A pause: gives memory back that is needed only while bytes move. */
void zip_rest(struct zip *z);

/* Packs the first ZIP_CHUNK of plain, flushed when that is all of it; returns how much it was. Only
 * when nothing is waiting. */
size_t zip_pack(struct zip *z, struct span plain);
/* Packed bytes that are to be written. */
struct span zip_waiting(const struct zip *z);
void zip_written(struct zip *z, size_t n);

/* Unpacks into buf; *out_n == 0: more input is needed. False: this is no DEFLATE, or its end. */
bool zip_unpack(struct zip *z, char *buf, size_t room, size_t *out_n);
/* Room for packed input, ZIP_CHUNK bytes; only when zip_unpack wants more. */
char *zip_input(struct zip *z);
void zip_received(struct zip *z, size_t n);
