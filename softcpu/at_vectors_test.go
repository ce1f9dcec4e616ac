package softcpu

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/aarch64"
	"github.com/miniboot-vmm/miniboot/hv"
)

var (
	updateAT = flag.Bool("update-at", false, "record testdata/at/par.txt anew: needs qemu-system-aarch64 and aarch64-linux-gnu binutils")
	countAT  = flag.Int("at", 2000, "how many address translations to compare; more than are recorded only with -update-at")
)

// Addresses of the random translation tables and, for QEMU, of the cases.
const (
	atTables     = 0x44000000
	atTablesSize = 4 << 20
	atCases      = 0x41000000
	atCode       = 0x40200000
	parNS        = 1 << 9 // unknown for Non-secure translations
)

// atCase is one AT instruction with everything that it depends on except memory.
type atCase struct {
	SCTLR, TCR, TTBR0, TTBR1, MAIR, VA, Op, PAR uint64
}

var atOps = []aarch64.SysReg{aarch64.AT_S1E1R, aarch64.AT_S1E1W, aarch64.AT_S1E0R, aarch64.AT_S1E0W}

// TestATVectors translates random addresses through random tables, and compares
// PAR_EL1 with what QEMU's Cortex-A76 has recorded: level and kind of each
// fault, address, attributes.
func TestATVectors(t *testing.T) {
	rng := rand.New(rand.NewPCG(0, 1))
	tables := atRandomTables(rng)
	cases := make([]atCase, *countAT)
	for i := range cases {
		cases[i] = atRandomCase(rng)
	}
	const golden = "testdata/at/par.txt"
	var want []uint64
	if *updateAT {
		want = atRecord(t, tables, cases)
	} else {
		want = atRead(t, golden)
	}

	v := newVM(hv.Config{IPABits: 40}, Config{Engine: engine, CodeMemory: DefaultCodeMemory})
	if err := v.Map(atTables, tables, hv.ProtRead); err != nil {
		t.Fatal(err)
	}
	c, err := newCPU(v, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var text bytes.Buffer
	faults, known := map[uint64]int{}, 0
	for i, k := range cases[:min(len(cases), len(want))] {
		c.setSysReg(aarch64.SCTLR_EL1, k.SCTLR)
		c.setSysReg(aarch64.TCR_EL1, k.TCR)
		c.setSysReg(aarch64.TTBR0_EL1, k.TTBR0)
		c.setSysReg(aarch64.TTBR1_EL1, k.TTBR1)
		c.setSysReg(aarch64.MAIR_EL1, k.MAIR)
		c.stop = false
		g := guest{cpu: c, t: t}
		g.sysInstr(atOps[k.Op], k.VA)
		par := c.sys.par
		if c.stop {
			par = atWalkFault
		}
		if *updateAT && atKnown(par, want[i]) {
			want[i] = par
			known++
		}
		fmt.Fprintf(&text, "%x\n", want[i])
		if par != want[i] {
			t.Errorf("case %d, %+v: PAR 0x%x, want 0x%x", i, k, par, want[i])
		}
		faults[(par&parF)*(par>>parFST&0x3f)]++
	}
	t.Logf("%d translations; by fault status code: %v; settled by the manual: %d", len(want), faults, known)
	if *updateAT && !t.Failed() {
		if err := os.WriteFile(golden, text.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// atKnown says whether a difference from QEMU 7.2 is known, with the manual on our
// side. QEMU reports the SH of Device and non-cacheable memory as it is in the
// descriptor, accepts blocks at levels that have none, and reads tables from
// unmapped addresses.
func atKnown(par, qemu uint64) bool {
	const sh = 3 << parSH
	attr := uint8(par >> parATTR)
	switch {
	case par == qemu:
		return false
	case par == atWalkFault:
		return true
	case par&parF == 0:
		return par&^sh == qemu&^sh && par&sh == shOuter<<parSH && (aarch64.IsDevice(attr) || attr == aarch64.NormalNC)
	}
	fsc, level := aarch64.FSC(par>>parFST&0x3f), par>>parFST&3
	return fsc.Translation() && level < 2 && !(qemu&parF != 0 && aarch64.FSC(qemu>>parFST&0x3f).Translation())
}

// atWalkFault stands for a walk to a table outside of atTables. It is an exit here
// and an external abort in QEMU.
const atWalkFault = 0xffff

func atRandomTables(rng *rand.Rand) []byte {
	b := alignSlice(make([]byte, atTablesSize+hv.PageSize), hv.PageSize)[:atTablesSize]
	for i := 0; i < len(b); i += 8 {
		binary.LittleEndian.PutUint64(b[i:], atRandomDescriptor(rng))
	}
	return b
}

// atRandomDescriptor returns a descriptor, often a valid one that points into the
// tables.
func atRandomDescriptor(rng *rand.Rand) uint64 {
	d := rng.Uint64() & (0xfff<<52 | 0xffc)
	if rng.IntN(10) != 0 {
		d |= aarch64.DescAF
	}
	switch n := rng.IntN(10); {
	case n < 7:
		d |= page
	case n < 9:
		d |= block
	default:
		d |= rng.Uint64() & 2
	}
	switch n := rng.IntN(20); {
	case n < 17:
		d |= atTables + rng.Uint64N(atTablesSize/0x10000)*0x10000
	case n < 19:
		d |= rng.Uint64N(1<<40) &^ 0xfff
	default:
		d |= rng.Uint64N(1<<48) &^ 0xfff
	}
	return d
}

func atRandomCase(rng *rand.Rand) atCase {
	bit := func(n int, v uint64) uint64 { // v, once in n
		if rng.IntN(n) == 0 {
			return v
		}
		return 0
	}
	k := atCase{Op: rng.Uint64N(4)}
	k.SCTLR = aarch64.SCTLR_Reset | bit(2, aarch64.SCTLR_WXN)
	if bit(30, 1) == 0 {
		k.SCTLR |= aarch64.SCTLR_M
	}
	t0, t1 := 16+rng.Uint64N(24), 16+rng.Uint64N(24)
	k.TCR = t0 | t1<<aarch64.TCR_T1SZ | rng.Uint64N(3)<<aarch64.TCR_TG0 | (1+rng.Uint64N(3))<<aarch64.TCR_TG1 | (2+rng.Uint64N(4))<<aarch64.TCR_IPS
	k.TCR |= bit(16, aarch64.TCR_EPD0) | bit(16, aarch64.TCR_EPD1) | bit(2, aarch64.TCR_TBI0) | bit(2, aarch64.TCR_TBI1) | bit(2, aarch64.TCR_A1) | bit(2, aarch64.TCR_AS)
	if bit(8, 1) != 0 {
		k.TCR &^= 7 << aarch64.TCR_IPS
	}
	base := func() uint64 {
		return atTables + rng.Uint64N(atTablesSize) | rng.Uint64()<<48 | bit(40, 1<<41)
	}
	k.TTBR0, k.TTBR1 = base(), base()
	for i := range 8 {
		k.MAIR |= uint64([]byte{0x00, 0x04, 0x08, 0x0c, 0x44, 0xbb, 0xff, 0x4f}[rng.IntN(8)]) << (8 * i)
	}
	if rng.IntN(2) == 0 {
		k.VA = rng.Uint64N(1 << (64 - t0 + bit(16, 1)))
	} else {
		k.VA = ^rng.Uint64N(1 << (64 - t1 + bit(16, 1)))
	}
	k.VA ^= bit(4, 0x5a<<56)
	return k
}

// atRecord returns the results of QEMU's translations.
func atRecord(t *testing.T, tables []byte, cases []atCase) []uint64 {
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	var blob bytes.Buffer
	binary.Write(&blob, binary.LittleEndian, atCase{SCTLR: uint64(len(cases))})
	binary.Write(&blob, binary.LittleEndian, cases)
	for name, b := range map[string][]byte{"tables": tables, "cases": blob.Bytes()} {
		if err := os.WriteFile(file(name), b, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	source, err := filepath.Abs("testdata/at/at.s")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"aarch64-linux-gnu-as -o at.o " + source,
		fmt.Sprintf("aarch64-linux-gnu-ld -Ttext=%#x -o at.elf at.o", atCode),
		fmt.Sprintf("qemu-system-aarch64 -M virt,virtualization=on -cpu cortex-a76 -m 256M -nodefaults -nic none -display none -semihosting"+
			" -device loader,file=at.elf,cpu-num=0 -device loader,file=tables,addr=%#x,force-raw=on -device loader,file=cases,addr=%#x,force-raw=on", atTables, atCases),
	} {
		words := strings.Fields(line)
		cmd := osexec.Command(words[0], words[1:]...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	out, err := os.ReadFile(file("par.bin"))
	if err != nil {
		t.Fatal(err)
	}
	done := make([]atCase, len(cases))
	if err := binary.Read(bytes.NewReader(out[64:]), binary.LittleEndian, done); err != nil {
		t.Fatal(err)
	}
	var pars []uint64
	for _, k := range done {
		if k.PAR&parF == 0 {
			k.PAR &^= parNS
		}
		pars = append(pars, k.PAR)
	}
	return pars
}

func atRead(t *testing.T, name string) []uint64 {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var pars []uint64
	for s := bufio.NewScanner(f); s.Scan(); {
		var par uint64
		if _, err := fmt.Sscanf(s.Text(), "%x", &par); err != nil {
			t.Fatalf("%s, line %d: %v", name, len(pars)+1, err)
		}
		pars = append(pars, par)
	}
	return pars
}
