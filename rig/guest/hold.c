// SPDX-License-Identifier: GPL-2.0-only
/*
 * hold CALL ADDRESS: begins a load that never ends.
 *
 *	hold load ADDRESS	kexec_load(2), of a reboot image
 *	hold file ADDRESS	kexec_file_load(2), of a reboot image
 *	hold crash ADDRESS	kexec_load(2), of a crash image at ADDRESS
 *	hold file-crash ADDRESS	kexec_file_load(2), of a crash image
 *
 * Returns once the load waits, inside the system call, in the background.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "calls.h"
#include "held.h"

static struct held_page held;
static const char *call;
static unsigned long address;

static void *load(void *unused)
{
	bool crash = strstr(call, "crash");
	struct kexec_segment segment = { held.at, PAGE, (void *)address, PAGE };
	int kernel = open("/boot/bzImage", O_RDONLY);

	if (!strncmp(call, "file", 4))
		kexec_file_load(kernel, -1, 16, held.at, KEXEC_FILE_NO_INITRAMFS |
				(crash ? KEXEC_FILE_ON_CRASH : 0));
	else
		kexec_load(segment.mem, 1, &segment, crash ? KEXEC_ON_CRASH : 0);
	return unused;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	int ready[2];
	pid_t child;
	char word = 0;

	if (argc < 3) {
		fputs("usage: hold load|file|crash|file-crash ADDRESS\n", stderr);
		return 2;
	}
	call = argv[1];
	address = strtoul(argv[2], NULL, 0);
	/* the parent waits for the child's word, which stays */
	if (pipe(ready) || (child = fork()) < 0)
		return 1;
	if (child) {
		close(ready[1]);
		return read(ready[0], &word, 1) == 1 ? 0 : 1;
	}
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	if (!hold_page(&held) || pthread_create(&thread, NULL, load, NULL) ||
	    !page_is_wanted(&held) || write(ready[1], &word, 1) != 1)
		return 1;
	for (;;)
		pause();
}
