// Package sandbox takes away from a process what a machine does not need once it runs. A guest that takes over a device's
// code then has what the device has, and not what the user has.
//
//	held, err := sandbox.Enter(sandbox.Config{Write: []string{"shared"}})
//
// Enter changes the whole process, all its threads, and for good. So no package of this project calls it except
// cmd/miniboot: a program that embeds a machine has to ask. Call it when all disks, networks and consoles are open, and
// before the guest runs. Descriptors that are open stay usable, with the rights that they were opened with.
//
// On Linux, for amd64 and arm64, these layers hold:
//
//   - no_new_privs: no program that is executed gains rights.
//   - Landlock, from Linux 5.19 on: files can be opened, made and removed only below the paths of Config. From 6.7 on, TCP
//     ports cannot be bound, nor connected to without Config.Internet. From 6.12 on, neither the abstract sockets nor the
//     signals of other processes can be reached; from ABI 9 and 10 on, nor other Unix sockets and UDP ports.
//   - seccomp: a list of allowed system calls, made from Config. Any other call fails with ENOSYS, and so do those of 32-bit
//     programs. Each kernel since 3.17 has it.
//   - capabilities: a process that has some, as root has, keeps those that files and sockets of other users need.
//   - limits: no core file, which would hold the guest's memory, and no more than Config.OpenFiles descriptors.
//
// Before ABI 8, Landlock is put on each thread by Go's runtime or, in a program with cgo, by C code, and capabilities are
// dropped so on every kernel. A program that links purego without cgo has neither: Enter then is an error, unless
// Config.WithoutLandlock is set, and capabilities stay.
//
// On macOS the layers are the limits and a profile of sandbox_init(3), which was not run on a Mac by us. On Windows it is a
// job that has no room for another process. Other systems have nothing: Enter succeeds there, and Held says that nothing
// holds.
//
// What remains to a device that was taken over: memory of the process, which is all of the guest; the open descriptors; the
// CPU's time. With Config.Write, calls that Landlock does not know change modes, owners, times and extended attributes of
// any file of the user, but make no set-user-ID program of it, and make anything visible that stat shows. With
// Config.Internet, any address; with Config.Interfaces, what the kernel tells of its networks. With Config.Dial, before ABI 9, any Unix socket of the user: a program behind one, such as a
// container's manager, may start programs.
//
// Without Landlock, seccomp still refuses to open any file if Config names no path, and to open a file for writing unless
// Config.Write names one. It cannot tell one path from another.
package sandbox
