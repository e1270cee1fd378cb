/* The words of records, in the reader's language. */
#pragma once

#include "backend/dns/dmarc_advice.h"
#include "backend/dns/records.h"
#include "webui/view/words.h"

struct span dns_words_why(enum record_why why);
struct span dns_words_depends(enum record_depends depends);
struct span dns_words_advice(struct arena *a, enum dmarc_advice advice, int64_t wait_days);
