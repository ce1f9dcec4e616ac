/* Guest physical memory. Rule 4. */
#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fake.h"

/*
 * check has the checks that map, unmap and protect share. The framework answers a
 * wrong argument with a code, so it does not break a rule.
 */
static hv_return_t check(u64 ipa, u64 size, u64 flags)
{
	if (!vm.exists)
		return HV_NO_DEVICE;
	if (size == 0 || ipa % vm.granule || size % vm.granule)
		return HV_BAD_ARGUMENT;
	if (ipa + size < ipa || ipa + size > 1ULL << vm.ipa_bits)
		return HV_BAD_ARGUMENT;
	if (flags & ~(u64)(HV_MEMORY_READ | HV_MEMORY_WRITE | HV_MEMORY_EXEC))
		return HV_BAD_ARGUMENT;
	return HV_SUCCESS;
}

/* gone says whether the host has freed memory that the guest still has mapped. */
static bool gone(const struct mapping *m) { return msync(m->addr, m->size, MS_ASYNC) != 0 && errno == ENOMEM; }

static struct mapping *append(u64 ipa, u64 size, char *addr)
{
	vm.maps = realloc(vm.maps, (vm.nmaps + 1) * sizeof *vm.maps);
	vm.maps[vm.nmaps] = (struct mapping){ipa, size, addr, calloc(size / PAGE + 1, 1)};
	return &vm.maps[vm.nmaps++];
}

/* part appends a part of an old mapping. What stage 2 maps stays mapped. */
static void part(const struct mapping *old, u64 start, u64 end)
{
	if (start >= end)
		return;
	u64 off = start - old->ipa;
	struct mapping *m = append(start, end - start, old->addr + off);
	memcpy(m->held, old->held + off / PAGE, (end - start) / PAGE);
}

/*
 * populate notes which pages stage 2 maps: those that the host has in memory. Stage 2
 * maps a page when the guest first touches it, and the fake does not see that. A page
 * that was noted stays noted until it is unmapped, whatever advice the host has followed
 * meanwhile.
 */
static void populate(struct mapping *m)
{
	u64 host = (u64)sysconf(_SC_PAGESIZE);
	u8 *in = malloc(m->size / host + 1);
	if (mincore(m->addr, m->size, (void *)in) == 0)
		for (u64 i = 0; i < m->size / host; i++)
			m->held[i * host / PAGE] |= in[i] & 1;
	free(in);
}

/* fake_stage2_pages returns how many pages of PAGE bytes stage 2 maps. */
VISIBLE u64 fake_stage2_pages(void)
{
	u64 n = 0;
	pthread_mutex_lock(&vm_lock);
	for (int i = 0; i < vm.nmaps; i++) {
		populate(&vm.maps[i]);
		for (u64 page = 0; page < vm.maps[i].size / PAGE; page++)
			n += vm.maps[i].held[page];
	}
	pthread_mutex_unlock(&vm_lock);
	return n;
}

/* join makes one mapping of the last and another that continues it, or that it continues. */
static void join(void)
{
	for (int i = 0; i < vm.nmaps - 1; i++) {
		struct mapping last = vm.maps[vm.nmaps - 1], other = vm.maps[i];
		bool below = other.ipa + other.size == last.ipa && other.addr + other.size == last.addr;
		bool above = last.ipa + last.size == other.ipa && last.addr + last.size == other.addr;
		if ((!below && !above) || last.size % PAGE || other.size % PAGE)
			continue;
		struct mapping *lo = below ? &other : &last, *hi = below ? &last : &other;
		u8 *held = calloc((lo->size + hi->size) / PAGE + 1, 1);
		memcpy(held, lo->held, lo->size / PAGE);
		memcpy(held + lo->size / PAGE, hi->held, hi->size / PAGE);
		struct mapping both = {lo->ipa, lo->size + hi->size, lo->addr, held};
		free(last.held);
		free(other.held);
		vm.maps[i] = vm.maps[vm.nmaps - 2];
		vm.maps[vm.nmaps - 2] = both;
		vm.nmaps--;
		i = -1;
	}
}

static bool covered(u64 ipa, u64 size)
{
	u64 n = 0;
	for (int i = 0; i < vm.nmaps; i++) {
		u64 lo = vm.maps[i].ipa > ipa ? vm.maps[i].ipa : ipa;
		u64 end = vm.maps[i].ipa + vm.maps[i].size, hi = end < ipa + size ? end : ipa + size;
		n += hi > lo ? hi - lo : 0;
	}
	return n == size;
}

