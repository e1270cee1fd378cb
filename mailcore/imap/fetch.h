/*
 * A FETCH while it runs: what is asked for, and the place when the output was full. cmd_fetch.c
 * finds the data, fetch_write.c writes messages.
 */
#pragma once

#include "mailcore/imap/message_part.h"
#include "mailcore/imap/session.h"
#include "mailcore/imap/vanished.h"

enum bytes_need { BYTES_NONE, BYTES_HEAD, BYTES_ALL };

struct fetch {
	struct fetch_items items;
	struct fetch_modifiers modifiers;
	struct index_runs runs;
	unsigned meta; /* enum meta_want */
	enum bytes_need bytes;
	bool sets_seen;
	bool add_flags; /* the implicit \Seen is told */

	struct uidset vanished;
	size_t vanished_at;

	/* the place */
	size_t run, at;
	size_t item;   /* of the message at the place; > 0 or offset > 0: begun */
	size_t offset; /* in that item's literal */
	bool begun;

	bool some_gone, undecodable;
	size_t written, unreadable; /* messages */
};

/* One message of the batch. */
struct fetch_message {
	size_t index; /* its number - 1 */
	struct view_row row;
	const struct message_row *meta; /* NULL: not needed */
	struct open_message open;
	bool newly_seen;
};

/* The answer for one message, from the place on. False: the output is full, the place is set. */
bool fetch_write_message(struct imap *s, struct fetch *f, struct fetch_message *m);
