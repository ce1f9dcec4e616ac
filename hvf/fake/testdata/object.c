/* os_objects. Whoever makes one releases it. Rule 12. */
#include "fake.h"

static struct object *objects;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *const names[KINDS] = {"hv_vm_config_t", "hv_vcpu_config_t", "hv_gic_config_t", "hv_gic_state_t"};

struct object *object_new(enum kind kind)
{
	struct object *o = calloc(1, sizeof *o);
	o->kind = kind;
	o->references = 1;
	pthread_mutex_lock(&lock);
	o->next = objects;
	objects = o;
	pthread_mutex_unlock(&lock);
	return o;
}

static struct object *find(void *p)
{
	struct object *o = objects;
	while (o && o != p)
		o = o->next;
	return o;
}

/* object_check says whether o is a live object of a kind. */
bool object_check(struct object *p, enum kind kind, const char *function)
{
	pthread_mutex_lock(&lock);
	struct object *o = find(p);
	bool good = o && o->kind == kind && o->references > 0;
	pthread_mutex_unlock(&lock);
	if (!good)
		broken(12, 0, "%s: %p is no live %s", function, (void *)p, names[kind]);
	return good;
}

VISIBLE void os_release(void *p)
{
	pthread_mutex_lock(&lock);
	struct object *o = find(p);
	bool good = o && o->references > 0;
	if (good)
		o->references--;
	pthread_mutex_unlock(&lock);
	if (!good)
		broken(12, 0, "os_release: %p is no live object", p);
}

/* fake_live_objects counts the objects that were not released. */
VISIBLE u64 fake_live_objects(void)
{
	u64 n = 0;
	pthread_mutex_lock(&lock);
	for (struct object *o = objects; o; o = o->next)
		n += o->references > 0;
	pthread_mutex_unlock(&lock);
	return n;
}
