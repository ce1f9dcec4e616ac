package oracle

import (
	"encoding/binary"
	"strings"
	"testing"

	"golang.org/x/arch/arm64/arm64asm"
)

// TestMonitorText compares the monitor's words with their disassembly.
func TestMonitorText(t *testing.T) {
	for i, in := range monitor {
		var b [4]byte
		binary.LittleEndian.PutUint32(b[:], in.word)
		got := "ic ivau, x1" // arm64asm does not know IC IVAU
		switch in.word {
		case 0xd50b7521:
		case 0xd50b7522:
			got = "ic ivau, x2"
		default:
			d, err := arm64asm.Decode(b[:])
			if err != nil {
				t.Fatalf("word %d, %08x %q: %v", i, in.word, in.text, err)
			}
			got = arm64asm.GNUSyntax(d)
		}
		if got != in.text {
			t.Errorf("word %d, %08x is %q, the table says %q", i, in.word, got, in.text)
		}
	}
}

// start returns a running oracle, or skips the test.
func start(t testing.TB, opt Options) *Oracle {
	t.Helper()
	if _, err := Find(); err != nil {
		t.Skip(err)
	}
	o, err := Start(opt)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := o.Close(); err != nil {
			t.Error(err)
		}
	})
	return o
}

// handCases are cases whose results follow from the manual.
var handCases = []struct {
	text  string
	words []uint32
	in    func(*State)
	want  func(*State)
	sig   int
	fault uint64
}{
	{text: "nothing", sig: SIGTRAP},
	{text: "add x0, x1, x2", words: []uint32{0x8b020020}, sig: SIGTRAP,
		in:   func(s *State) { s.X[1], s.X[2] = 1<<63, 1<<63|5 },
		want: func(s *State) { s.X[0] = 5; s.PC += 4 }},
	{text: "adds w0, w1, w2", words: []uint32{0x2b020020}, sig: SIGTRAP,
		in:   func(s *State) { s.X[1], s.X[2] = 0x7fff_ffff, 1 },
		want: func(s *State) { s.X[0] = 0x8000_0000; s.NZCV = 0x9000_0000; s.PC += 4 }},
	{text: "add sp, sp, #0x10; mov x30, sp", words: []uint32{0x910043ff, 0x910003fe}, sig: SIGTRAP,
		in:   func(s *State) { s.SP = 0x1230 },
		want: func(s *State) { s.SP = 0x1240; s.X[30] = 0x1240; s.PC += 8 }},
	{text: "str x30, [x1],#8; udf", words: []uint32{0xf800843e, 0}, sig: SIGILL,
		in: func(s *State) { s.X[1], s.X[30] = MemBase+8, 0x0102030405060708 },
		want: func(s *State) {
			s.X[1] += 8
			copy(s.Mem[8:], "\x08\x07\x06\x05\x04\x03\x02\x01")
			s.PC += 4
		}},
	{text: "ldr x0, [x1] above the block", words: []uint32{0xf9400020}, sig: SIGSEGV, fault: MemBase + MemSize,
		in: func(s *State) { s.X[1] = MemBase + MemSize }},
	{text: "ldr x0, [x1] below the block", words: []uint32{0xf9400020}, sig: SIGSEGV, fault: MemBase - 1,
		in: func(s *State) { s.X[1] = MemBase - 1 }},
	{text: "str x0, [x1] to the code", words: []uint32{0xf9000020}, sig: SIGSEGV, fault: CodeBase,
		in: func(s *State) { s.X[1] = CodeBase }},
	{text: "brk #1", words: []uint32{0xd503201f, 0xd4200020}, sig: SIGTRAP, want: func(s *State) { s.PC += 4 }},
	{text: "b .+8; udf; bl .+8; udf", words: []uint32{0x14000002, 0, 0x94000002, 0}, sig: SIGTRAP,
		want: func(s *State) { s.X[30] = s.PC + 12; s.PC += 16 }},
	{text: "ldxr x0, [x1], not aligned", words: []uint32{0xc85f7c20}, sig: SIGBUS, fault: MemBase + 4,
		in: func(s *State) { s.X[1] = MemBase + 4 }},
	{text: "fdiv d0, d1, d2: 1/3 rounded up, inexact", words: []uint32{0x1e621820}, sig: SIGTRAP,
		in: func(s *State) {
			s.FPCR = 1 << 22
			s.V[0][1], s.V[1][0], s.V[2][0] = 77, 0x3ff0000000000000, 0x4008000000000000
		},
		want: func(s *State) { s.V[0] = [2]uint64{0x3fd5555555555556, 0}; s.FPSR = 1 << 4; s.PC += 4 }},
	{text: "add v31.16b, v0.16b, v1.16b", words: []uint32{0x4e21841f}, sig: SIGTRAP,
		in:   func(s *State) { s.V[0], s.V[1] = [2]uint64{0xff, 1 << 63}, [2]uint64{0x101, 1 << 63} },
		want: func(s *State) { s.V[31] = [2]uint64{0x100, 0}; s.PC += 4 }},
	{text: "ldr x0, MemBase", words: []uint32{0x58400000}, sig: SIGTRAP,
		in:   func(s *State) { s.Mem[7] = 0x80 },
		want: func(s *State) { s.X[0] = 1 << 63; s.PC += 4 }},
	{text: "cas w0, w1, [x2]: no LSE in ARMv8.0", words: []uint32{0x88a07c41}, sig: SIGILL,
		in: func(s *State) { s.X[2] = MemBase }},
}

func TestHandCases(t *testing.T) {
	o := start(t, Options{})
	var cases []Case
	var want []Result
	for i, h := range handCases {
		c := Case{Words: h.words, In: State{PC: SlotPC(i), Mem: make([]byte, MemSize)}}
		if h.text == "ldr x0, MemBase" {
			c.Words = []uint32{ldrLiteral(0, c.In.PC, MemBase)}
		}
		if h.fault == CodeBase {
			h.fault = c.In.PC
		}
		if h.in != nil {
			h.in(&c.In)
		}
		if h.sig == SIGSEGV && h.fault == c.In.PC {
			c.In.X[1] = c.In.PC
		}
		r := Result{State: c.In, Signal: h.sig, FaultAddr: h.fault}
		r.Mem = append([]byte(nil), c.In.Mem...)
		if h.want != nil {
			h.want(&r.State)
		}
		cases, want = append(cases, c), append(want, r)
	}
	got, err := o.Run(cases)
	if err != nil {
		t.Fatal(err)
	}
	for i, h := range handCases {
		if d := Diff(got[i], want[i]); d != "" {
			t.Errorf("%s: %s", h.text, d)
		}
	}
}

// TestMonitorEnds checks that Run returns an error, and does not hang, if the monitor ends.
func TestMonitorEnds(t *testing.T) {
	o := start(t, Options{})
	const exit = 94
	_, err := o.Run([]Case{{Words: []uint32{0xd4000001}, In: State{PC: SlotPC(0), X: [31]uint64{8: exit}}}}) // svc #0
	if err == nil || !strings.Contains(err.Error(), "ended in the batch of case 0") {
		t.Errorf("error %v, want one that says where the monitor ended", err)
	}
}

func BenchmarkRun(b *testing.B) {
	o := start(b, Options{})
	cases := make([]Case, 1024)
	for i := range cases {
		cases[i] = Case{Words: []uint32{0x8b020020 + uint32(i&7)}, In: State{PC: SlotPC(i)}}
	}
	for b.Loop() {
		if _, err := o.Run(cases); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(cases))/b.Elapsed().Seconds(), "cases/s")
}
