package softcpu

// Placeholders for system registers, debug and timer; each goes away as it lands.

type (
	sysRegs    struct{}
	debugState struct{}
	vtimer     struct{}
)
