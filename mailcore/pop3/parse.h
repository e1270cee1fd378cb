/* POP3 lines and arguments. Pure. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "mailcore/base/span.h"
#include "mailcore/net/loop.h"

/* A frame is a line with its LF, or more than `max` bytes of one. */
enum frame pop3_line_cut(struct span in, size_t max, size_t *scanned, size_t *out_len);
/* Verb and everything behind the first space, untrimmed: a password may end with spaces. False:
 * NUL, CR or LF inside. */
bool pop3_line_parse(struct span frame, struct span *out_verb, struct span *out_arg);
/* 1 .. max, in decimal. */
bool pop3_number_parse(struct span text, size_t max, size_t *out);
/* TOP's "msg n". */
bool pop3_top_parse(struct span arg, size_t max, size_t *out_number, size_t *out_lines);
/* How much of the message TOP shows: the header with its empty line, and `lines` lines. */
size_t pop3_top_len(struct span message, size_t lines);
/* A name for USER: UTF-8 without controls, 1 to 320 bytes. */
bool pop3_name_is_valid(struct span name);