static hv_return_t map(char *addr, u64 ipa, u64 size, u64 flags)
{
	hv_return_t code = check(ipa, size, flags);
	if (code)
		return code;
	if (!addr || (u64)addr % vm.granule)
		return HV_BAD_ARGUMENT;
	if ((u64)addr >= config.go_heap_low && (u64)addr < config.go_heap_high)
		return broken(4, HV_BAD_ARGUMENT, "hv_vm_map: %p is in the Go heap", (void *)addr);
	for (int i = 0; i < vm.nmaps; i++)
		if (ipa < vm.maps[i].ipa + vm.maps[i].size && vm.maps[i].ipa < ipa + size)
			return HV_ERROR;
	if (config.engine.map && config.engine.map(config.handle, addr, ipa, size, flags))
		return HV_ERROR;
	append(ipa, size, addr);
	join();
	return HV_SUCCESS;
}

hv_return_t hv_vm_map(void *addr, hv_ipa_t ipa, size_t size, hv_memory_flags_t flags)
{
	pthread_mutex_lock(&vm_lock);
	hv_return_t code = map(addr, ipa, size, flags);
	pthread_mutex_unlock(&vm_lock);
	return code;
}

/* cut removes a range from the list; parts of mappings stay. */
static void cut(u64 ipa, u64 size)
{
	struct mapping *old = vm.maps;
	int n = vm.nmaps;
	vm.maps = NULL;
	vm.nmaps = 0;
	for (int i = 0; i < n; i++) {
		u64 start = old[i].ipa, end = start + old[i].size;
		if (gone(&old[i]))
			broken(4, 0, "memory at 0x%llx was freed while it was mapped", (unsigned long long)start);
		u64 below = end < ipa ? end : ipa, above = start > ipa + size ? start : ipa + size;
		part(&old[i], start, below);
		part(&old[i], above, end);
		free(old[i].held);
	}
	free(old);
}

static hv_return_t unmap(u64 ipa, u64 size)
{
	hv_return_t code = check(ipa, size, 0);
	if (code)
		return code;
	if (!covered(ipa, size))
		return HV_ERROR;
	if (config.engine.unmap && config.engine.unmap(config.handle, ipa, size))
		return HV_ERROR;
	cut(ipa, size);
	return HV_SUCCESS;
}

hv_return_t hv_vm_unmap(hv_ipa_t ipa, size_t size)
{
	pthread_mutex_lock(&vm_lock);
	hv_return_t code = unmap(ipa, size);
	pthread_mutex_unlock(&vm_lock);
	return code;
}

static hv_return_t protect(u64 ipa, u64 size, u64 flags)
{
	hv_return_t code = check(ipa, size, flags);
	if (code)
		return code;
	if (!covered(ipa, size))
		return HV_ERROR;
	if (config.engine.protect && config.engine.protect(config.handle, ipa, size, flags))
		return HV_ERROR;
	return HV_SUCCESS;
}

hv_return_t hv_vm_protect(hv_ipa_t ipa, size_t size, hv_memory_flags_t flags)
{
	pthread_mutex_lock(&vm_lock);
	hv_return_t code = protect(ipa, size, flags);
	pthread_mutex_unlock(&vm_lock);
	return code;
}

/* memory_drop ends all mappings with the VM. */
void memory_drop(void)
{
	for (int i = 0; i < vm.nmaps; i++)
		if (gone(&vm.maps[i]))
			broken(4, 0, "memory at 0x%llx was freed while it was mapped", (unsigned long long)vm.maps[i].ipa);
	for (int i = 0; i < vm.nmaps; i++)
		free(vm.maps[i].held);
	free(vm.maps);
	vm.maps = NULL;
	vm.nmaps = 0;
}

hv_return_t hv_vm_allocate(void **uvap, size_t size, hv_allocate_flags_t flags)
{
	if (!vm.exists)
		return HV_NO_DEVICE;
	if (!uvap || size == 0 || size % PAGE || flags != HV_ALLOCATE_DEFAULT)
		return HV_BAD_ARGUMENT;
	/* The host's pages are smaller than the framework's: align by hand. */
	char *p = mmap(NULL, size + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return HV_NO_RESOURCES;
	u64 skip = -(u64)p % PAGE;
	if (skip)
		munmap(p, skip);
	munmap(p + skip + size, PAGE - skip);
	*uvap = p + skip;
	return HV_SUCCESS;
}

hv_return_t hv_vm_deallocate(void *uva, size_t size)
{
	if (!uva || (u64)uva % PAGE || size == 0 || size % PAGE)
		return HV_BAD_ARGUMENT;
	for (int i = 0; i < vm.nmaps; i++)
		if ((char *)uva < vm.maps[i].addr + vm.maps[i].size && vm.maps[i].addr < (char *)uva + size)
			return broken(4, HV_BUSY, "hv_vm_deallocate: %p is still mapped", uva);
	return munmap(uva, size) ? HV_BAD_ARGUMENT : HV_SUCCESS;
}
