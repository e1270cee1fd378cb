/*
 * Whose message is it? The one domain that DMARC judges, which is the one that people see: the
 * parser of addresses is the same that shows them.
 */
#include "mailcore/auth/dmarc.h"

#include "mailcore/auth/domain_name.h"
#include "mailcore/mime/address.h"
#include "mailcore/mime/header.h"

/* What people are shown as a host name is one. */
static bool is_host(struct span name)
{
	for (size_t i = 0; i < name.len; i++) {
		char c = name.ptr[i];
		if (!ascii_is_alpha(c) && !ascii_is_digit(c) && c != '-' && c != '_' && c != '.')
			return false;
	}
	return true;
}

static bool same_domain(struct arena *a, struct span text, struct span *domain)
{
	struct span name;

	if (!domain_name_ascii(a, text, &name) || !is_host(name))
		return false;
	if (!domain->ptr)
		*domain = name;
	return span_eq(*domain, name);
}

enum rc dmarc_author_domain(struct arena *a, struct span head, struct span *out)
{
	struct header_field from;
	struct address_list list;
	struct span domain = SPAN_NONE;

	if (header_count(head, SPAN("From")) != 1 || !header_find(head, SPAN("From"), &from))
		return RC_INVALID;
	address_list_parse(a, from.value, &list);
	if (list.cut)
		return RC_INVALID;
	for (size_t i = 0; i < list.len; i++) {
		const struct address *address = &list.items[i];
		if (address->kind == ADDRESS_MAILBOX && !same_domain(a, address->domain, &domain))
			return RC_INVALID;
	}
	if (!domain.ptr)
		return RC_INVALID;
	*out = domain;
	return RC_OK;
}
