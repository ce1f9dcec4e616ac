package mmio

// zeroBlockSize is what DCZID_EL0.BS says on every backend, in bytes.
const zeroBlockSize = 64

// zeroBlock performs DC ZVA: the whole aligned block that holds the address.
func (r *run) zeroBlock() {
	va := r.x(r.in.Rt) &^ (zeroBlockSize - 1)
	for end := va + zeroBlockSize; va != end && r.ok(); va += 8 {
		r.writeWord(va, 8, 0)
	}
}

// load performs the loads of one and two registers. Registers change only after
// everything has been read, so a refused access leaves the instruction undone.
func (r *run) load(va uint64) {
	in := r.in
	first := r.read(va, in.Size)
	var second quad
	if in.Count == 2 {
		second = r.read(va+uint64(in.Size), in.Size)
	}
	r.setTransfer(in.Rt, first)
	if in.Count == 2 {
		r.setTransfer(in.Rt2, second)
	}
}

// store performs the stores of one and two registers. A store-exclusive always
// reports success.
func (r *run) store(va uint64) {
	in := r.in
	first, second := r.transfer(in.Rt), quad{}
	if in.Count == 2 {
		second = r.transfer(in.Rt2)
	}
	r.write(va, in.Size, first)
	if in.Count == 2 {
		r.write(va+uint64(in.Size), in.Size, second)
	}
	if in.Op == StoreExclusive {
		const success = 0
		r.setX(in.Rs, success)
	}
}

// compareAndSwap performs CAS and CASP. The value that was read goes to Rs in any
// case. If the comparison fails, nothing is written.
func (r *run) compareAndSwap(va uint64) {
	in := r.in
	mask := Mask(int(in.Size))
	var expect, swap, old quad
	equal := true
	for i := range in.Count {
		expect[i], swap[i] = r.x(in.Rs+i), r.x(in.Rt+i)
		old[i] = r.read(va+uint64(i*in.Size), in.Size)[0]
		equal = equal && old[i] == expect[i]&mask
	}
	for i := range in.Count {
		if equal {
			r.write(va+uint64(i*in.Size), in.Size, quad{swap[i]})
		}
	}
	for i := range in.Count {
		r.setX(in.Rs+i, old[i])
	}
}

// atomic performs LDADD and its kin, and SWP: a read, then a write.
func (r *run) atomic(va uint64) {
	in := r.in
	operand := r.x(in.Rs) & Mask(int(in.Size))
	old := r.read(va, in.Size)[0]
	r.write(va, in.Size, quad{atomicResult(in.Op, old, operand, in.Size)})
	r.setX(in.Rt, old)
}

// atomicResult is what an atomic operation stores, for values of size bytes.
func atomicResult(op Op, old, operand uint64, size uint8) uint64 {
	switch op {
	case AtomicAdd:
		return old + operand
	case AtomicClear:
		return old &^ operand
	case AtomicXor:
		return old ^ operand
	case AtomicSet:
		return old | operand
	case AtomicSignedMax:
		return uint64(max(signExtend(old, size), signExtend(operand, size)))
	case AtomicSignedMin:
		return uint64(min(signExtend(old, size), signExtend(operand, size)))
	case AtomicMax:
		return max(old, operand)
	case AtomicMin:
		return min(old, operand)
	}
	return operand // AtomicSwap
}
