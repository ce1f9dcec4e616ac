package hvf

// Arguments are whole registers: integers zero-extended, booleans as 0 or 1, as
// Apple's arm64 ABI requires of the caller. A function that returns 1 to 8 bytes
// through a pointer writes them into a zeroed 64-bit word, which is then read as a
// whole: all hosts of this interface are little-endian.

// raw calls function n and returns the whole result register.
func (fw *Framework) raw(f *frame, n function, args ...uintptr) uintptr {
	f.Fn = fw.addr[n]
	copy(f.Args[:], args)
	fw.lib.Call(&f.Frame)
	return f.Ret
}

// call calls a function that returns an hv_return_t, the low 32 bits of the
// result register.
func (fw *Framework) call(f *frame, n function, args ...uintptr) error {
	if !fw.has(n) {
		return unavailable(n)
	}
	if code := ReturnCode(fw.raw(f, n, args...)); code != ReturnSuccess {
		return &Error{Func: functions[n].name, Code: code}
	}
	return nil
}

// word calls a function whose last argument points to what it returns.
func (fw *Framework) word(f *frame, n function, args ...uintptr) (uint64, error) {
	f.out[0] = 0
	var a [4]uintptr
	a[copy(a[:], args)] = f.outArg(0)
	err := fw.call(f, n, a[:]...)
	return f.out[0], err
}

// do is call with a frame from the pool.
func (fw *Framework) do(n function, args ...uintptr) error {
	f := fw.take()
	defer fw.give(f)
	return fw.call(f, n, args...)
}

// get is word with a frame from the pool.
func (fw *Framework) get(n function, args ...uintptr) (uint64, error) {
	f := fw.take()
	defer fw.give(f)
	return fw.word(f, n, args...)
}

// object calls a function that makes an os_object. The function returns nil if it
// fails.
func (fw *Framework) object(n function) (uintptr, error) {
	if !fw.has(n) {
		return 0, unavailable(n)
	}
	f := fw.take()
	defer fw.give(f)
	obj := fw.raw(f, n)
	if obj == 0 {
		return 0, &Error{Func: functions[n].name, Code: ReturnError}
	}
	return obj, nil
}

func (fw *Framework) take() *frame { return fw.frames.Get().(*frame) }

func (fw *Framework) give(f *frame) {
	f.ref, f.buf = nil, nil
	fw.frames.Put(f)
}

// boolArg returns b as an argument of type _Bool.
func boolArg(b bool) uintptr {
	if b {
		return 1
	}
	return 0
}
