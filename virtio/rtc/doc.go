// Package rtc is the virtio RTC device: Virtio 1.4, 5.23. It tells a guest the host's
// time, together with the guest's counter at that moment.
//
// Implemented: everything. There are two clocks. ClockWall is the host's time of day, of
// type VIRTIO_RTC_CLOCK_UTC_MAYBE_SMEARED: whether a leap second steps or smears it is
// the host's affair. It has an alarm (VIRTIO_RTC_F_ALARM), which a reset of the device
// disables. ClockMonotonic is the host's counter as time: it stands still while the host
// sleeps, and goes on while the machine is paused, when the guest's counter does not. Both
// can be read together with CNTVCT_EL0.
//
// An alarm may be up to a minute late after a sleep of the host, because Go's timers may
// stop during sleep. ClockChanged or any request finds it sooner.
//
// Linux has the driver since 6.16. It makes a PTP clock of each clock. For its own RTC
// class it wants a clock that never steps, which no host promises; package pl031 is there
// for that.
//
// # Threats
//
// A request is copied once, checked, and answered from a few words of state. One
// goroutine serves both queues, and looks at the alarm after each request, so neither
// keeps the other waiting. No request allocates or waits.
package rtc
