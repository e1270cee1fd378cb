/* Verbs of `domain` and `account` about sending: how mail leaves, and how much of it. */
#pragma once

#include "backend/cli/cli.h"

extern const struct option_row route_rows[], limit_rows[];
#define ROUTE_ROWS 3
#define LIMIT_ROWS 5

enum rc domain_route_verb(struct cli *c, const struct options *o, struct err *err);
enum rc account_route_verb(struct cli *c, const struct options *o, struct err *err);
enum rc domain_limit_verb(struct cli *c, const struct options *o, struct err *err);
enum rc account_limit_verb(struct cli *c, const struct options *o, struct err *err);
