package hvtest

var litmusCases = []Case{
	{"litmus/message-passing", func(g *guest) { checkMessagePassing(g, mpWriter, mpReader) }},
	{"litmus/message-passing-acquire-release", func(g *guest) { checkMessagePassing(g, mpReleaseWriter, mpAcquireReader) }},
	{"litmus/store-buffering", checkStoreBuffering},
}

// Message passing: the writer counts at X0 and then at X1. The reader reads in the
// other order, and must never find the count at X0 behind that at X1. X2 is the
// last count.
var (
	mpWriter = program{
		{0x910004e7, "add x7, x7, #0x1"},
		{0xf9000007, "str x7, [x0]"},
		{0xd5033abf, "dmb ishst"},
		{0xf9000027, "str x7, [x1]"},
		{0xeb0200ff, "cmp x7, x2"},
		{0x54ffff61, "b.ne .-0x14"},
		{0xd4000022, "hvc #0x1"},
	}
	mpReader = program{
		{0xf9400028, "ldr x8, [x1]"},
		{0xd50339bf, "dmb ishld"},
		{0xf9400009, "ldr x9, [x0]"},
		{0xeb08013f, "cmp x9, x8"},
		{0x54000083, "b.cc .+0x10"},
		{0xeb02011f, "cmp x8, x2"},
		{0x54ffff41, "b.ne .-0x18"},
		{0xd4000022, "hvc #0x1"},
		{0xd4000042, "hvc #0x2"},
	}
	mpReleaseWriter = program{
		{0x910004e7, "add x7, x7, #0x1"},
		{0xf9000007, "str x7, [x0]"},
		{0xc89ffc27, "stlr x7, [x1]"},
		{0xeb0200ff, "cmp x7, x2"},
		{0x54ffff81, "b.ne .-0x10"},
		{0xd4000022, "hvc #0x1"},
	}
	mpAcquireReader = program{
		{0xc8dffc28, "ldar x8, [x1]"},
		{0xf9400009, "ldr x9, [x0]"},
		{0xeb08013f, "cmp x9, x8"},
		{0x54000083, "b.cc .+0x10"},
		{0xeb02011f, "cmp x8, x2"},
		{0x54ffff61, "b.ne .-0x14"},
		{0xd4000022, "hvc #0x1"},
		{0xd4000042, "hvc #0x2"},
	}
)

func checkMessagePassing(g *guest, writer, reader program) {
	const rounds = 50_000
	g.both(g.put(writer), g.put(reader), "message passing", func(c *cpu) { c.setX(data, data+0x800, rounds) })
}

// Store buffering: each vCPU stores X3 at X1, loads from X2, and stores the result
// at X5. It does so X6 times.
var sbThread = program{
	{0xf8008423, "str x3, [x1],#8"},
	{0xd5033bbf, "dmb ish"},
	{0xf8408444, "ldr x4, [x2],#8"},
	{0xf80084a4, "str x4, [x5],#8"},
	{0xf10004c6, "subs x6, x6, #0x1"},
	{0x54ffff61, "b.ne .-0x14"},
	{0xd4000022, "hvc #0x1"},
}

// checkStoreBuffering: each vCPU stores to its own location, executes a DMB, and
// loads from the other's location. At least one of them must see the other's
// store. Each round has locations of its own.
func checkStoreBuffering(g *guest) {
	const (
		rounds = 60_000
		step   = 0x8_0000 // > 8*rounds
		ready  = data - 0x40
	)
	at := g.put(append(rendezvous[:len(rendezvous):len(rendezvous)], sbThread...))
	g.both(at, at, "store buffering", func(c *cpu) {
		own, other := uint64(c.index)*step, uint64(1-c.index)*step
		c.setX(ready, data+own, data+other, 1, 0, data+2*step+own, rounds)
	})
	for r := range uint64(rounds) {
		if g.read(data+2*step+8*r)|g.read(data+3*step+8*r) == 0 {
			g.fatalf("round %d: neither vCPU saw the other's store", r)
		}
	}
}
