/* What a role gives up. */
#include "backend/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "mailcore/base/auto.h"
#include "mailcore/base/log.h"

static const int forbidden[] = { SCMP_SYS(execve), SCMP_SYS(execveat),
#ifndef __SANITIZE_ADDRESS__ /* the leak check at exit traces its own threads */
	SCMP_SYS(ptrace),
#endif
	SCMP_SYS(process_vm_readv), SCMP_SYS(process_vm_writev), SCMP_SYS(mount), SCMP_SYS(umount2),
	SCMP_SYS(pivot_root), SCMP_SYS(chroot), SCMP_SYS(init_module), SCMP_SYS(finit_module),
	SCMP_SYS(delete_module), SCMP_SYS(kexec_load), SCMP_SYS(reboot), SCMP_SYS(swapon),
	SCMP_SYS(setuid), SCMP_SYS(setgid), SCMP_SYS(setns), SCMP_SYS(unshare), SCMP_SYS(bpf),
	SCMP_SYS(keyctl), SCMP_SYS(add_key), SCMP_SYS(perf_event_open) };

static enum rc forbid_calls(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	bool done = filter != NULL;

	for (size_t i = 0; done && i < sizeof forbidden / sizeof forbidden[0]; i++)
		done = seccomp_rule_add(filter, SCMP_ACT_KILL_PROCESS, forbidden[i], 0) == 0;
	done = done && seccomp_load(filter) == 0;
	seccomp_release(filter);
	return done ? RC_OK : RC_TEMP;
}

#define READ_ACCESS                                                                                \
	(LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_EXECUTE)
#define WRITE_ACCESS                                                                               \
	(LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE |                          \
		LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |                       \
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR)

static bool allow(int ruleset, const char *path, __u64 access)
{
	AUTO(close_fd) int fd = open(path, O_PATH | O_CLOEXEC);
	struct landlock_path_beneath_attr rule = { .allowed_access = access, .parent_fd = fd };

	if (fd < 0)
		return errno == ENOENT || errno == EACCES; /* what is not there needs no rule */
	return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
}

static enum rc forbid_files(const char *socket_dir)
{
	struct landlock_ruleset_attr attr = { .handled_access_fs = READ_ACCESS | WRITE_ACCESS };
	AUTO(close_fd)
	int ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof attr, 0);

	if (ruleset < 0)
		return RC_TEMP;
	bool done = allow(ruleset, ".", READ_ACCESS | WRITE_ACCESS) &&
		allow(ruleset, socket_dir, READ_ACCESS | WRITE_ACCESS) &&
		allow(ruleset, "/etc", READ_ACCESS) && allow(ruleset, "/usr", READ_ACCESS) &&
		allow(ruleset, "/lib", READ_ACCESS) && allow(ruleset, "/proc", READ_ACCESS) &&
		allow(ruleset, "/sys", READ_ACCESS) && allow(ruleset, "/run", READ_ACCESS) &&
		allow(ruleset, "/dev", READ_ACCESS | LANDLOCK_ACCESS_FS_WRITE_FILE);
	return done && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ? RC_OK : RC_TEMP;
}

void sandbox_enter(const char *socket_dir)
{
	struct rlimit no_core = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &no_core); /* cannot fail when lowering */
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		return;
	enum rc files = forbid_files(socket_dir);
	enum rc calls = forbid_calls();
	if (files != RC_OK || calls != RC_OK)
		log_warn("sandbox.partial", "landlock=%s seccomp=%s", rc_name(files),
			rc_name(calls));
}
