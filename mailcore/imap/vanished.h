/*
 * What became of messages that a client remembers (RFC 7162 §3.2): their UIDs, from the change log
 * as far as it reaches back, else by comparing with what is there. Written in lines and portions,
 * because a folder with a million gaps has a long answer.
 */
#pragma once

#include "mailcore/imap/session.h"
#include "mailcore/imap/syntax/select_params.h"
#include "mailcore/store/uidset.h"

/* Expunged since r->modseq, of r->known or all; the folder is the selected one. Memory: a. */
MUST_CHECK enum rc vanished_find(struct imap *s, struct ctx *ctx, struct arena *a,
	const struct resync *r, struct uidset *out);
/* "* VANISHED (EARLIER) ..." from *at on. False: the output is full, *at is the place. */
bool vanished_write(struct imap *s, const struct uidset *set, size_t *at);
/* "* VANISHED ...": expunged now. */
void vanished_announce(struct imap *s, const struct uidset *set);
