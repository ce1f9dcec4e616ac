// Package pl031 is the Arm PrimeCell Real Time Clock (PL031) of DDI 0224,
// which tells a guest the host's time.
//
// Implemented: all registers; the counter, which follows the host's wall
// clock, also over a sleep of the host or a step of its time; setting it
// through RTCLR, which moves the guest's counter until reset; the alarm
// (RTCMR) with its interrupt; identification registers.
//
// The counter counts from the first moment, whatever RTCCR says: its battery
// was never empty. RTCCR keeps its 1 until reset, as the manual says.
//
// An alarm is due when the host's clock has reached or passed it, once for
// each write of RTCMR; an RTCMR below the counter means the counter's next
// time round, in up to 136 years. After a sleep of the host an alarm may be up
// to a minute late, since Go's timers may not run on during sleep; any access
// to the device finds it sooner.
//
// Missing: the integration test registers.
//
// Threats: a guest can write any register at any size in any order. The state
// is a few words and one timer, no access blocks, allocates or logs, and
// accesses that reach no register are counted.
package pl031
