package boot

import (
	"crypto/rand"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/miniboot-vmm/miniboot/fdt"
)

// Config is what to boot, and on which machine.
type Config struct {
	Machine     Machine
	Kernel      File
	Initrds     []File    // joined in this order
	CommandLine string    // empty: with DTB, the blob's own remains
	DTB         *File     // a blob to use in place of the machine's own
	KASLR       bool      // give the kernel a kaslr-seed
	Rand        io.Reader // the source of seeds; nil is crypto/rand
}

// maxCommandLine is COMMAND_LINE_SIZE of arm64 less its NUL, in bytes. The kernel
// silently drops everything after it.
const maxCommandLine = 2047

// Prepare looks at every file and finds its place in memory. It unpacks a kernel that is
// packed; the rest of what the files hold is read at a start: Segment.Load. The plan is
// good for any number of starts. Each error is one line that names the file.
func Prepare(c Config) (*Plan, error) {
	if err := c.Machine.check(); err != nil {
		return nil, err
	}
	if err := checkCommandLine(c.CommandLine); err != nil {
		return nil, err
	}
	if c.Rand == nil {
		c.Rand = rand.Reader
	}
	c, err := c.repeatable()
	if err != nil {
		return nil, err
	}
	tree, err := c.tree()
	if err != nil {
		return nil, err
	}
	p := &Plan{config: c, tree: tree}
	if err := p.read(); err != nil {
		return nil, err
	}
	return p, nil
}

// repeatable returns c with files that can be read again. The plan keeps them.
func (c Config) repeatable() (_ Config, err error) {
	if c.Kernel, err = c.Kernel.repeatable(roleKernel); err != nil {
		return c, err
	}
	c.Initrds = slices.Clone(c.Initrds)
	for i, f := range c.Initrds {
		if c.Initrds[i], err = f.repeatable(roleInitrd); err != nil {
			return c, err
		}
	}
	return c, nil
}

// tree is the devicetree before a start adds to it.
func (c Config) tree() (*fdt.Tree, error) {
	if c.DTB != nil {
		return readDTB(*c.DTB, c.Machine.RAM)
	}
	return c.Machine.Tree()
}

func checkCommandLine(line string) error {
	switch {
	case len(line) > maxCommandLine:
		return fmt.Errorf("boot: %w: it has %d bytes, an arm64 kernel takes %d: shorten it", ErrCommandLine, len(line), maxCommandLine)
	case strings.ContainsRune(line, 0):
		return fmt.Errorf("boot: %w: %q has a NUL in it: take it out", ErrCommandLine, line)
	case strings.ContainsAny(line, "\r\n"): // whoever reads /proc/cmdline expects one line
		return fmt.Errorf("boot: %w: %q has a line break in it: take it out", ErrCommandLine, line)
	}
	return nil
}
