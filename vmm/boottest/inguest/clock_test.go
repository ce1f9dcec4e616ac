//go:build linux

package inguest

import (
	"flag"
	"fmt"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var (
	ptpPath = flag.String("ptp", "", "PTP clock that the host gives")
	rtcPath = flag.String("rtc", "", "real-time clock that the host gives")
)

// TestClockPTP says what the PTP clock shows and what the guest's own clock showed at that
// moment, both in nanoseconds since 1970.
func TestClockPTP(t *testing.T) {
	if *ptpPath == "" {
		t.Skip("skipped: runs in a guest, with a PTP clock of the host's")
	}
	f, err := os.Open(*ptpPath)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	fd := int(f.Fd())
	caps, err := unix.IoctlPtpClockGetcaps(fd)
	if err != nil || caps.Cross_timestamping != 1 {
		t.Errorf("PTP_CLOCK_GETCAPS: %+v, %v, want cross-timestamps", caps, err)
	}
	offset, err := unix.IoctlPtpSysOffsetPrecise(fd)
	if err != nil {
		t.Fatalf("PTP_SYS_OFFSET_PRECISE: %v", err)
	}
	device := time.Unix(offset.Device.Sec, int64(offset.Device.Nsec))
	realtime := time.Unix(offset.Realtime.Sec, int64(offset.Realtime.Nsec))
	var after unix.Timespec
	if err := unix.ClockGettime(unix.FdToClockID(fd), &after); err != nil {
		t.Errorf("clock_gettime of the PTP clock: %v", err)
	}
	if time.Unix(after.Unix()).Before(device) {
		t.Errorf("the PTP clock shows %v, and %v before", time.Unix(after.Unix()), device)
	}
	fmt.Printf("PTP %d CLOCK_REALTIME %d\n", device.UnixNano(), realtime.UnixNano())
}

// TestClockRTC says what the real-time clock shows, in seconds since 1970.
func TestClockRTC(t *testing.T) {
	if *rtcPath == "" {
		t.Skip("skipped: runs in a guest, with a real-time clock of the host's")
	}
	f, err := os.Open(*rtcPath)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	r, err := unix.IoctlGetRTCTime(int(f.Fd()))
	if err != nil {
		t.Fatalf("RTC_RD_TIME: %v", err)
	}
	fmt.Printf("RTC %d\n", time.Date(int(r.Year)+1900, time.Month(r.Mon+1), int(r.Mday), int(r.Hour), int(r.Min), int(r.Sec), 0, time.UTC).Unix())
}
