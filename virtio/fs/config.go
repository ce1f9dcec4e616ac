package fs

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"github.com/miniboot-vmm/miniboot/virtio"
)

// Limits of a device.
const (
	MaxTag     = 36   // bytes (5.11.4)
	MaxQueues  = 64   // for requests
	MaxWaiting = 64   // requests that wait for a lock; fewer if a queue is small
	queueSize  = 1024 // of each queue: a request of 256 pages fits
)

// Offsets of the configuration fields (5.11.4). notify_buf_size exists only with
// VIRTIO_FS_F_NOTIFICATION.
const (
	offTag              = 0  // u8[36], padded with zeros
	offNumRequestQueues = 36 // le32
	configSize          = 40
)

// ErrUnsupported is what New and share.Open return on a host that
// github.com/hanwen/go-fuse/v2 does not support.
var ErrUnsupported = errors.New("fs: directories can be shared from Linux and macOS hosts only")

// Stats are counts since New.
type Stats struct {
	Requests uint64
	Invalid  uint64 // requests that no driver sends
	Dropped  uint64 // those of Invalid that did not have room for an error
	Panics   uint64 // panics of the file system, answered with EIO
}

// newConfig returns the configuration space.
func newConfig(tag string, queues int) *virtio.Config {
	b := make([]byte, configSize)
	copy(b[offTag:offTag+MaxTag], tag)
	binary.LittleEndian.PutUint32(b[offNumRequestQueues:], uint32(queues))
	return virtio.NewConfig(b)
}

// CheckTag says what is wrong with a tag, the name by which a guest mounts.
func CheckTag(tag string) error {
	if tag == "" || len(tag) > MaxTag || strings.ContainsRune(tag, 0) {
		return fmt.Errorf("fs: tag %q: give 1 to %d bytes", tag, MaxTag)
	}
	return nil
}
