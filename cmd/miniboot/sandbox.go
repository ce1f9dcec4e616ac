package main

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/sandbox"
	"github.com/miniboot-vmm/miniboot/virtio/net/user"
	"github.com/miniboot-vmm/miniboot/virtio/vsock"
)

// enterSandbox leaves the process what the options go on needing, and says with -v what holds. Everything is open, and the
// guest has not begun.
func enterSandbox(o options, files bootFiles, log *slog.Logger) error {
	if o.sandbox == "off" {
		return nil
	}
	held, err := thisHost.enter(o.sandboxConfig(files))
	if err != nil {
		return fmt.Errorf("%w: with -sandbox off the guest runs without one", err)
	}
	log.Info("sandbox: " + held.String())
	return nil
}

// adviseInSandbox says of a file that could be read at the start why it cannot be at a reset.
func (o options) adviseInSandbox(err error) error {
	if o.sandbox == "off" || !errors.Is(err, fs.ErrPermission) {
		return err
	}
	return fmt.Errorf("%w: in the sandbox no file can be read that has replaced another one: use -sandbox off", err)
}

// sandboxConfig is what the machine uses while it runs. What is open already needs no rule: disks with their backing files,
// listeners, and files that are written.
func (o options) sandboxConfig(files bootFiles) sandbox.Config {
	c := sandbox.Config{OpenFiles: o.openFiles(), Read: files.paths()}
	for _, s := range o.shares {
		if s.readOnly {
			c.Read = append(c.Read, s.dir)
		} else {
			c.Write = append(c.Write, s.dir)
		}
	}
	for _, n := range o.nets {
		c.Internet = c.Internet || n.kind == "user"
		c.Interfaces = c.Interfaces || n.noHost || n.noLAN
		if n.kind == "unix" { // a program that ends is dialled again
			c.Dial = append(c.Dial, filepath.Dir(n.name))
		}
	}
	if c.Internet {
		c.Read = append(c.Read, existing(resolverPaths("/etc/resolv.conf", "/etc/hosts")...)...)
	}
	if o.vsock != nil {
		c.Dial = append(c.Dial, filepath.Dir(o.vsock.Path)) // of PATH_PORT
	}
	c.Sockets = c.Sockets || o.console.kind == consoleUnix
	if o.cpuProfile != "" { // to name the code in it
		program, _ := os.Executable()
		c.Read = append(c.Read, existing("/proc/self/maps", program)...)
	}
	return c
}

// paths are the files from which the guest's memory is filled when it starts, and again at a reset. A pipe's content is
// kept.
func (f bootFiles) paths() (paths []string) {
	all := append([]boot.File{f.kernel}, f.initrds...)
	if f.dtb != nil {
		all = append(all, *f.dtb)
	}
	for _, file := range all {
		if info, err := os.Stat(file.Name); file.Data == nil && err == nil && info.Mode().IsRegular() {
			paths = append(paths, file.Name)
		}
	}
	return paths
}

// resolverPaths are where files are that the host's network changes. Programs replace them by new files, so where a link
// leads to a directory of their own, in /run, that directory counts.
func resolverPaths(links ...string) (paths []string) {
	for _, link := range links {
		path, err := filepath.EvalSymlinks(link)
		if err != nil {
			path = link
		}
		if dir := filepath.Dir(path); strings.HasPrefix(dir, "/run/") {
			path = dir
		}
		paths = append(paths, path)
	}
	return paths
}

func existing(paths ...string) (found []string) {
	for _, path := range paths {
		if _, err := os.Stat(path); err == nil {
			found = append(found, path)
		}
	}
	return found
}

// openFiles is the most descriptors that the options can use. A share has looked at the limit and takes its part of it, so
// with one the limit stays. A stream or flow of a network has one descriptor, and so has a connection of vsock.
func (o options) openFiles() uint64 {
	if len(o.shares) > 0 {
		return 0
	}
	const base = 1024 // the program, its disks, its vCPUs
	files := base + 2*len(o.disks)
	for _, n := range o.nets {
		if n.kind == "user" {
			files += user.MaxStreams + user.MaxFlows + base // those that are closing
		}
	}
	if o.vsock != nil {
		files += vsock.DefaultMaxConnections + base
	}
	return uint64(files)
}
