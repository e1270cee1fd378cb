/*
 * Operations of `check lines` about the records of a domain, without server and database:
 *
 *   {"op":"zone","domain","hostname","addresses":[..],"keys":[{"selector","algorithm","p"}],"format"?}
 *     -> {"zone": text}
 *   {"op":"dns", the same, "dns_port"?, "smtp_port"?, "lists"?: "zone,.."}
 *     -> what GET /api/v1/domains/{name}/dns answers after a look at DNS now
 */
#pragma once

#include "backend/cli/check_lines.h"

struct cJSON *op_zone(const struct check *c);
struct cJSON *op_dns(const struct check *c);
