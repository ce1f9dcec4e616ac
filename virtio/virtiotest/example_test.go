package virtiotest_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/rng"
	"github.com/miniboot-vmm/miniboot/virtio/virtiotest"
)

// A driver asks an entropy device for 8 bytes. A test passes its own *testing.T.
func Example() {
	t := new(testing.B)
	driver := virtiotest.New(t, rng.New(rng.Config{Source: strings.NewReader("not so random")}))
	driver.Start(virtiotest.AllFeatures)
	fmt.Printf("%s\n", driver.Rings[0].Do(nil, 8))
	driver.Reset() // stops the device
	// Output: not so r
}
