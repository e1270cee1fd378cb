/* Addresses to recipients and mailboxes: the rules on top of what the database says. */
#include "mailcore/directory/resolve.h"

#include <idn2.h>

#include "mailcore/base/utf8.h"
#include "mailcore/directory/directory_repo.h"

#define LOCAL_MAX  64
#define DOMAIN_MAX 253

static struct span lower(struct arena *a, struct span s)
{
	char *out = arena_alloc(a, s.len);
	for (size_t i = 0; i < s.len; i++)
		out[i] = ascii_lower(s.ptr[i]);
	return span_make(out, s.len);
}

struct span domain_to_ascii(struct arena *a, struct span domain)
{
	char *ascii = NULL;

	if (utf8_is_ascii(domain))
		return lower(a, domain);
	if (idn2_to_ascii_8z(arena_cstr(a, domain), &ascii,
		    IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT) != IDN2_OK)
		return domain;
	struct span key = arena_span(a, span_of(ascii));
	idn2_free(ascii);
	return key;
}

/* What the database can hold as text. */
static bool is_sane(struct span local, struct span domain)
{
	return local.len > 0 && local.len <= LOCAL_MAX && domain.len <= DOMAIN_MAX &&
		utf8_valid(local) && utf8_valid(domain) && span_find(local, '\0') == SPAN_NPOS &&
		span_find(domain, '\0') == SPAN_NPOS;
}

static bool split(struct span address, struct span *local, struct span *domain)
{
	size_t at = span_rfind(address, '@');
	if (at == SPAN_NPOS)
		return false;
	*local = span_sub(address, 0, at);
	*domain = span_from(address, at + 1);
	return domain->len > 0 && is_sane(*local, *domain);
}

/* Why a mailbox cannot take a message of that size now; RC_OK when it can. */
static enum rc mailbox_refuses(const struct entry *e, uint64_t size, struct err *err)
{
	uint64_t quota = (uint64_t)e->mailbox.quota_bytes, used = (uint64_t)e->used_bytes;

	if (e->mailbox.no_receive)
		return err_set(err, RC_CONFLICT, "", "This mailbox does not receive mail.");
	if (quota == 0)
		return RC_OK;
	if (size > quota)
		return err_set(err, RC_LIMIT, "5.2.2",
			"The message is larger than this mailbox may ever be.");
	if (used >= quota || size > quota - used)
		return err_set(err, RC_LIMIT, "4.2.2", "This mailbox is full.");
	return RC_OK;
}

static void add_recipient(struct recipients *list, const struct entry *e, struct span original)
{
	struct recipient *r = &list->items[list->len++];
	*r = (struct recipient){ .original = original, .detail = e->detail };
	if (e->kind == ENTRY_REMOTE) {
		r->kind = RECIPIENT_REMOTE;
		r->address = e->address;
	} else {
		r->kind = RECIPIENT_MAILBOX;
		r->mailbox = e->mailbox;
	}
}

/* Of an alias' mailboxes those that can take mail; when none can, the reason of the last. */
static enum rc choose(struct ctx *ctx, const struct entry *entries, size_t n, uint64_t size,
	struct span original, struct recipients *out, struct err *err)
{
	enum rc refused = RC_NOT_FOUND;
	struct recipients list = { .items = arena_array(ctx->arena, n, sizeof *list.items) };
	for (size_t i = 0; i < n; i++) {
		enum rc rc = RC_OK;
		if (entries[i].kind == ENTRY_MAILBOX)
			rc = mailbox_refuses(&entries[i], size, err);
		if (entries[i].kind == ENTRY_NOBODY)
			rc = err_set(err, RC_NOT_FOUND, "", "There is no such user here.");
		if (rc == RC_OK)
			add_recipient(&list, &entries[i], original);
		else
			refused = rc;
	}
	if (list.len == 0)
		return refused;
	*out = list;
	return RC_OK;
}

struct span address_join(struct arena *a, struct span localpart, struct span domain)
{
	if (domain.len == 0)
		return localpart;
	return arena_printf(a, SPAN_FMT "@" SPAN_FMT, SPAN_ARG(localpart), SPAN_ARG(domain));
}

static int64_t room_in(const struct entry *entries, size_t n, const struct recipients *chosen)
{
	int64_t room = chosen->len == n ? INT64_MAX : 0;
	for (size_t i = 0; i < n; i++) {
		const struct entry *e = &entries[i];
		int64_t left =
			e->mailbox.quota_bytes ? e->mailbox.quota_bytes - e->used_bytes : INT64_MAX;
		if (e->kind != ENTRY_MAILBOX)
			left = 0;
		if (left < room)
			room = left;
	}
	return room;
}

