package sandbox

import (
	"fmt"
	"strings"
)

// Config is what the process goes on needing.
type Config struct {
	// Read and Write are files and directories, the latter with all that is below them. In those of Write, files are made,
	// changed and removed too. Each must exist. What Enter finds at a path counts: if another file is moved there later,
	// it cannot be opened.
	Read, Write []string

	// Dial are directories of Unix sockets that are connected to.
	Dial []string

	// Internet permits new TCP and UDP sockets that connect, to any address, and echo requests.
	Internet bool

	// Interfaces permits to ask the kernel for the addresses of this host.
	Interfaces bool

	// Sockets permits the use of sockets that are open already, as listeners are. Dial, Internet
	// and Interfaces imply it.
	Sockets bool

	// OpenFiles is the most descriptors at a time; 0 leaves the limit as it is.
	OpenFiles uint64

	// WithoutLandlock leaves that layer out, as on a kernel that does not have it.
	WithoutLandlock bool
}

// sockets says whether any socket is used.
func (c Config) sockets() bool { return c.Sockets || c.Internet || c.Interfaces || len(c.Dial) > 0 }

// paths says whether any file is opened.
func (c Config) paths() bool { return len(c.Read)+len(c.Write) > 0 }

// Held is what holds since Enter.
type Held struct {
	NoNewPrivs bool
	Landlock   int    // the version of the kernel's ABI that is used; 0: no Landlock
	Calls      int    // system calls that seccomp lets pass, some with certain arguments only; 0: no seccomp
	OpenFiles  uint64 // the most descriptors at a time; 0: not limited here

	// Capabilities says that a process that had capabilities, as root has, has only those that Config needs.
	Capabilities bool

	Profile bool // macOS enforces a profile
	Job     bool // Windows lets the process start no other
}

// String is one line.
func (h Held) String() string {
	var parts []string
	if h.NoNewPrivs {
		parts = append(parts, "no_new_privs")
	}
	if h.Landlock > 0 {
		parts = append(parts, fmt.Sprintf("Landlock (ABI %d)", h.Landlock))
	}
	if h.Calls > 0 {
		parts = append(parts, fmt.Sprintf("seccomp (%d system calls)", h.Calls))
	}
	if h.Capabilities {
		parts = append(parts, "no capabilities but those for the files")
	}
	if h.Profile {
		parts = append(parts, "a profile")
	}
	if h.Job {
		parts = append(parts, "a job of one process")
	}
	if h.OpenFiles > 0 {
		parts = append(parts, fmt.Sprintf("at most %d open files", h.OpenFiles))
	}
	if len(parts) == 0 {
		return "nothing holds on this system"
	}
	return strings.Join(parts, ", ")
}

// Enter restricts the process to what c names. Nothing takes that back. A layer that the kernel does not have is left out,
// and Held says so. After an error some layers may hold.
func Enter(c Config) (Held, error) {
	h, err := enter(c)
	if err != nil {
		return h, fmt.Errorf("sandbox: %w", err)
	}
	return h, nil
}
