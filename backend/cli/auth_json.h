/* Mail authentication as JSON: `check spf`, `check auth` and operations of `check lines`. */
#pragma once

#include "backend/cli/check_lines.h"
#include "mailcore/auth/dmarc.h"
#include "mailcore/auth/spf.h"

struct cJSON *spf_json(struct arena *a, const struct spf_result *spf);
struct cJSON *dmarc_json(struct arena *a, const struct dmarc_result *dmarc);

struct cJSON *op_dmarc(const struct check *c);
struct cJSON *op_spf(const struct check *c);
