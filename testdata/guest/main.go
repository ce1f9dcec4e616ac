// Command init is the userland of miniboot's default guest: one static program that is process 1, a shell and the
// usual small commands, told apart by the name they are started with.
//
// It needs nothing but Linux system calls and Go's standard library, tolerates a kernel without devtmpfs, input
// devices or a network, and starts quickly: the CPU that runs it may be an interpreter.
//
// Deliberately missing: users and logins, job control beyond & and wait, here-documents, shell functions and case.
package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// out is where applets print; runApplet flushes it.
var out = bufio.NewWriter(os.Stdout)

// An applet is one command. It gets the arguments after its name and returns an exit status.
type applet struct {
	run   func(args []string) int
	usage string
}

var applets map[string]applet

func init() {
	applets = map[string]applet{
		"[":         {runTest, "EXPRESSION ]"},
		"basename":  {runBasename, "PATH [SUFFIX]"},
		"cat":       {runCat, "[FILE]..."},
		"chmod":     {runChmod, "MODE FILE..."},
		"chroot":    {runChroot, "DIR [COMMAND [ARG]...]"},
		"clear":     {runClear, ""},
		"cp":        {runCp, "[-r] SOURCE... DEST"},
		"cut":       {runCut, "-d C -f LIST [FILE]..."},
		"date":      {runDate, "[-u] [+%s] [-s @SECONDS]"},
		"dd":        {runDD, "[if=F] [of=F] [bs=N] [count=N] [skip=N] [seek=N]"},
		"df":        {runDf, ""},
		"dhcp":      {runDHCP, "[INTERFACE]"},
		"dirname":   {runDirname, "PATH"},
		"dmesg":     {runDmesg, ""},
		"du":        {runDu, "[PATH]..."},
		"echo":      {runEcho, "[-n] [WORD]..."},
		"env":       {runEnv, "[NAME=VALUE]... [COMMAND [ARG]...]"},
		"false":     {func([]string) int { return 1 }, ""},
		"find":      {runFind, "[DIR]... [-name PATTERN] [-type f|d|l]"},
		"free":      {runFree, ""},
		"grep":      {runGrep, "[-civnqE] PATTERN [FILE]..."},
		"halt":      {runHalt, "[-f]"},
		"head":      {runHead, "[-n LINES | -c BYTES] [FILE]..."},
		"help":      {runHelp, ""},
		"hexdump":   {runHexdump, "[-n BYTES] [-s SKIP] [FILE]..."},
		"hostname":  {runHostname, "[NAME]"},
		"id":        {runID, ""},
		"insmod":    {runInsmod, "FILE [PARAMETER=VALUE]..."},
		"ip":        {runIP, "[addr | link | route] ..."},
		"kill":      {runKill, "[-SIGNAL] PID..."},
		"ln":        {runLn, "[-sf] TARGET NAME"},
		"ls":        {runLs, "[-la1dR] [PATH]..."},
		"lsmod":     {runLsmod, ""},
		"md5sum":    {runMD5, "[FILE]..."},
		"mkdir":     {runMkdir, "[-p] DIR..."},
		"mknod":     {runMknod, "NAME b|c MAJOR MINOR"},
		"mount":     {runMount, "[-t TYPE] [-o OPTIONS] SOURCE DIR"},
		"mv":        {runMv, "SOURCE... DEST"},
		"nc":        {runNc, "[-u] HOST PORT | -l [-u] PORT"},
		"nproc":     {runNproc, ""},
		"nslookup":  {runNslookup, "NAME..."},
		"poweroff":  {runPoweroff, "[-f]"},
		"printf":    {runPrintf, "FORMAT [ARG]..."},
		"ps":        {runPs, ""},
		"pwd":       {runPwd, ""},
		"readlink":  {runReadlink, "[-f] PATH"},
		"reboot":    {runReboot, "[-f]"},
		"rm":        {runRm, "[-rf] PATH..."},
		"rmdir":     {runRmdir, "DIR..."},
		"rmmod":     {runRmmod, "NAME"},
		"seq":       {runSeq, "[FIRST [STEP]] LAST"},
		"sh":        {runShell, "[-c COMMAND | FILE] [ARG]..."},
		"sha256sum": {runSHA256, "[FILE]..."},
		"sleep":     {runSleep, "SECONDS"},
		"sort":      {runSort, "[-nru] [FILE]..."},
		"stat":      {runStat, "PATH..."},
		"stty":      {runStty, "size"},
		"sync":      {runSync, ""},
		"tail":      {runTail, "[-n LINES] [FILE]..."},
		"tee":       {runTee, "[-a] [FILE]..."},
		"test":      {runTest, "EXPRESSION"},
		"touch":     {runTouch, "FILE..."},
		"tr":        {runTr, "[-d] SET1 [SET2]"},
		"true":      {func([]string) int { return 0 }, ""},
		"tty":       {runTty, ""},
		"umount":    {runUmount, "[-l] DIR..."},
		"uname":     {runUname, "[-asnrvm]"},
		"uniq":      {runUniq, "[-c] [FILE]"},
		"uptime":    {runUptime, ""},
		"vsock":     {runVsock, "echo PORT | connect CID PORT | check CID PORT CONNECTIONS BYTES"},
		"wc":        {runWc, "[-lwc] [FILE]..."},
		"wget":      {runWget, "[-O FILE] http://HOST[:PORT]/PATH"},
		"which":     {runWhich, "NAME..."},
		"xxd":       {runHexdump, "[-n BYTES] [-s SKIP] [FILE]..."},
		"yes":       {runYes, "[WORD]..."},
	}
}

func main() {
	if os.Getpid() == 1 {
		runInit()
	}
	name := strings.TrimPrefix(filepath.Base(os.Args[0]), "-")
	args := os.Args[1:]
	if name == "init" && len(args) > 0 { // "init ls -l" names the applet as its first argument
		name, args = args[0], args[1:]
	}
	os.Exit(runApplet(name, args))
}

func runApplet(name string, args []string) int {
	a, ok := applets[name]
	if !ok {
		fmt.Fprintf(os.Stderr, "%s: no such command; help lists them\n", name)
		return 127
	}
	if len(args) == 1 && args[0] == "--help" {
		return usage(name)
	}
	status := a.run(args)
	if err := out.Flush(); err != nil {
		out.Reset(os.Stdout)
		return fail(name, err)
	}
	return status
}

// fail prints err as the command's own and returns the exit status 1.
func fail(name string, err error) int {
	out.Flush()
	fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
	return 1
}

func usage(name string) int {
	fmt.Fprintf(os.Stderr, "usage: %s\n", strings.TrimSpace(name+" "+applets[name].usage))
	return 2
}

func runHelp([]string) int {
	var names []string
	for name := range applets {
		names = append(names, name)
	}
	slices.Sort(names)
	fmt.Fprintln(out, "Commands (NAME --help shows the arguments):")
	printColumns(names)
	fmt.Fprintln(out, "In the shell also:")
	printColumns(builtinNames())
	fmt.Fprintln(out, "and if, while, until, for, { }, ( ), !, time, pipes, redirections, && || ; & and $(...).")
	return 0
}

// printColumns prints names across lines of at most 80 columns.
func printColumns(names []string) {
	column := 0
	for i, name := range names {
		switch {
		case i == 0:
		case column+1+len(name) > 78:
			fmt.Fprintln(out)
			column = 0
		default:
			fmt.Fprint(out, " ")
			column++
		}
		if column == 0 {
			fmt.Fprint(out, "  ")
			column = 2
		}
		fmt.Fprint(out, name)
		column += len(name)
	}
	fmt.Fprintln(out)
}
