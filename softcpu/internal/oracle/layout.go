package oracle

// The guest's address space. Code slots and the memory block are less than 1 MiB apart, so
// that literal loads reach the block. The monitor is as far away as a branch reaches: beyond
// literal loads, and beyond most addresses that ADRP forms. No offset from the memory block
// reaches the records, because a stray store there would change another case. The monitor
// maps the records itself, because QEMU is slow to load an executable with so large a gap.
//
//	0x12_3400_0000  code: 64 slots of 4 KiB, zero but for the code, read-execute
//	0x12_3408_0000  the memory block, 4 KiB, read-write, unmapped on both sides
//	0x12_3b00_0000  monitor: text, data
//	0x2f_1357_0000  monitor: records
//
// Everything else that a case may touch is unmapped.
const (
	CodeBase = 0x12_3400_0000 // address of the first code slot
	SlotSize = 0x1000         // bytes from one code slot to the next
	Slots    = 64             // number of code slots
	MemBase  = 0x12_3408_0000 // address of the memory block
	MemSize  = 0x1000         // bytes in the memory block
	MaxWords = 31             // instructions in a case, at most

	textBase  = 0x12_3b00_0000
	dataBase  = 0x12_3b01_0000
	batchBase = 0x2f_1357_0000

	// addressSpace is how many bytes are reserved for the guest. QEMU puts the stack
	// at the end, so the size is not near a power of two.
	addressSpace = 0x3b_0000_0000
)

// SlotPC returns the address of code slot i, counted modulo Slots.
func SlotPC(i int) uint64 { return CodeBase + uint64(i%Slots)*SlotSize }

// Offsets into a record, in bytes. A record carries a case to the monitor and its result
// back. Registers are in the order of a struct sigcontext.
const (
	recX          = 0
	recSP         = 248
	recPC         = 256 // to the monitor: the address where the code ends
	recNZCV       = 264
	recFPCR       = 272
	recFPSR       = 280
	recSignal     = 288 // to the monitor: SIGTRAP, the signal when the code ends
	recFault      = 296
	recSlot       = 304 // address of the slot
	recTrampoline = 312 // address of the slot's trampoline
	recV          = 320
	recCode       = 832
	recMem        = 960
	recSize       = recMem + MemSize
	codeSize      = recMem - recCode

	batchHeader = 64 // bytes before the first record; the first 8 are the count
	batchSize   = batchHeader + Slots*recSize
)

// Offsets into the monitor's data.
const (
	dataRecSize    = 0x08
	dataMemBase    = 0x10
	dataCodeBase   = 0x18 // and the size of all slots in bytes
	dataBatch      = 0x28 // address of the batch, of its first record, and its size
	dataSigaction  = 0x40
	dataStack      = 0x60   // a stack_t
	dataX30        = 0x90   // the case's x30, for the trampolines
	dataAltStack   = 0x8000 // the alternate signal stack itself
	dataSize       = 0x10000
	trampolineBase = textBase + 0x8000 // two instructions a slot
	textSize       = 0x10000
)
