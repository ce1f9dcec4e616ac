package fake_test

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"testing"
	"time"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/hvf/fake"
	"github.com/miniboot-vmm/miniboot/softcpu"
	"github.com/miniboot-vmm/miniboot/virtio"
	"github.com/miniboot-vmm/miniboot/virtio/balloon"
	"github.com/miniboot-vmm/miniboot/vmm"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest"
	"github.com/miniboot-vmm/miniboot/vmm/vmtest/guest"
)

const mib = 1 << 20

// silentBalloon is a balloon without free page reporting, which would give back the same
// memory.
type silentBalloon struct {
	*balloon.Device
	memory chan<- *virtio.Memory // the guest's
}

func (d silentBalloon) Serve(ctx context.Context, features uint64, qs []*virtio.Queue) error {
	d.memory <- qs[0].Memory()
	return d.Device.Serve(ctx, features, qs)
}

func (d silentBalloon) Features() uint64 { return d.Device.Features() &^ balloon.FeatureReporting }

// memoryRig is a guest, and what the host has of its memory.
type memoryRig struct {
	t    *testing.T
	fake *fake.Fake
	g    *vmtest.Guest
}

func startWithMemory(t *testing.T, devices ...virtio.Device) memoryRig {
	t.Helper()
	kernel, initramfs := linux(t)
	f := fake.New(t, fake.Options{})
	g := vmtest.Start(t, vmm.Config{
		Kernel: kernel, Initrds: []boot.File{initramfs}, CommandLine: guest.CommandLine + " panic=-1",
		Hypervisor: f.Hypervisor(), VCPUs: 2, Memory: guestMemory, Virtio: devices,
	})
	g.Expect(guest.Prompt)
	return memoryRig{t, f, g}
}

// engine is what the fake's own processors may use in the meantime, in bytes.
const engine = 2 * softcpu.DefaultCodeMemory

// guestMemory is the guest's, in bytes.
const guestMemory = 640 * mib

// footprint is what the guest's stage 2 maps and what this process has in memory, in
// bytes.
type footprint struct{ stage2, resident int64 }

func (f footprint) String() string {
	return fmt.Sprintf("%d MiB in stage 2, %d MiB resident", f.stage2/mib, f.resident/mib)
}

func (r memoryRig) footprint() footprint {
	r.t.Helper()
	debug.FreeOSMemory()
	b, err := os.ReadFile("/proc/self/statm")
	var total, pages int64
	if err == nil {
		_, err = fmt.Sscan(string(b), &total, &pages)
	}
	if err != nil {
		r.t.Fatal(err)
	}
	return footprint{int64(r.fake.Stage2()), pages * int64(os.Getpagesize())}
}

// await waits until the footprint is at most this large.
func (r memoryRig) await(what string, most footprint) {
	r.t.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(100 * time.Millisecond) {
		now := r.footprint()
		if now.stage2 <= most.stage2 && now.resident <= most.resident {
			r.t.Logf("%s: %v", what, now)
			return
		}
		if time.Now().After(end) {
			r.t.Errorf("%s: %v, want at most %v", what, now, most)
			return
		}
	}
}

// fill makes the guest use most of its memory, and free it again. It returns the
// footprint before that.
func (r memoryRig) fill() footprint {
	r.t.Helper()
	r.g.MustRun("mkdir -p /m && mount -t tmpfs -o size=600m none /m && dd if=/dev/zero of=/m/fill bs=1M count=384")
	full := r.footprint()
	r.t.Logf("while the guest uses 384 MiB: %v", full)
	r.g.MustRun("rm /m/fill && umount /m")
	return full
}

// setBalloon waits until the balloon has so many bytes.
func (r memoryRig) setBalloon(dev *balloon.Device, size uint64) {
	r.t.Helper()
	dev.SetTarget(size)
	for end := time.Now().Add(time.Minute); dev.Actual() != size; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			r.t.Fatalf("the balloon has %d MiB, want %d", dev.Actual()/mib, size/mib)
		}
	}
}

// TestBalloonGivesBack: what the balloon takes leaves the host, in spite of stage 2, and
// the guest's other memory is as it was.
func TestBalloonGivesBack(t *testing.T) {
	const size = 256 * mib
	const partial = mib // of units of 16 KiB that are in the balloon in part
	dev, memory := balloon.New(), make(chan *virtio.Memory, 1)
	r := startWithMemory(t, silentBalloon{dev, memory})
	ram, ok := (<-memory).Slice(0, guestMemory)
	if !ok {
		t.Fatal("the guest's memory is not in one piece")
	}
	const sum = "head -c 30000000 /dev/urandom >/tmp/data && sha256sum /tmp/data"
	before := r.g.MustRun(sum)
	for range 2 { // what has come back is given again
		touch(ram)
		full := r.footprint()
		t.Logf("with all its memory in use: %v", full)
		r.setBalloon(dev, size)
		r.await("with 256 MiB in the balloon", footprint{full.stage2 - size + partial, full.resident - size + engine})
		r.setBalloon(dev, 0)
		r.fill()
	}
	if after := r.g.MustRun("sha256sum /tmp/data"); after != before {
		t.Errorf("the guest's file is %q, was %q", after, before)
	}
	r.g.Send("poweroff\n")
	if reason := r.g.Wait(); reason != vmm.PoweredOff {
		t.Errorf("ended with %v", reason)
	}
}

// rounds is how often what has come back is given again.
func rounds() int {
	if os.Getenv("MINIBOOT_FULL") == "" {
		return 1 // TestBalloonGivesBack has two, on the same way through the backend
	}
	return 2
}

// TestReportingGivesBack: so does what the guest frees, without being asked, while it
// runs.
func TestReportingGivesBack(t *testing.T) {
	r := startWithMemory(t, balloon.New())
	for range rounds() {
		full := r.fill()
		r.await("some seconds later", footprint{full.stage2 - 256*mib, full.resident - 256*mib})
	}
}

// TestResetGivesBack: after a reset the host has what it had when the guest first began,
// within 10 %.
func TestResetGivesBack(t *testing.T) {
	r := startWithMemory(t)
	fresh := r.footprint()
	t.Logf("at first: %v", fresh)
	full := r.fill()
	if full.stage2 < fresh.stage2+256*mib {
		t.Fatalf("the guest has used 384 MiB: %v, %v at first", full, fresh)
	}
	r.g.Send("reboot\n")
	r.g.Expect("Restarting system")
	r.g.Expect(guest.Prompt)
	r.await("after a reset", footprint{fresh.stage2 + fresh.stage2/10, fresh.resident + fresh.resident/10 + engine})
}
