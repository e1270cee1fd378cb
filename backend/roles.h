/* The roles' own parts: what each listens to and does in the background. */
#pragma once

struct role;

int role_mx(struct role *r);
int role_user(struct role *r);
int role_web(struct role *r);
int role_send(struct role *r);
