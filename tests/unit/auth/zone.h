/* A zone for tests, from lines like "a.test MX 10 mx.a.test" or "a.test TXT v=spf1 -all". */
#pragma once

#include "mailcore/net/dns_given.h"

/* Types: A AAAA CNAME MX PTR TXT; FAIL: no answer about that name; NAME: it exists, that is all. */
struct dns_given *zone_of(const char *lines);
