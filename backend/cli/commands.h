/*
 * The sub-commands. argv[0] is the command's name. Exit status 0 done, 1 refused (the reason on
 * standard error in one sentence), 2 wrong usage.
 */
#pragma once

int cmd_serve(int argc, char **argv);
int cmd_stop(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_init(int argc, char **argv);
int cmd_migrate(int argc, char **argv);
int cmd_doctor(int argc, char **argv);

int cmd_account(int argc, char **argv);
int cmd_domain(int argc, char **argv);
int cmd_mailbox(int argc, char **argv);
int cmd_alias(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_deleted(int argc, char **argv);
int cmd_dns(int argc, char **argv);
int cmd_dkim(int argc, char **argv);
int cmd_token(int argc, char **argv);
int cmd_queue(int argc, char **argv);
int cmd_trace(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_demo(int argc, char **argv);

int cmd_check(int argc, char **argv);
