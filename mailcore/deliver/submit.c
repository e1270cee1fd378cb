/* Mail from our own users. */
#include "mailcore/deliver/submit.h"

#include "mailcore/mime/address.h"
#include "mailcore/mime/build.h"
#include "mailcore/mime/date.h"
#include "mailcore/mime/header.h"

static enum rc check_address(struct ctx *ctx, const struct mailbox_ref *sender,
	const struct address *address, const char *field, struct err *err)
{
	struct str text = str_in(ctx->arena, 1024);

	if (address->local.len == 0 || address->domain.len == 0)
		return err_set(err, RC_INVALID, "5.6.0", "An address in %s cannot be read.", field);
	address_add_spec(&text, address);
	if (!str_ok(&text))
		return err_set(err, RC_INVALID, "5.6.0", "An address in %s is too long.", field);
	enum rc rc = mailbox_may_send_as(ctx, sender, str_span(&text));
	if (rc == RC_DENIED || rc == RC_NOT_FOUND || rc == RC_INVALID)
		return err_set(err, RC_DENIED, "5.7.1",
			"The address in %s does not belong to your mailbox.", field);
	return rc;
}

static enum rc check_list(struct ctx *ctx, const struct mailbox_ref *sender,
	const struct address_list *list, const char *field, struct err *err)
{
	size_t authors = 0;

	for (size_t i = 0; i < list->len; i++) {
		if (list->items[i].kind != ADDRESS_MAILBOX)
			continue;
		if (++authors > SUBMIT_AUTHORS_MAX)
			return err_set(err, RC_DENIED, "5.7.1", "There are too many authors.");
		enum rc rc = check_address(ctx, sender, &list->items[i], field, err);
		if (rc != RC_OK)
			return rc;
	}
	if (authors == 0)
		return err_set(err, RC_INVALID, "5.6.0", "There is no address in %s.", field);
	return RC_OK;
}

static enum rc check_fields(struct ctx *ctx, const struct mailbox_ref *sender, struct span head,
	const char *name, size_t *out_count, struct err *err)
{
	struct cur c = cur_of(head);
	struct header_field field;

	*out_count = 0;
	while (header_next_named(&c, span_of(name), &field)) {
		struct address_list list;
		if (++*out_count > SUBMIT_AUTHORS_MAX)
			return err_set(err, RC_DENIED, "5.7.1", "There are too many authors.");
		address_list_parse(ctx->arena, field.value, &list);
		enum rc rc = check_list(ctx, sender, &list, name, err);
		if (rc != RC_OK)
			return rc;
	}
	return RC_OK;
}

enum rc submit_check(
	struct ctx *ctx, const struct mailbox_ref *sender, struct span head, struct err *err)
{
	static const char *const names[] = { "From", "Sender", "Resent-From", "Resent-Sender" };

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		size_t count;
		enum rc rc = check_fields(ctx, sender, head, names[i], &count, err);
		if (rc != RC_OK)
			return rc;
		if (i == 0 && count == 0)
			return err_set(
				err, RC_INVALID, "5.6.0", "The message has no From header field.");
	}
	return RC_OK;
}

void submit_add_missing(
	struct arena *a, struct str *out, struct span head, const char *hostname, int64_t now_s)
{
	struct header_field field;
	struct span host = span_of(hostname);

	if (!header_find(head, SPAN("Date"), &field)) {
		str_add_cstr(out, "Date: ");
		date_add(out, now_s, 0);
		str_add_cstr(out, "\r\n");
	}
	if (!header_find(head, SPAN("Message-ID"), &field))
		str_addf(out, "Message-ID: <" SPAN_FMT ">\r\n", SPAN_ARG(message_id_make(a, host)));
}
