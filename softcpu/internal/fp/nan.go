package fp

// invalid sets IOC and returns the default NaN.
func (e *Env) invalid(f Format) uint64 {
	e.FPSR |= IOC
	return f.layout().defaultNaN()
}

// processNaN is FPProcessNaN: it makes a, a NaN of the given class, quiet.
func (e *Env) processNaN(f Format, c class, a uint64) uint64 {
	l := f.layout()
	if c == signallingNaN {
		e.FPSR |= IOC
		a |= l.quiet()
	}
	if e.FPCR&DN != 0 {
		return l.defaultNaN()
	}
	return a
}

// processNaNs is FPProcessNaNs: the first signalling NaN, or else the first quiet one. At least one operand is a NaN.
func (e *Env) processNaNs(f Format, x, y unpacked, a, b uint64) uint64 {
	if x.class == signallingNaN || y.class != signallingNaN && x.class == quietNaN {
		return e.processNaN(f, x.class, a)
	}
	return e.processNaN(f, y.class, b)
}

// processNaNs3 is FPProcessNaNs3: processNaNs for three operands.
func (e *Env) processNaNs3(f Format, x, y, z unpacked, a, b, c uint64) uint64 {
	top := max(x.class, y.class, z.class)
	switch top {
	case x.class:
		return e.processNaN(f, top, a)
	case y.class:
		return e.processNaN(f, top, b)
	}
	return e.processNaN(f, top, c)
}
