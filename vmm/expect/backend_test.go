package expect

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
	"github.com/miniboot-vmm/miniboot/hvf"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/accel"
)

// TestRefusedBackend: a program that the host refuses its best backend gets another one,
// and its log says why. No program is told that its host is not a Mac.
func TestRefusedBackend(t *testing.T) {
	for _, c := range []struct {
		refusal error
		want    string
	}{
		{hvf.ErrEntitlement, "another backend than the best one"}, {hvf.ErrUnsupported, ""},
	} {
		backends := accel.All()
		backends[0].New = func() (hv.Hypervisor, error) { return nil, c.refusal }
		var log bytes.Buffer
		for _, l := range []*slog.Logger{nil, slog.New(slog.NewTextHandler(&log, nil))} {
			m, err := newMachine(vmm.Config{Kernel: parrot(""), Memory: vmm.MinMemory, Log: l}, backends)
			if err != nil {
				t.Fatal(err)
			}
			m.Close()
		}
		if got := log.String(); !strings.Contains(got, c.want) || c.want == "" && got != "" || c.want != "" && !strings.Contains(got, c.refusal.Error()) {
			t.Errorf("%v: the log is %q, want %q in it", c.refusal, got, c.want)
		}
		if _, err := newMachine(vmm.Config{}, backends[:1]); !errors.Is(err, c.refusal) {
			t.Errorf("without another backend: %v, want %v", err, c.refusal)
		}
	}
}
