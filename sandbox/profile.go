package sandbox

import (
	"os"
	"path/filepath"
	"strings"
)

// systemPaths are where macOS keeps what its libraries read. Nothing there belongs to a user.
var systemPaths = []string{"/System", "/usr/lib", "/usr/share", "/private/etc", "/private/preboot/Cryptexes"}

// resolverSocket is how macOS's library looks names up.
const resolverSocket = "/private/var/run/mDNSResponder"

// profile is what c permits, in the language of sandbox_init(3) of macOS. Of several rules the last one counts. Not all is
// denied that is not named: nobody has written down what Hypervisor.framework and Go's runtime need.
func profile(c Config) string {
	var p profileText
	p.line("version 1")
	p.line("allow default")
	p.line("deny process-exec* process-fork appleevent-send mach-lookup")
	p.line("deny signal (target others)")
	p.line("deny network*")
	p.line("deny file-read-data file-write*")
	p.line("allow file-read-data", below(systemPaths)...)
	p.allow("file-read-data", c.Read)
	p.allow("file-read-data file-write*", c.Write)
	if c.sockets() {
		p.line("allow network-inbound")
	}
	if c.Internet {
		p.line("allow network-outbound (remote ip)", literal(resolverSocket))
	}
	p.allow("network-outbound", c.Dial)
	return p.String()
}

// profileText is a profile, one expression a line.
type profileText struct{ strings.Builder }

func (p *profileText) line(words string, filters ...string) {
	p.WriteString("(" + strings.Join(append([]string{words}, filters...), " ") + ")\n")
}

// allow permits operations on files, and on what is below directories.
func (p *profileText) allow(operations string, paths []string) {
	if len(paths) > 0 {
		p.line("allow "+operations, filters(paths)...)
	}
}

// filters names files by their real paths, as the kernel compares them.
func filters(paths []string) (filters []string) {
	for _, path := range paths {
		if absolute, err := filepath.Abs(path); err == nil {
			path = absolute
		}
		if real, err := filepath.EvalSymlinks(path); err == nil {
			path = real
		}
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			filters = append(filters, below([]string{path})...)
		} else {
			filters = append(filters, literal(path))
		}
	}
	return filters
}

func below(paths []string) (filters []string) {
	for _, path := range paths {
		filters = append(filters, "(subpath "+quote(path)+")")
	}
	return filters
}

func literal(path string) string { return "(literal " + quote(path) + ")" }

// quote writes a string as the language of profiles has it.
func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}
