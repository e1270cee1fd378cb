/*
 * What speaks for and against a message: signals with weights in tenths of a point, and their sum.
 * Pure. The table of weights is in score.c; every signal goes into the trace with its evidence.
 *
 * A signal that DNS could not decide weighs nothing. No single signal of ours reaches the
 * usual limit of 5 points (but several authors), so that one oddity never makes a message junk.
 */
#pragma once

#include "mailcore/auth/verify.h"
#include "mailcore/deliver/intake.h"

#define SIGNALS_MAX   48
#define SCORE_JUNK    50   /* tenths: the usual limit */
#define SIGNAL_TENTHS 1000 /* no weight is larger */

struct signals {
	struct intake_signal items[SIGNALS_MAX];
	size_t len;
	int tenths; /* the sum */
};

/* More than SIGNALS_MAX are dropped. text must live as long as the signals. */
void signal_add(struct signals *s, const char *name, int tenths, struct span text);
/* What the methods found about the sender. Memory for the evidence: a. */
void score_auth(struct arena *a, const struct auth_query *query, const struct auth_verdicts *v,
	struct signals *out);
/* What every program that writes mail would have put into the header. */
void score_head(struct arena *a, struct span head, struct signals *out);

/* "2.5", "-3": a weight in tenths, within SIGNAL_TENTHS. */
MUST_CHECK bool tenths_parse(struct span text, int *out);
void tenths_add(struct str *out, int tenths);
