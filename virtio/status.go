package virtio

import (
	"fmt"

	"github.com/miniboot-vmm/miniboot/mmio"
)

// Status is the device status field (2.1).
type Status uint32

const (
	StatusAcknowledge Status = 1
	StatusDriver      Status = 2
	StatusDriverOK    Status = 4
	StatusFeaturesOK  Status = 8
	StatusNeedsReset  Status = 64
	StatusFailed      Status = 128
)

func (s Status) String() string {
	return mmio.BitNames(uint64(s), "ACKNOWLEDGE", "DRIVER", "DRIVER_OK", "FEATURES_OK", "", "", "DEVICE_NEEDS_RESET", "FAILED")
}

// statusSteps are the steps of initialization (3.1.1) in their order. A driver may
// set a bit if all bits of needs are set and none of bars. Once set, a bit stays set
// until the reset.
var statusSteps = []struct{ bit, needs, bars Status }{
	{StatusAcknowledge, 0, StatusFailed},
	{StatusDriver, StatusAcknowledge, StatusFailed},
	{StatusFeaturesOK, StatusAcknowledge | StatusDriver, StatusFailed},
	{StatusDriverOK, StatusAcknowledge | StatusDriver | StatusFeaturesOK, StatusFailed | StatusNeedsReset},
	{StatusFailed, 0, 0},
}

// writeStatusLocked takes each step that v asks for and the table allows.
func (t *Transport) writeStatusLocked(v Status) (wrong string) {
	if v&t.status&^StatusNeedsReset != t.status&^StatusNeedsReset {
		t.bad.Add(1) // only a reset clears bits
	}
	for _, s := range statusSteps {
		if v&s.bit == 0 || t.status&s.bit != 0 {
			continue
		}
		if t.status&s.needs != s.needs || t.status&s.bars != 0 {
			t.bad.Add(1)
			continue
		}
		switch s.bit {
		case StatusFeaturesOK:
			if wrong = t.featuresLocked(); wrong != "" {
				continue
			}
		case StatusDriverOK:
			t.activateLocked()
		}
		t.status |= s.bit
	}
	return wrong
}

// featuresLocked says what is wrong with the features that the driver accepts.
func (t *Transport) featuresLocked() (wrong string) {
	if t.driverFeatures&^t.offered != 0 || t.driverFeatures&FeatureVersion1 == 0 {
		return fmt.Sprintf("driver accepts features 0x%x of 0x%x: not FEATURES_OK", t.driverFeatures, t.offered)
	}
	return ""
}
