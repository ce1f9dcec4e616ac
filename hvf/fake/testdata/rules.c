/* Broken rules are recorded here, and the Go side fetches them. */
#include <stdarg.h>
#include <stdio.h>

#include "fake.h"

struct config config;
pthread_mutex_t vm_lock = PTHREAD_MUTEX_INITIALIZER;

enum { MAX_VIOLATIONS = 64, TEXT = 240 };

static struct {
	pthread_mutex_t lock;
	int n;
	struct {
		int rule;
		char text[TEXT];
	} list[MAX_VIOLATIONS];
} violations = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* broken records a violation of a rule and returns code. */
hv_return_t broken(int rule, hv_return_t code, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	pthread_mutex_lock(&violations.lock);
	if (violations.n < MAX_VIOLATIONS) {
		violations.list[violations.n].rule = rule;
		vsnprintf(violations.list[violations.n].text, TEXT, format, args);
		violations.n++;
	}
	pthread_mutex_unlock(&violations.lock);
	va_end(args);
	return code;
}

/* fake_violation removes the oldest violation. It returns its rule, or 0 if there is none. */
VISIBLE int32_t fake_violation(char *text, u64 size)
{
	pthread_mutex_lock(&violations.lock);
	int rule = 0;
	if (violations.n > 0) {
		rule = violations.list[0].rule;
		snprintf(text, size, "%s", violations.list[0].text);
		violations.n--;
		memmove(&violations.list[0], &violations.list[1], violations.n * sizeof violations.list[0]);
	}
	pthread_mutex_unlock(&violations.lock);
	return rule;
}

/* fake_configure sets how the fake behaves, once, before anything else. */
VISIBLE void fake_configure(const struct config *c) { config = *c; }

/* chance returns a random number below n, by xorshift64*. */
unsigned chance(unsigned n)
{
	static _Atomic u64 state;
	u64 x = atomic_load(&state);
	if (x == 0)
		x = config.seed | 1;
	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	atomic_store(&state, x);
	return (unsigned)((x * 0x2545f4914f6cdd1dULL) >> 33) % n;
}
