/* The verbs of `mailstead dns` that change something: set. */
#pragma once

#include "backend/cli/cli.h"

enum rc dns_set(struct cli *c, const struct options *o, struct err *err);
extern const struct option_row dns_set_rows[];
#define DNS_SET_ROWS 5
