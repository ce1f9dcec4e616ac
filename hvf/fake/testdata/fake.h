/*
 * A strict stand-in for Hypervisor.framework on arm64. It has the same C interface
 * and checks every rule of it. It runs no instruction itself: an engine behind a
 * table of functions runs the guest.
 *
 * abi.h is made from the tables of the C interface when this is built. It has the
 * types, constants and prototypes. It renames the functions that the chosen macOS
 * does not have, and the new names are not exported.
 */
#ifndef FAKE_H
#define FAKE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "abi.h"

#define VISIBLE __attribute__((visibility("default")))

enum { MAX_VCPUS = 64, PAGE = 16384, MAX_SVL = 64 };

/* The part of a vCPU that the Go side sees: see state in state_unsafe.go. */
struct state {
	u64 reg[35];   /* indexed by hv_reg_t */
	u64 reg_dirty; /* bit n: reg[n] was set since the last run */
	u64 pending;   /* bit 0 IRQ, bit 1 FIQ */
	u64 masked;    /* the virtual timer's exit is masked */
	u64 offset;    /* CNTVCT_EL0 is behind mach_absolute_time by this: see clock in clock.go */
	u64 reason, syndrome, far, ipa;
	u64 waited; /* ticks in WFI, with a GIC */
};

/* The engine. Each function gets the handle of struct config. */
struct engine {
	u64 (*vm_create)(u64 h, u64 ipa_bits);
	u64 (*vm_destroy)(u64 h);
	u64 (*map)(u64 h, void *addr, u64 ipa, u64 size, u64 flags);
	u64 (*unmap)(u64 h, u64 ipa, u64 size);
	u64 (*protect)(u64 h, u64 ipa, u64 size, u64 flags);
	u64 (*vcpu_create)(u64 h, u64 id, struct state *s);
	u64 (*vcpu_destroy)(u64 h, u64 id);
	u64 (*run)(u64 h, u64 id);
	u64 (*kick)(u64 h, u64 id);
	u64 (*get_sys)(u64 h, u64 id, u64 reg, u64 *out); /* 0: the register exists */
	u64 (*set_sys)(u64 h, u64 id, u64 reg, u64 val);
	u64 (*get_q)(u64 h, u64 id, u64 n, u64 *out);
	u64 (*set_q)(u64 h, u64 id, u64 n, u64 lo, u64 hi);
	u64 (*gic_create)(u64 h, u64 distributor, u64 redistributors);
	u64 (*gic_reset)(u64 h);
	u64 (*gic_set_spi)(u64 h, u64 intid, u64 level);
	u64 (*gic_access)(u64 h, u64 id, u64 kind, u64 reg, u64 write, u64 *value); /* 0: the register exists */
};

/* Kinds of GIC registers: those of ABI_GICREGS, and the distributor's. */
enum { GICD, GICR, ICC, ICH, ICV };

/* How the fake behaves: see Options in fake.go. */
struct config {
	struct engine engine;
	u64 handle;
	u64 macos;              /* major * 100 + minor */
	u64 seed;               /* seed of random events */
	u64 unknown_per_mille;  /* how many of 1000 runs end with UNKNOWN before they start */
	u64 unknown_masks;      /* every other such run masks the virtual timer */
	u64 drop_raced_cancels; /* a cancellation that meets another exit is lost */
	u64 busy_after_destroy; /* how often create says HV_BUSY after a destroy */
	u64 create_code;        /* what hv_vm_create returns, if not 0 */
	u64 max_ipa_bits;
	u64 el2_supported;
	u64 sme_supported;
	u64 physical_timer_traps; /* accesses to CNTP_* exit even with the GIC */
	u64 unknown_keeps_inputs; /* UNKNOWN leaves the interrupt inputs' levels as they are */
	u64 ids_differ;           /* vCPUs after the first show other features */
	u64 go_heap_low, go_heap_high; /* memory that must not be mapped */
};
extern struct config config;

/* rules.c */
extern pthread_mutex_t vm_lock; /* guards struct vm, but not what a vCPU's owner uses alone */
hv_return_t broken(int rule, hv_return_t code, const char *format, ...) __attribute__((format(printf, 3, 4)));
unsigned chance(unsigned per);

/* object.c */
enum kind { VM_CONFIG, VCPU_CONFIG, GIC_CONFIG, GIC_STATE, KINDS };
struct object {
	enum kind kind;
	int references;
	struct object *next; /* all objects, released ones too: the use of a dead one is found */
	u64 ipa_bits, el2, granule;               /* VM_CONFIG */
	u64 distributor, redistributor, msi_base; /* GIC_CONFIG */
	u64 msi_first, msi_count;
	bool has_redistributor;
};
struct object *object_new(enum kind kind);
bool object_check(struct object *o, enum kind kind, const char *function);

/* vm.c, memory.c */
struct mapping {
	u64 ipa, size;
	char *addr;
	u8 *held; /* for each PAGE: stage 2 maps it, so that the host cannot free it */
};
struct vm {
	bool exists, has_gic, el2, ran;
	u64 ipa_bits, granule;
	struct mapping *maps;
	int nmaps;
	u64 msi_first, msi_count, redistributor;
	u64 created; /* vCPUs so far */
};
extern struct vm vm;
void memory_drop(void);

/* A register that is only stored. */
struct cell {
	u64 key, value;
};

/* vcpu.c */
struct vcpu {
	struct state s;
	bool live, lived, mpidr_set;
	pthread_t owner;
	hv_vcpu_exit_t *exit;
	bool trap_exceptions, trap_accesses;
	bool serror;
	u64 exec_time;
	u64 mpidr;
	u64 expect_pc;    /* what the last exit requires of the PC */
	int expect;
	atomic_bool cancel, inside;
	atomic_int exiting; /* hv_vcpus_exit calls under way */
	hv_vcpu_sme_state_t sme;
	u8 z[32][MAX_SVL], p[16][MAX_SVL / 8], za[MAX_SVL * MAX_SVL], zt0[64];
	struct cell gic[64]; /* GIC registers that the engine does not have, if they were written */
};
extern struct vcpu vcpus[MAX_VCPUS];
struct vcpu *owned(hv_vcpu_t id, const char *function, hv_return_t *code);
#define OWNED(v, id)                                        \
	hv_return_t code_;                                  \
	struct vcpu *v = owned(id, __func__, &code_);       \
	if (!v)                                             \
		return code_

/* sysreg.c */
void sysreg_defaults(struct vcpu *v);

/* gic.c */
bool gic_can_run(struct vcpu *v);

u64 ticks(void);

#endif
