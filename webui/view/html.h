/*
 * The one HTML escaper, and the URL rules that go with it.
 *
 * Used by the template engine and by the cleaner of mail HTML; nobody else writes entities.
 */
#pragma once

#include <stdbool.h>

#include "mailcore/base/span.h"
#include "mailcore/base/str.h"

/* For element content and double-quoted attribute values. Malformed UTF-8, and control characters
 * that HTML does not allow, become U+FFFD. */
void html_add_text(struct str *out, struct span text);

/* Percent-encodes all but RFC 3986 unreserved characters and '@': one path segment or one query
 * value. The result needs no HTML escaping. */
void url_add_component(struct str *out, struct span text);

/* May this stand in href or action of our own pages? A path on this host ("/x", not "//x"), a
 * fragment, a query, https:, http: or mailto:. */
bool url_is_safe(struct span url);
