// Beside runs the same guests on miniboot, with each of its engines, and on qemu-system-aarch64 with its translator
// (TCG, -cpu cortex-a57), in turn in one run, and prints one table.
//
//	vmm/boottest/fetch-kernels.sh ~/kernels
//	MINIBOOT_KERNELS=~/kernels go run ./vmm/boottest/beside -n 5
//	MINIBOOT_KERNELS=~/kernels go run ./vmm/boottest/beside -only 'programs|exits'
//
// A row has the best of -n runs: the least time, the greatest rate. Runs of the three machines alternate, so that all
// meet the same noise. The last column is the translator's figure over QEMU's; below 1 the translator is better,
// unless the unit is a rate ("/s"). The head of the table has the versions and the load of the host. A time says
// something only beside the others of its row.
//
// What runs, in the words of -only:
//
//   - boot: Debian's cloud kernel to /init: host's time and CPU time, and the peak of the host's memory.
//   - devices: the default guest until its drivers have a disk, a network, entropy, a balloon and a console; the same.
//   - programs: seven programs of busybox in that kernel: the guest's time for each by its own clock, the host's CPU
//     time, and the peak of the host's memory after all. What each prints has to be the same on every machine.
//   - parallel: two busybox sha512sum at once, of a file and of what another program writes to a pipe, with one CPU and
//     with two; the ratio of the two times is that of one run.
//   - exits: a guest of one page, testdata/exits, that measures the ways out of the guest's code, and a tight loop.
//   - net: 100 MiB to the guest and from it over TCP, by a network that needs no rights, as the host sees it.
//   - disk-raw, disk-qcow2: a disk past the guest's page cache, by the benchmark of package inguest.
//   - installer: Debian's installer to its first dialog.
//   - debian: Debian on a disk to the login prompt. TestDebianRoot of package boottest makes that disk.
//
// It needs Linux (/proc has the CPU time and the memory of another process), the go command, QEMU, and debugfs for the
// last one. It ends with status 1 when a guest fails or prints something else than on another machine.
package main
