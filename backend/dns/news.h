/* What an owner is told by mail of changes in a domain's DNS: pure. */
#pragma once

#include "backend/accounts/dns_state_repo.h"
#include "backend/dns/records.h"

/* False: none of the changes is worth a mail. They are when something needed that was right is not any
 * more, when the name servers are others, or when now all is right. open: something is still to do. */
bool news_make(struct arena *a, struct span domain, const struct records *records,
	const struct dns_changes *changes, bool open, struct span *out_subject,
	struct span *out_text);

/* A status by name; anything else is RECORD_UNKNOWN. */
enum record_status record_status_parse(struct span name);
