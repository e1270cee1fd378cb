/* What strangers may do. */
#include "mailcore/smtp/abuse.h"

#include "mailcore/base/clock.h"
#include "mailcore/deliver/received.h"

#define MINUTE_MS  60000
#define STRIKES    30
#define STRIKES_MS MINUTE_MS /* until one is forgotten */

static struct rate_rule a_minute(int64_t limit)
{
	return (struct rate_rule){ limit, limit > 0 && limit < MINUTE_MS ? MINUTE_MS / limit : 1 };
}

struct rates *smtp_rates_new(int64_t connections, int64_t messages, int64_t recipients)
{
	const struct rate_rule rules[SMTP_RATES] = {
		[SMTP_CONNECTIONS] = a_minute(connections),
		[SMTP_MESSAGES] = a_minute(messages),
		[SMTP_RECIPIENTS] = a_minute(recipients),
		[SMTP_STRIKES] = { STRIKES, STRIKES_MS },
	};
	return rates_new(rules, SMTP_RATES);
}

static bool is_limited(const struct smtp_session *s)
{
	return s->options->rates && !s->options->submission && !conn_is_exempt(s->conn) &&
		!addr_is_loopback(conn_peer(s->conn));
}

bool smtp_rate_allows(struct smtp_session *s, enum smtp_rate kind)
{
	return !is_limited(s) ||
		rates_take(s->options->rates, kind, conn_peer(s->conn), clock_mono_ms());
}

void smtp_strike(struct smtp_session *s)
{
	(void)smtp_rate_allows(s, SMTP_STRIKES); /* more than all of them makes no difference */
}

static int64_t strikes(struct smtp_session *s)
{
	if (!is_limited(s))
		return 0;
	return rates_used(s->options->rates, SMTP_STRIKES, conn_peer(s->conn), clock_mono_ms());
}

int64_t smtp_greeting_delay(struct smtp_session *s)
{
	if (conn_is_exempt(s->conn) || conn_is_tls(s->conn))
		return 0;
	return strikes(s) >= SMTP_STRIKES_SLOW ? SMTP_GREETING_SLOW_MS : SMTP_GREETING_MS;
}

/* --- signals ---------------------------------------------------------------------------------- */

static void add(struct smtp_session *s, struct intake_signal *list, const char *name, int tenths,
	struct span text)
{
	struct intake_source *source = &s->tx.source;

	if (source->n_signals < INTAKE_SIGNALS_MAX)
		list[source->n_signals++] = (struct intake_signal){ name, tenths, text };
}

static void judge_helo(struct smtp_session *s, struct intake_signal *list)
{
	struct span helo = span_make(s->helo, s->helo_len);
	struct addr literal;

	if (addr_parse_literal(helo, &literal)) {
		if (!addr_eq(&literal, conn_peer(s->conn)))
			add(s, list, "helo.other_address", 20,
				arena_printf(&s->tx_arena,
					"It greeted with " SPAN_FMT
					", which is not the address it comes from.",
					SPAN_ARG(helo)));
	} else if (span_ieq(helo, span_of(s->options->hostname))) {
		add(s, list, "helo.our_name", 30, SPAN("It greeted with our own name."));
	} else if (!helo_is_name(helo) || span_find(helo, '.') == SPAN_NPOS) {
		add(s, list, "helo.not_a_name", 10,
			SPAN("It greeted with something that is not a full host name."));
	}
}

static int at_most(unsigned n, int max)
{
	return n < (unsigned)max ? (int)n : max;
}

void smtp_signals_collect(struct smtp_session *s)
{
	struct intake_signal *list = arena_array(&s->tx_arena, INTAKE_SIGNALS_MAX, sizeof *list);
	int64_t marks = strikes(s);

	if (s->logged_in || s->options->submission)
		return;
	s->tx.source.signals = list;
	s->tx.source.n_signals = 0;
	judge_helo(s, list);
	if (s->unknown_recipients > 0)
		add(s, list, "smtp.unknown_recipients", at_most(5 * s->unknown_recipients, 20),
			arena_printf(&s->tx_arena,
				"It also asked for %u addresses that do not exist.",
				s->unknown_recipients));
	if (s->errors > 2)
		add(s, list, "smtp.errors", 10,
			arena_printf(&s->tx_arena, "%u of its commands were wrong.", s->errors));
	if (marks >= SMTP_STRIKES_SLOW)
		add(s, list, "smtp.strikes", 15,
			arena_printf(&s->tx_arena,
				"Its address has misbehaved %lld times in the last minutes.",
				(long long)marks));
}
