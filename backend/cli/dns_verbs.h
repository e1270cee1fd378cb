/* The verbs of `mailstead dns` that change something: set, link, unlink. */
#pragma once

#include "backend/cli/cli.h"

enum rc dns_set(struct cli *c, const struct options *o, struct err *err);
extern const struct option_row dns_set_rows[];
#define DNS_SET_ROWS 5
enum rc dns_link(struct cli *c, const struct options *o, struct err *err);
enum rc dns_links(struct cli *c, const struct options *o, struct err *err);
enum rc dns_push_to(struct cli *c, const struct options *o, struct err *err);
enum rc dns_changes(struct cli *c, const struct options *o, struct err *err);
enum rc dns_push(struct cli *c, const struct options *o, struct err *err);
enum rc dns_unpush(struct cli *c, const struct options *o, struct err *err);
enum rc dns_unlink(struct cli *c, const struct options *o, struct err *err);
