/*
 * What strangers may do: rates, strikes, the early-talker test, and what was noticed about a peer.
 *
 * Nothing of this applies to submission, to limits.exempt_networks or, but for the early-talker test,
 * to the machine's own loopback addresses. A strike is a mark against an address (it talked early, was
 * hung up on, guessed recipients); who has SMTP_STRIKES_SLOW of them waits for its greeting.
 */
#pragma once

#include "mailcore/net/rates.h"
#include "mailcore/smtp/session.h"

#define SMTP_GREETING_MS      20   /* strangers wait that long: time to notice who talks early */
#define SMTP_GREETING_SLOW_MS 1000 /* who has strikes */
#define SMTP_STRIKES_SLOW     3

enum smtp_rate { SMTP_CONNECTIONS, SMTP_MESSAGES, SMTP_RECIPIENTS, SMTP_STRIKES, SMTP_RATES };

/* Of one address in a minute; 0: no limit. Freed with rates_free. */
struct rates *smtp_rates_new(int64_t connections, int64_t messages, int64_t recipients);

/* Takes one; false: this peer has to wait. */
bool smtp_rate_allows(struct smtp_session *s, enum smtp_rate kind);
void smtp_strike(struct smtp_session *s);
/* How long the greeting is to be held back. */
int64_t smtp_greeting_delay(struct smtp_session *s);
/* Hands what was noticed to the transaction's source, for the score. */
void smtp_signals_collect(struct smtp_session *s);
