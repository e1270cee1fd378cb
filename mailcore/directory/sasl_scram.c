/*
 * The server's side of a SCRAM exchange.
 *
 *   client-first -> SASL_NEEDS_SALT -> server-first -> client-final -> SASL_NEEDS_PROOF
 *     -> server-final -> an empty answer -> SASL_READY
 */
#include "mailcore/base/base64.h"
#include "mailcore/base/random.h"
#include "mailcore/directory/sasl_impl.h"
#include "mailcore/directory/scram.h"

#define NONCE_BYTES  18
#define MESSAGE_MAX  16384
#define BINDING_NAME "tls-exporter"

enum scram_place { AT_FIRST, AT_FINAL, AT_END };

struct scram_exchange {
	struct arena arena;
	bool plus;
	enum scram_place place;
	struct span channel; /* tls-exporter's bytes; empty: none */
	struct span binding; /* what c= must be */
	struct span nonce;   /* the client's and ours */
	struct str message;  /* AuthMessage, as far as it has come */
	struct str challenge;
	unsigned char proof[SCRAM_HASH_SIZE];
	int64_t mailbox_id;
};

struct scram_exchange *scram_begin(bool plus, struct span binding)
{
	struct scram_exchange *x = heap_zalloc(sizeof *x);

	arena_init(&x->arena, 2048);
	x->plus = plus;
	x->channel = arena_span(&x->arena, binding);
	x->message = str_in(&x->arena, MESSAGE_MAX);
	x->challenge = str_in(&x->arena, MESSAGE_MAX);
	return x;
}

void scram_done(struct scram_exchange *x)
{
	if (!x)
		return;
	arena_done(&x->arena);
	explicit_bzero(x, sizeof *x);
	heap_free(x);
}

const char *scram_challenge(struct scram_exchange *x)
{
	return str_cstr(&x->challenge);
}

static enum sasl_state challenge(struct scram_exchange *x, struct span text)
{
	str_clear(&x->challenge);
	base64_add(&x->challenge, text);
	return str_ok(&x->challenge) ? SASL_CONTINUE : SASL_MALFORMED;
}

/* RFC 5802 §6: "y" says that the client could bind and believes that we cannot. */
static bool binding_is_right(const struct scram_exchange *x, const struct scram_first *first)
{
	if (x->plus)
		return first->flag == 'p' && span_eq(first->binding, SPAN(BINDING_NAME)) &&
			x->channel.len > 0;
	return first->flag == 'n' || (first->flag == 'y' && x->channel.len == 0);
}

static enum sasl_state take_first(struct sasl *s, struct span message)
{
	struct scram_exchange *x = s->scram;
	struct scram_first first;

	if (!scram_first_parse(&x->arena, message, &first) || !sasl_name_is_valid(first.name) ||
		!binding_is_right(x, &first))
		return SASL_MALFORMED;
	if (first.authzid.len > 0 && !span_ieq(first.authzid, first.name))
		return SASL_MALFORMED;
	struct str binding = str_in(&x->arena, MESSAGE_MAX), nonce = str_in(&x->arena, MESSAGE_MAX);
	str_add(&binding, first.gs2);
	if (x->plus)
		str_add(&binding, x->channel);
	str_add(&nonce, first.nonce);
	random_add_token(&nonce, NONCE_BYTES);
	str_add(&x->message, first.bare);
	if (!str_ok(&binding) || !str_ok(&nonce) || !str_ok(&x->message))
		return SASL_MALFORMED;
	x->binding = str_span(&binding);
	x->nonce = str_span(&nonce);
	s->name = secret_of(first.name);
	return SASL_NEEDS_SALT;
}

enum sasl_state sasl_scram_salt(struct sasl *s, struct span salt, unsigned iterations)
{
	struct scram_exchange *x = s->scram;
	struct str text = str_in(&x->arena, MESSAGE_MAX);

	str_addf(&text, "r=" SPAN_FMT ",s=", SPAN_ARG(x->nonce));
	base64_add(&text, salt);
	str_addf(&text, ",i=%u", iterations);
	str_add_c(&x->message, ',');
	str_add(&x->message, str_span(&text));
	x->place = AT_FINAL;
	return challenge(x, str_span(&text));
}

static enum sasl_state take_final(struct scram_exchange *x, struct span message)
{
	struct scram_final final;

	if (!scram_final_parse(&x->arena, message, &final) || !span_eq(final.binding, x->binding) ||
		!span_eq(final.nonce, x->nonce))
		return SASL_MALFORMED;
	str_add_c(&x->message, ',');
	str_add(&x->message, final.without_proof);
	if (!str_ok(&x->message))
		return SASL_MALFORMED;
	memcpy(x->proof, final.proof.ptr, sizeof x->proof);
	return SASL_NEEDS_PROOF;
}

enum sasl_state scram_take(struct sasl *s, struct span message)
{
	switch (s->scram->place) {
	case AT_FIRST:
		return take_first(s, message);
	case AT_FINAL:
		return take_final(s->scram, message);
	case AT_END:
		return message.len == 0 ? SASL_READY : SASL_MALFORMED;
	}
	return SASL_MALFORMED;
}

bool sasl_is_scram(const struct sasl *s)
{
	return s->scram != NULL;
}

struct span sasl_scram_message(const struct sasl *s)
{
	return str_span(&s->scram->message);
}

const unsigned char *sasl_scram_proof(const struct sasl *s)
{
	return s->scram->proof;
}

enum sasl_state sasl_scram_signed(struct sasl *s, struct span signature, int64_t mailbox_id)
{
	struct scram_exchange *x = s->scram;
	struct str text = str_in(&x->arena, MESSAGE_MAX);

	str_add_cstr(&text, "v=");
	base64_add(&text, signature);
	x->mailbox_id = mailbox_id;
	x->place = AT_END;
	return challenge(x, str_span(&text));
}

int64_t sasl_mailbox_id(const struct sasl *s)
{
	return s->scram->mailbox_id;
}
