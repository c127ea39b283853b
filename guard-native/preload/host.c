/*
 * host.c: finds Postgres's variables in the running executable. A process without them is not Postgres (pg_ctl, the shell of an
 * archive_command), and the guard only passes its calls through. A Postgres that lacks some is accounted and never refused.
 */
#include <dlfcn.h>
#include <link.h>

#include "process.h"
#include "real.h"

/* The first object is the executable. */
static int
find_code(struct dl_phdr_info *object, size_t size, void *argument)
{
	HeadroomHost *host = argument;

	(void) size;
	for (int i = 0; i < object->dlpi_phnum; i++)
	{
		const ElfW(Phdr) *part = &object->dlpi_phdr[i];
		uintptr_t start = object->dlpi_addr + part->p_vaddr;

		if (part->p_type != PT_LOAD)
			continue;
		if (host->code_start == 0 || start < host->code_start)
			host->code_start = start;
		if (start + part->p_memsz > host->code_end)
			host->code_end = start + part->p_memsz;
	}
	return 1;
}

void
headroom_find_host(void)
{
	HeadroomHost host = {0};

	host.exception_stack = (void *const volatile *) dlsym(RTLD_DEFAULT, "PG_exception_stack");
	if (host.exception_stack == NULL)
		return;
	host.crit_section_count = (const volatile uint32_t *) dlsym(RTLD_DEFAULT, "CritSectionCount");
	host.interrupt_holdoff_count = (const volatile uint32_t *) dlsym(RTLD_DEFAULT, "InterruptHoldoffCount");
	host.proc_exit_inprogress = (const volatile bool *) dlsym(RTLD_DEFAULT, "proc_exit_inprogress");
	host.backend_type = (const volatile int *) dlsym(RTLD_DEFAULT, "MyBackendType");
	host.parallel_worker_number = (const volatile int *) dlsym(RTLD_DEFAULT, "ParallelWorkerNumber");
	*(void **) &host.in_error_recursion_trouble = dlsym(RTLD_DEFAULT, "in_error_recursion_trouble");
	*(void **) &host.backend_type_name = dlsym(RTLD_DEFAULT, "GetBackendTypeDesc");
	(void) dl_iterate_phdr(find_code, &host);
	host.is_postgres = true;
	headroom_host = host;
}
