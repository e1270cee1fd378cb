/* Log-ins of mailboxes: one limiter, one answer for "unknown" and "wrong", in the same time. */
#include "mailcore/directory/login.h"
#include "mailcore/base/clock.h"
#include "mailcore/base/figures.h"
#include "mailcore/base/utf8.h"
#include "mailcore/directory/directory.h"
#include "mailcore/directory/directory_repo.h"
#include "mailcore/directory/limiter.h"

#define ADDRESS_MAX 320

struct directory {
	struct keys *keys;
	struct limiter *limiter;
};

struct directory *directory_new(struct keys *keys, const char *exempt_networks)
{
	struct directory *d = heap_zalloc(sizeof *d);
	d->keys = keys;
	d->limiter = limiter_new(exempt_networks);
	return d;
}

void directory_free(struct directory *d)
{
	if (!d)
		return;
	limiter_free(d->limiter);
	heap_free(d);
}

/* The limiter must not be evaded by spelling. */
static struct span canonical(struct arena *a, struct span address)
{
	char *out = arena_alloc(a, address.len);
	for (size_t i = 0; i < address.len; i++)
		out[i] = ascii_lower(address.ptr[i]);
	return span_make(out, address.len);
}

/* Nobody (mailbox_id 0) when there is no such address; asked in any case. */
static enum rc find(struct ctx *ctx, struct span address, struct entry *out)
{
	size_t at = span_rfind(address, '@');
	*out = (struct entry){ 0 };
	if (at == SPAN_NPOS)
		at = address.len;
	enum rc rc = entry_find(ctx, span_sub(address, 0, at), span_from(address, at + 1), out);
	return rc == RC_NOT_FOUND ? RC_OK : rc;
}

static unsigned service_bit(const char *service)
{
	static const struct {
		const char *name;
		enum mailbox_service bit;
	} services[] = { { "imap", SERVICE_IMAP }, { "pop3", SERVICE_POP3 },
		{ "smtp", SERVICE_SUBMISSION }, { "webmail", SERVICE_WEBMAIL } };
	for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
		if (strcmp(services[i].name, service) == 0)
			return services[i].bit;
	}
	return 0;
}

/* Webmail asks for the second factor itself; mail programs cannot, so the main password of who has
 * one does not open them. */
static enum rc verify(struct directory *d, struct ctx *ctx, int64_t mailbox_id,
	struct span password, const char *service)
{
	if (strcmp(service, "webmail") == 0)
		return keys_verify(d->keys, ctx, KEYS_MAILBOX, mailbox_id, password);
	return keys_verify_mail(d->keys, ctx, mailbox_id, password);
}

/* As the limiter and the database know it; what is no address at all is empty. */
static struct span clean(struct arena *a, struct span address)
{
	if (address.len > ADDRESS_MAX || !utf8_valid(address) ||
		span_find(address, '\0') != SPAN_NPOS)
		return SPAN("");
	return canonical(a, address);
}

static enum rc check_switches(const struct mailbox_ref *mailbox, const char *service)
{
	bool off = mailbox->no_login || (mailbox->no_services & service_bit(service));
	return off ? RC_CONFLICT : RC_OK;
}

static void count(enum rc rc, const struct entry *e)
{
	if (rc == RC_OK)
		figure_add(FIGURE_LOGIN, e->mailbox.domain_id, 1);
	if (rc == RC_DENIED)
		figure_add(FIGURE_LOGIN_FAILED, e->mailbox.domain_id, 1);
}

enum rc mailbox_login(struct directory *d, struct ctx *ctx, struct span address,
	struct span password, const char *service, const char *peer, struct mailbox_ref *out)
{
	struct entry e = { 0 };
	int64_t now = clock_mono_ms();
	address = clean(ctx->arena, address);
	if (!limiter_allows(d->limiter, address, peer, now))
		return RC_LIMIT;
	enum rc rc = find(ctx, address, &e);
	if (rc == RC_OK)
		rc = verify(d, ctx, e.mailbox.mailbox_id, password, service);
	count(rc, &e);
	if (rc == RC_DENIED)
		limiter_failed(d->limiter, address, peer, now);
	if (rc != RC_OK)
		return rc;
	rc = check_switches(&e.mailbox, service);
	if (rc == RC_OK)
		*out = e.mailbox;
	return rc;
}

enum rc mailbox_scram_salt(struct directory *d, struct ctx *ctx, struct span address,
	const char *peer, unsigned char out[static KEYS_SCRAM_SALT])
{
	struct entry e = { 0 };
	address = clean(ctx->arena, address);
	if (!limiter_allows(d->limiter, address, peer, clock_mono_ms()))
		return RC_LIMIT;
	enum rc rc = find(ctx, address, &e);
	if (rc == RC_OK)
		keys_scram_salt(d->keys, e.mailbox.mailbox_id, address, out);
	return rc;
}

enum rc mailbox_scram_verify(struct directory *d, struct ctx *ctx, struct span address,
	struct span message, const unsigned char proof[static KEYS_SCRAM_HASH], const char *peer,
	unsigned char out_signature[static KEYS_SCRAM_HASH], int64_t *out_mailbox_id)
{
	struct entry e = { 0 };
	int64_t now = clock_mono_ms();
	address = clean(ctx->arena, address);
	/* Asked again: many exchanges may have been begun at the same time. */
	if (!limiter_allows(d->limiter, address, peer, now))
		return RC_LIMIT;
	enum rc rc = find(ctx, address, &e);
	if (rc == RC_OK)
		rc = keys_scram_verify(
			d->keys, ctx, e.mailbox.mailbox_id, message, proof, out_signature);
	count(rc, &e);
	if (rc == RC_DENIED)
		limiter_failed(d->limiter, address, peer, now);
	if (rc == RC_OK)
		*out_mailbox_id = e.mailbox.mailbox_id;
	return rc;
}

enum rc mailbox_login_id(
	struct ctx *ctx, int64_t mailbox_id, const char *service, struct mailbox_ref *out)
{
	struct mailbox_ref mailbox;
	enum rc rc = mailbox_find_id(ctx, mailbox_id, &mailbox);
	if (rc == RC_OK)
		rc = check_switches(&mailbox, service);
	if (rc == RC_OK)
		*out = mailbox;
	return rc == RC_NOT_FOUND ? RC_DENIED : rc;
}

bool directory_may_try(struct directory *d, struct span login, const char *peer)
{
	return limiter_allows(d->limiter, login, peer, clock_mono_ms());
}

void directory_has_failed(struct directory *d, struct span login, const char *peer)
{
	limiter_failed(d->limiter, login, peer, clock_mono_ms());
}
