package pl011

// fifoDepth is the depth of each FIFO in revision r1p5, in characters.
const fifoDepth = 32

// fifo is a FIFO of the UART. The caller of push checks that there is room.
type fifo struct {
	chars [fifoDepth]character
	head  int
	n     int
}

func (f *fifo) push(c character) {
	f.chars[(f.head+f.n)%fifoDepth] = c
	f.n++
}

func (f *fifo) front() character { return f.chars[f.head] }

func (f *fifo) pop() {
	f.head = (f.head + 1) % fifoDepth
	f.n--
}

// wireSize is how many bytes the wire can hold until the host takes them.
const wireSize = 4096

// wire holds what has left the UART on its way to the host.
type wire struct {
	bytes [wireSize]byte
	head  int
	n     int
}

func (w *wire) full() bool { return w.n == wireSize }

func (w *wire) push(b byte) {
	w.bytes[(w.head+w.n)%wireSize] = b
	w.n++
}

// take moves the oldest bytes to p and returns how many they were.
func (w *wire) take(p []byte) int {
	done := 0
	for done < len(p) && w.n > 0 {
		n := copy(p[done:], w.bytes[w.head:min(w.head+w.n, wireSize)])
		w.head = (w.head + n) % wireSize
		w.n -= n
		done += n
	}
	return done
}
