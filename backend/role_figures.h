/*
 * What a role has counted goes into the database, and what it is doing into run/metrics-ROLE.json, from
 * which the web role makes /metrics: every FIGURES_EVERY_MS, and once more at the end.
 */
#pragma once

struct role;

void role_figures_start(struct role *r);
/* After the loop has ended. */
void role_figures_end(struct role *r);
