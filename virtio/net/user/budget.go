package user

import "sync"

// MaxMemory is how many bytes the buffers of a network's connections have at most, all
// together: of open ones, of streams that linger after their end, and of packets on the way
// to the guest.
const MaxMemory = connectionMemory + lingeringMemory + queueMemory

const (
	connectionMemory = 352 << 20
	lingeringMemory  = 32 << 20
	queueMemory      = 16 << 20
)

// Memory of a stream: its buffers in the stack and those of relay, one of each in either
// direction. A stream gets a part of what is left, so the first ones are fast and MaxStreams
// find room. The receive buffer has the most: the stack's window is half of it, a guest
// sends segments of 64 KiB, and with 640 KiB in place of 1 MiB it sends a fifth slower.
const (
	minStream  = 44 << 10
	maxStream  = 1408 << 10
	streamPart = 256

	receiveShare, sendShare, copyShare = 16, 4, 1 // of 22 shares: there are two buffers of relay
)

// part is so many shares of the memory of a stream.
func part(shares, memory int) int { return memory * shares / 22 }

// flowMemory is the memory of a flow: in either direction a datagram that is being copied
// and the buffer in the stack, and what waits in a sender.
const flowMemory = 2*maxDatagram + 2*flowBuffer + maxWaitingBytes

// budget is the memory that connections may still take.
type budget struct {
	mu   sync.Mutex // a leaf
	left int
}

// takeStream takes the memory of a stream. It returns 0 if there is too little.
func (b *budget) takeStream() (bytes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	bytes = min(max(b.left/streamPart, minStream), maxStream)
	return b.takeLocked(bytes)
}

// takeFlow takes the memory of a flow. It returns 0 if there is too little.
func (b *budget) takeFlow() (bytes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.takeLocked(flowMemory)
}

func (b *budget) takeLocked(bytes int) int {
	if bytes > b.left {
		return 0
	}
	b.left -= bytes
	return bytes
}

// give gives memory back.
func (b *budget) give(bytes int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += bytes
}
