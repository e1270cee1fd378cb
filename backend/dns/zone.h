/* The wanted records as text to paste: BIND zone lines, CSV, Terraform. (JSON is the API's.) */
#pragma once

#include "backend/dns/records.h"
#include "mailcore/base/str.h"

#define ZONE_TXT_STRING_MAX 255 /* octets of one string */

enum zone_format { ZONE_BIND, ZONE_CSV, ZONE_TERRAFORM };
MUST_CHECK bool zone_format_parse(struct span text, enum zone_format *out);

/* BIND: names are absolute, long TXT values are split at 255 octets, records outside the domain
 * (PTR, a host elsewhere) stand as comments; passes named-checkzone inside a zone with SOA and NS. */
void zone_add(struct str *out, struct span domain, const struct records *records,
	enum zone_format format);

/* One TXT value as quoted strings of at most 255 octets: "..." "..." */
void zone_add_txt(struct str *out, struct span value);
