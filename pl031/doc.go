// Package pl031 is the Arm PrimeCell Real Time Clock (PL031) of DDI 0224,
// which tells a guest the host's time.
//
// Implemented: all registers; the counter, which follows the host's wall clock
// also through a sleep of the host or a step of its time; setting the counter
// through RTCLR, which lasts until reset; the alarm (RTCMR) with its interrupt;
// identification registers.
//
// The counter always runs, whatever RTCCR says, as if the clock's battery had never
// been empty. Once the guest has set RTCCR to 1 it stays 1 until reset, as the
// manual says.
//
// An alarm is due when the host's clock has reached or passed it, once for each
// write of RTCMR. If RTCMR is below the counter, the alarm is due after the counter
// has wrapped, in up to 136 years. After a sleep of the host an alarm may be up to
// a minute late, because Go's timers may stop during sleep. ClockChanged or any access
// to the device finds it sooner.
//
// Missing: the integration test registers.
//
// Threats: a guest can write any register with any size in any order. The state is
// a few words and one timer. No access blocks, allocates or logs. Accesses that
// reach no register are counted.
package pl031
