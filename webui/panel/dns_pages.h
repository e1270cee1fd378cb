/* Handlers of the pages about a domain's DNS beside the records themselves. */
#pragma once

#include "backend/dns/records.h"
#include "backend/http/router.h"
#include "webui/view/page.h"

extern const struct field dns_setting_fields[], link_fields[];

handler_fn page_dns_settings, page_dns_settings_post;
handler_fn page_mailbox_setup_post, page_own_setup_post;
handler_fn page_dns_links, page_dns_links_post, page_dns_link_revoke_post, page_handoff;

/* data.groups, summary, hue, checked: for panel/dns_records. page_dns.c */
void dns_page_records(struct page *p, const struct records *records, int64_t checked_at_us);
