/* Functions that have a safer one of ours, made unusable. Included by every compilation
 * (meson: -include), after the system headers that declare them. */
#pragma once

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf strtok strtok_r
#pragma GCC poison atoi atol atoll atof gets sscanf vsscanf
#pragma GCC poison gmtime localtime ctime asctime
#pragma GCC poison system popen
