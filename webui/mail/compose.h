/*
 * What a new message starts from: a reply's or forward's recipients, subject and quoted text.
 * Pure: no storage, no HTML.
 */
#pragma once

#include "mailcore/base/arena.h"
#include "mailcore/base/span.h"

enum compose_mode {
	COMPOSE_NEW,
	COMPOSE_REPLY,
	COMPOSE_REPLY_ALL,
	COMPOSE_FORWARD,
	COMPOSE_EDIT, /* a draft: its own text goes on */
};

struct draft {
	struct span to, cc, subject, text;
};

/* message: the one that is answered; me: the writer's address, never among the recipients. */
void compose_start(struct arena *a, enum compose_mode mode, struct span message, struct span me,
	struct draft *out);

#define COMPOSE_REFERENCES_MAX 20
/* In-Reply-To and References of an answer to `message`, without brackets; returns how many. */
size_t compose_references(struct arena *a, struct span message,
	struct span out[COMPOSE_REFERENCES_MAX], struct span *out_reply_to);
/* In-Reply-To and References of a draft, as they stand in it. */
size_t compose_references_kept(struct arena *a, struct span draft,
	struct span out[COMPOSE_REFERENCES_MAX], struct span *out_reply_to);