enum rc recipient_resolve_room(struct ctx *ctx, struct span localpart, struct span domain,
	uint64_t size, struct recipients *out, int64_t *out_room, struct err *err)
{
	struct entry *entries = NULL;
	size_t n = 0;
	if (!is_sane(localpart, domain))
		return err_set(err, RC_NOT_FOUND, "", "There is no such user here.");
	enum rc rc =
		entry_resolve(ctx, localpart, domain_to_ascii(ctx->arena, domain), &entries, &n);
	if (rc != RC_OK)
		return rc;
	if (n == 0)
		return err_set(err, RC_DENIED, "", "This domain is not served here.");
	struct span original = address_join(ctx->arena, localpart, domain);
	rc = choose(ctx, entries, n, size, original, out, err);
	if (rc == RC_OK)
		*out_room = room_in(entries, n, out);
	return rc;
}

enum rc recipient_resolve(struct ctx *ctx, struct span localpart, struct span domain,
	struct recipients *out, struct err *err)
{
	return recipient_resolve_sized(ctx, localpart, domain, 0, out, err);
}

enum rc recipient_resolve_sized(struct ctx *ctx, struct span localpart, struct span domain,
	uint64_t size, struct recipients *out, struct err *err)
{
	int64_t room;
	return recipient_resolve_room(ctx, localpart, domain, size, out, &room, err);
}

enum rc domain_owner(struct ctx *ctx, struct span domain, struct domain_ref *out)
{
	if (domain.len == 0 || !is_sane(SPAN("x"), domain))
		return RC_NOT_FOUND;
	return entry_domain(ctx, domain_to_ascii(ctx->arena, domain), out);
}

enum rc domain_is_local(struct ctx *ctx, struct span domain)
{
	struct domain_ref ref;
	return domain_owner(ctx, domain, &ref);
}

enum rc mailbox_find(struct ctx *ctx, struct span address, struct mailbox_ref *out)
{
	struct span local, domain;
	struct entry e;
	if (!split(address, &local, &domain))
		return RC_NOT_FOUND;
	enum rc rc = entry_find(ctx, local, domain_to_ascii(ctx->arena, domain), &e);
	if (rc == RC_OK)
		*out = e.mailbox;
	return rc;
}

enum rc mailbox_find_id(struct ctx *ctx, int64_t mailbox_id, struct mailbox_ref *out)
{
	struct entry e;
	enum rc rc = entry_find_id(ctx, mailbox_id, &e);
	if (rc == RC_OK)
		*out = e.mailbox;
	return rc;
}

/* Its own address with any detail; everything else is the database's to say. */
static bool is_own(const struct mailbox_ref *mailbox, struct span local, struct span domain)
{
	size_t at = span_rfind(mailbox->address, '@');
	struct span own = span_sub(mailbox->address, 0, at);
	size_t plus = span_find(local, '+');
	struct span base = plus == SPAN_NPOS || plus == 0 ? local : span_sub(local, 0, plus);
	return span_ieq(span_from(mailbox->address, at + 1), domain) &&
		(span_ieq(own, local) || span_ieq(own, base));
}

enum rc mailbox_may_send_as(struct ctx *ctx, const struct mailbox_ref *mailbox, struct span address)
{
	struct span local, domain;
	bool may = false;
	if (!split(address, &local, &domain))
		return RC_DENIED;
	if (is_own(mailbox, local, domain))
		return RC_OK;
	enum rc rc = entry_may_send(
		ctx, mailbox->mailbox_id, local, domain_to_ascii(ctx->arena, domain), &may);
	if (rc != RC_OK)
		return rc;
	return may ? RC_OK : RC_DENIED;
}

enum rc recipient_may_post(struct ctx *ctx, struct span localpart, struct span domain,
	struct span sender, struct err *err)
{
	bool may = false;
	if (!is_sane(localpart, domain) || !utf8_valid(sender) ||
		span_find(sender, '\0') != SPAN_NPOS)
		return RC_OK; /* no such address: nothing that could be closed */
	enum rc rc =
		entry_may_post(ctx, localpart, domain_to_ascii(ctx->arena, domain), sender, &may);
	if (rc == RC_OK && !may)
		return err_set(err, RC_DENIED, "", "Only members may write to this group.");
	return rc;
}
