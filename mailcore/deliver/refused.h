/*
 * Refused recipients on their way to the trace: noted while the session goes on, written by a
 * worker behind its back. Best effort: a flood, a stop or an absent database loses some; nobody
 * waits for it.
 *
 * Limits: REFUSED_MAX of one transaction, REFUSED_POSTS_MAX transactions waiting to be written.
 */
#pragma once

#include "mailcore/net/loop.h"
#include "mailcore/store/store.h"

#define REFUSED_MAX       20
#define REFUSED_POSTS_MAX 64

struct refused; /* those of one transaction */

/* *list is NULL at first. Copies. */
void refused_note(struct refused **list, const struct refusal *what);
/* Hands them over; *list is NULL afterwards. Nothing to do for NULL. */
void refused_post(struct refused **list, struct loop *l);
