package softcpu

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/miniboot-vmm/miniboot/hv"
)

// Engine is how the processor executes instructions. Both engines do the same,
// instruction for instruction.
type Engine uint8

const (
	// Auto is the translator where the host lets a program write code for
	// itself, and else the interpreter.
	Auto Engine = iota
	// Interpreter executes instructions one by one, on every host.
	Interpreter
	// Translator turns them into the host's instructions.
	Translator
)

var engineNames = [...]string{"auto", "interpreter", "translator"}

// String is the name that -engine of the command has.
func (e Engine) String() string {
	if int(e) < len(engineNames) {
		return engineNames[e]
	}
	return fmt.Sprintf("Engine(%d)", uint8(e))
}

// EngineNames are what ParseEngine takes.
func EngineNames() []string { return slices.Clone(engineNames[:]) }

// ParseEngine returns the engine of a name.
func ParseEngine(name string) (Engine, error) {
	for e, n := range engineNames {
		if n == name {
			return Engine(e), nil
		}
	}
	return Auto, fmt.Errorf("softcpu: there is no engine %q: give auto, interpreter or translator", name)
}

// ErrNoTranslator says that this host cannot run the translator. The error that
// wraps it says why.
var ErrNoTranslator = errors.New("no translator on this host")

// Config is what the software backend is made with. The zero value is right for
// most.
type Config struct {
	Engine Engine

	// CodeMemory bounds, in bytes for each CPU, the memory for what an engine knows of
	// the guest's instructions: generated code and where it is, or the instructions
	// decoded. What is full is emptied and filled again. 0 is DefaultCodeMemory.
	CodeMemory uint64

	// CounterFrequency is the rate of the guest's counters in Hz, of 32 bits as in
	// CNTFRQ_EL0. 0 is DefaultCounterFrequency.
	CounterFrequency uint64
}

// DefaultCounterFrequency is the rate of the counters on most Apple Silicon, in Hz.
const DefaultCounterFrequency = 24_000_000

const (
	// DefaultCodeMemory is enough for a boot of a distribution.
	DefaultCodeMemory = 32 << 20
	// MinCodeMemory is the least that works, slowly.
	MinCodeMemory = 512 << 10
	// MaxCodeMemory is the most: a place in generated code has 31 bits.
	MaxCodeMemory = 1 << 30
)

// shares divides a CPU's memory into that for pages and that for generated code.
func (cfg *Config) shares() (pages, code uint64) {
	total := cfg.CodeMemory
	if cfg.Engine != Translator {
		return total, 0
	}
	const unit = 64 << 10 // no host has larger pages
	code = total * 3 / 4 / unit * unit
	return total - code, code
}

// Hypervisor is the software backend. It makes any number of virtual machines.
type Hypervisor struct {
	cfg   Config
	ended endedCPUs
}

// New returns the software backend.
func New(cfg Config) *Hypervisor {
	if cfg.CodeMemory == 0 {
		cfg.CodeMemory = DefaultCodeMemory
	}
	return &Hypervisor{cfg: cfg}
}

// Engine returns the engine that virtual machines get. If that is the
// interpreter only because the host cannot run the translator, the error says
// why; it wraps ErrNoTranslator.
func (h *Hypervisor) Engine() (Engine, error) {
	if h.cfg.Engine == Interpreter {
		return Interpreter, nil
	}
	if err := translatorRuns(); err != nil {
		return Interpreter, fmt.Errorf("%w: %w", ErrNoTranslator, err)
	}
	return Translator, nil
}

// NewVM makes an empty virtual machine. See hv.Hypervisor. An engine that was
// asked for and does not run on this host is an error.
func (h *Hypervisor) NewVM(cfg hv.Config) (hv.VM, error) {
	if int(h.cfg.Engine) >= len(engineNames) {
		return nil, fmt.Errorf("softcpu: new vm: there is no %v: give Auto, Interpreter or Translator", h.cfg.Engine)
	}
	engine, err := h.Engine()
	if err != nil && h.cfg.Engine == Translator {
		return nil, fmt.Errorf("softcpu: new vm: %w", err)
	}
	if cfg.IPABits == 0 {
		cfg.IPABits = 36
	}
	if cfg.IPABits < 32 || cfg.IPABits > maxIPABits {
		return nil, fmt.Errorf("softcpu: new vm: %d bits of guest physical address, give 32 to %d", cfg.IPABits, maxIPABits)
	}
	if n := h.cfg.CodeMemory; n < MinCodeMemory || n > MaxCodeMemory {
		return nil, fmt.Errorf("softcpu: new vm: 0x%x bytes of memory for code, give 0x%x to 0x%x", n, MinCodeMemory, MaxCodeMemory)
	}
	if hz := h.cfg.CounterFrequency; hz > math.MaxUint32 {
		return nil, fmt.Errorf("softcpu: new vm: counters of 0x%x Hz, give 1 to 0x%x: CNTFRQ_EL0 has 32 bits", hz, uint32(math.MaxUint32))
	}
	soft := h.cfg
	soft.Engine = engine
	v := newVM(cfg, soft)
	v.ended = &h.ended
	return v, nil
}

// translatorRuns says, once for the process, why the translator does not run
// here.
var translatorRuns = sync.OnceValue(func() error {
	if err := hostSupported(); err != nil {
		return err
	}
	var g generated
	if err := g.start(probeSize); err != nil {
		return err
	}
	return g.close()
})
