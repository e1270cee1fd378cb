/* Handlers of the pages about a domain's DNS beside the records themselves. */
#pragma once

#include "backend/http/router.h"

extern const struct field dns_setting_fields[];

handler_fn page_dns_settings, page_dns_settings_post;
