//go:build amd64 || arm64

package sandbox

import (
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// A rule lets a system call pass, if all of its conditions hold. A call may have several rules, one after the other.
type rule struct {
	call uintptr
	all  []condition
}

// A condition compares the bits of mask in one half of an argument with value. The kernel looks at the low half only of an
// argument whose type is int.
type condition struct {
	offset      uint32 // in struct seccomp_data
	mask, value uint32
}

// Offsets in struct seccomp_data, which seccomp(2) describes. An argument has 64 bits. Both processors of this package have
// the low half first.
const (
	offsetCall = 0
	offsetArch = 4
	offsetArgs = 16
)

// is compares the low half of an argument, masked some of its bits, isNull both halves, as of a pointer.
func is(arg int, value uint32) condition { return masked(arg, ^uint32(0), value) }

func masked(arg int, mask, value uint32) condition {
	return condition{offsetArgs + 8*uint32(arg), mask, value}
}

func isNull(arg int) []condition {
	low := is(arg, 0)
	return []condition{low, {low.offset + 4, low.mask, 0}}
}

var (
	allow = bpf.RetConstant{Val: unix.SECCOMP_RET_ALLOW}

	// ENOSYS is what a kernel without the call returns, and what callers have another way for.
	refuse = bpf.RetConstant{Val: unix.SECCOMP_RET_ERRNO | uint32(unix.ENOSYS)}
)

var loadCall = bpf.LoadAbsolute{Off: offsetCall, Size: 4}

// filter is a program that refuses each call that no rule lets pass. It tries the rules in their order, so frequent calls
// are the first ones. Since 5.11 a kernel knows which calls pass without conditions, and runs no program for them. To know
// it, the kernel tries each number that there is, so the way to the last rule has one instruction for each rule.
//
// A call of another architecture, which has other numbers, is refused. So are those of x32: bit 30 of their numbers is set.
func filter(rules []rule) []bpf.Instruction {
	program := []bpf.Instruction{
		bpf.LoadAbsolute{Off: offsetArch, Size: 4},
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: auditArch, SkipTrue: 1},
		refuse,
		loadCall,
	}
	for _, r := range rules {
		program = append(program, r.program()...)
	}
	return append(program, refuse)
}

// program allows, or goes on behind its end. Before it and behind it the call's number is loaded.
func (r rule) program() []bpf.Instruction {
	compared := 3 * len(r.all) // instructions
	if compared == 0 {
		return []bpf.Instruction{bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(r.call), SkipFalse: 1}, allow}
	}
	program := []bpf.Instruction{bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(r.call), SkipFalse: uint8(compared + 2)}}
	for i, c := range r.all {
		program = append(program,
			bpf.LoadAbsolute{Off: c.offset, Size: 4},
			bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: c.mask},
			bpf.JumpIf{Cond: bpf.JumpEqual, Val: c.value, SkipFalse: uint8(compared - 3*(i+1) + 1)})
	}
	return append(program, allow, loadCall)
}
