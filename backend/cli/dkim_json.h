/* DKIM and ARC as JSON: parts of `check auth`, operations of `check lines`. */
#pragma once

#include "backend/cli/check_lines.h"
#include "mailcore/auth/arc.h"
#include "mailcore/auth/dkim.h"

/* [{"domain","selector","algorithm","result","reason"}], top to bottom. */
struct cJSON *dkim_json(struct arena *a, const struct dkim_results *results);
/* {"result","sets","reason"} */
struct cJSON *arc_json(struct arena *a, const struct arc_result *arc);

struct cJSON *op_dkim(const struct check *c);
struct cJSON *op_arc(const struct check *c);
