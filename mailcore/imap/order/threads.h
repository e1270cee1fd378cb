/*
 * Conversations: the two algorithms of RFC 5256 §3 over messages in memory. Pure.
 *
 * n log n in the messages; a chain of more than THREAD_CHAIN_MAX answers begins a thread of its
 * own, and of THREAD_NODES_MAX ids that are only referred to the rest is passed over. Nothing here
 * recurses. Memory is the arena's.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

#define THREAD_REFS_MAX  100
#define THREAD_CHAIN_MAX 1000
#define THREAD_NODES_MAX 2000000

struct thread_message {
	uint32_t name;           /* number or UID, for the answer */
	int64_t date;            /* Unix seconds */
	struct span subject;     /* base subject's collation key */
	bool is_reply;           /* the subject said so */
	struct span message_id;  /* empty: none */
	const struct span *refs; /* oldest first */
	size_t n_refs;
};

struct thread_node {
	const struct thread_message *message; /* NULL: not among those found */
	struct thread_node *parent, *child, *next;
	size_t n_children;
};

/* Messages in ascending order; the first of the top-level threads, or NULL. */
struct thread_node *threads_by_references(
	struct arena *a, const struct thread_message *messages, size_t n);
struct thread_node *threads_by_subject(
	struct arena *a, const struct thread_message *messages, size_t n);

/* Writes (1)(2 3 (4)(5 6)) from *at on, about max nodes of it; *at becomes NULL at the end. */
void threads_write(struct str *out, struct thread_node **at, size_t max);
