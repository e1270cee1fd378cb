/*
 * The "dns" of a `check lines` request: a zone of answers given in advance.
 *
 *   {"a.example": [["TXT","v=spf1 -all"], ["A","192.0.2.1"], ["MX",10,"mx.a.example"], ["TIMEOUT"]]}
 *
 * Types: A AAAA CNAME MX NS PTR TXT; the text of TXT may be a list of strings, which are joined;
 * further types count as data that is never asked for. ["TIMEOUT"] and ["SERVFAIL"]: no answer
 * for types that the name has no data of; ["A","TIMEOUT"]: for this type. As in the test suite of
 * RFC 7208, the text of ["SPF",...] stands for TXT where a name has no TXT; ["TXT","NONE"] says
 * that there is none.
 */
#pragma once

#include "mailcore/net/dns_given.h"

struct cJSON;

/* NULL: it is malformed, *out_problem says what. NULL for json: an empty zone. */
struct dns_given *dns_given_from_json(const struct cJSON *json, const char **out_problem);
