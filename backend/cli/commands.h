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
