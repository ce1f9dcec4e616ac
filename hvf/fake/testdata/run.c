/* hv_vcpu_run. Rules 6 to 9. */
#include <time.h>

#include "fake.h"

/* Exception classes of ESR_EL2. */
enum { EC_HVC = 0x16, EC_SMC = 0x17, EC_SYSREG = 0x18 };

/* What the last exit requires of the PC. */
enum { PC_ANY, PC_MUST_MOVE, PC_MUST_NOT_ADVANCE };

static struct script {
	u64 n, next;
	hv_vcpu_exit_t *exits;
	u64 left;     /* runs until one fails, if it is not 0 */
	u64 returned; /* when the last run returned, in ns; 0 before the first run */
	u64 outside;  /* total time between runs, in ns */
} script;

/*
 * fake_script makes each run return the next of n exits in turn, without an engine.
 * If limit is not 0, there are limit runs, the run after them fails, and the time
 * between them is measured.
 */
VISIBLE void fake_script(const hv_vcpu_exit_t *exits, u64 n, u64 limit)
{
	free(script.exits);
	script = (struct script){.n = n, .exits = malloc(n * sizeof *exits), .left = limit};
	memcpy(script.exits, exits, n * sizeof *exits);
}

/* fake_outside returns the total time between runs, in ns. */
VISIBLE u64 fake_outside(void) { return script.outside; }

static u64 nanoseconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (u64)t.tv_sec * 1000000000 + (u64)t.tv_nsec;
}

/*
 * check_pc checks that the caller has moved the PC as the last exit's class requires.
 * After an HVC the PC is past the instruction already. After an SMC and a trapped MSR
 * or MRS it is not.
 */
static void check_pc(struct vcpu *v)
{
	u64 pc = v->s.reg[HV_REG_PC];
	if (v->expect == PC_MUST_MOVE && pc == v->expect_pc)
		broken(9, 0, "hv_vcpu_run: PC 0x%llx is still at an SMC, MSR or MRS", (unsigned long long)pc);
	if (v->expect == PC_MUST_NOT_ADVANCE && pc == v->expect_pc + 4)
		broken(9, 0, "hv_vcpu_run: PC 0x%llx was moved, but after an HVC it is past the instruction already", (unsigned long long)pc);
	v->expect = PC_ANY;
}

static void expect_pc(struct vcpu *v)
{
	v->expect_pc = v->s.reg[HV_REG_PC];
	switch (v->s.syndrome >> 26 & 0x3f) {
	case EC_SMC:
	case EC_SYSREG:
		v->expect = PC_MUST_MOVE;
		break;
	case EC_HVC:
		v->expect = PC_MUST_NOT_ADVANCE;
		break;
	}
}

/* finish ends a run and drops the interrupt inputs' levels, which were for this run only. */
static hv_return_t finish(struct vcpu *v, u32 reason)
{
	if (reason != HV_EXIT_REASON_UNKNOWN || !config.unknown_keeps_inputs)
		v->s.pending = 0;
	v->exit->reason = reason;
	if (reason == HV_EXIT_REASON_EXCEPTION) {
		v->exit->exception.syndrome = v->s.syndrome;
		v->exit->exception.virtual_address = v->s.far;
		v->exit->exception.physical_address = v->s.ipa;
		expect_pc(v);
	} else {
		/* These fields are meaningless now. Overwrite them, so that nobody relies on them. */
		memset(&v->exit->exception, 0xa5, sizeof v->exit->exception);
	}
	if (reason == HV_EXIT_REASON_VTIMER_ACTIVATED)
		v->s.masked = 1;
	return HV_SUCCESS;
}

static hv_return_t run_script(struct vcpu *v)
{
	hv_vcpu_exit_t *e = &script.exits[script.next];
	script.next = (script.next + 1) % script.n;
	v->s.syndrome = e->exception.syndrome;
	v->s.far = e->exception.virtual_address;
	v->s.ipa = e->exception.physical_address;
	return finish(v, e->reason);
}

/* run_timed is run_script as often as fake_script says. */
static hv_return_t run_timed(struct vcpu *v)
{
	u64 now = nanoseconds();
	if (script.returned)
		script.outside += now - script.returned;
	if (script.left-- == 1) {
		script.left = 1; /* so that the next run fails too */
		return HV_ERROR;
	}
	hv_return_t code = run_script(v);
	script.returned = nanoseconds();
	return code;
}

/* enter runs the engine until there is an exit to report. */
static u32 enter(struct vcpu *v, hv_vcpu_t id)
{
	for (;;) {
		atomic_store(&v->inside, true);
		if (atomic_exchange(&v->cancel, false)) {
			atomic_store(&v->inside, false);
			return HV_EXIT_REASON_CANCELED;
		}
		config.engine.run(config.handle, id);
		atomic_store(&v->inside, false);
		if (v->s.reason == HV_EXIT_REASON_CANCELED)
			continue; /* the flag says whether the cancellation is new or already reported */
		if (config.drop_raced_cancels)
			atomic_store(&v->cancel, false);
		return (u32)v->s.reason;
	}
}

hv_return_t hv_vcpu_run(hv_vcpu_t id)
{
	OWNED(v, id);
	if (script.n)
		return script.left ? run_timed(v) : run_script(v);
	if (!config.engine.run)
		return HV_ERROR;
	if (!gic_can_run(v))
		return HV_ERROR;
	vm.ran = true;
	check_pc(v);
	if (config.unknown_per_mille && chance(1000) < config.unknown_per_mille) {
		if (config.unknown_masks && chance(2))
			v->s.masked = 1;
		return finish(v, HV_EXIT_REASON_UNKNOWN);
	}
	u64 start = ticks();
	u32 reason = enter(v, id);
	v->exec_time += ticks() - start;
	return finish(v, reason);
}
