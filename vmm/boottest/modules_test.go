package boottest

import (
	"bytes"
	"debug/elf"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/boot/cpio"
)

// debianGuest returns a kernel of Debian's that has its drivers in modules, "bookworm-cloud" or "trixie-cloud", and
// the default guest's userland for it: before the first prompt it loads the named modules, each after those that it
// needs, and virtio_mmio before all. Those that the kernel has built in may be named too.
//
//	kernel, initrds := debianGuest(t, "bookworm-cloud", "virtio_blk", "virtiofs")
func debianGuest(t testing.TB, kernel string, modules ...string) (boot.File, []boot.File) {
	t.Helper()
	file := kernelFile(t, kernel+".vmlinuz")
	set := moduleSet{dir: kernelFile(t, kernel+".modules").Name, seen: map[string]bool{}}
	if err := set.addBuiltins(); err != nil {
		t.Fatal(err)
	}
	for _, name := range append([]string{"virtio_mmio"}, modules...) {
		if err := set.add(name); err != nil {
			t.Fatal(err)
		}
	}
	archive, err := set.archive()
	if err != nil {
		t.Fatal(err)
	}
	return file, []boot.File{userland(t), archive}
}

// A moduleSet collects kernel modules in the order in which they can be loaded.
type moduleSet struct {
	dir   string          // has NAME.ko, and modules.builtin
	seen  map[string]bool // in the kernel or in files
	files []cpio.File
}

// addBuiltins notes what need not be loaded. modules.builtin has paths: kernel/fs/fuse/fuse.ko.
func (s *moduleSet) addBuiltins() error {
	list, err := os.ReadFile(filepath.Join(s.dir, "modules.builtin"))
	for file := range strings.FieldsSeq(string(list)) {
		name := strings.TrimSuffix(path.Base(file), ".ko")
		s.seen[strings.ReplaceAll(name, "-", "_")] = true
	}
	return err
}

// add appends a module, unless it is there, after the modules that it depends on. Dashes in names are underscores, as
// for the kernel.
func (s *moduleSet) add(name string) error {
	if s.seen[name] {
		return nil
	}
	s.seen[name] = true
	data, err := s.read(name)
	if err != nil {
		return err
	}
	depends, err := dependencies(data)
	if err != nil {
		return fmt.Errorf("module %s: %w", name, err)
	}
	for _, d := range depends {
		if err := s.add(d); err != nil {
			return fmt.Errorf("%w; %s needs it", err, name)
		}
	}
	s.files = append(s.files, cpio.File{Name: "lib/modules/" + name + ".ko", Mode: 0o644, Data: data})
	return nil
}

// read finds the file of a module, whose name may have dashes where the module's own has underscores.
func (s *moduleSet) read(name string) ([]byte, error) {
	pattern := filepath.Join(s.dir, strings.ReplaceAll(name, "_", "?")+".ko")
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) != 1 {
		return nil, fmt.Errorf("module %s: no file %s; fetch-kernels.sh has the list of what it fetches", name, pattern)
	}
	return os.ReadFile(files[0])
}

// dependencies returns what the module information of a kernel module says under "depends".
func dependencies(module []byte) ([]string, error) {
	f, err := elf.NewFile(bytes.NewReader(module))
	if err != nil {
		return nil, err
	}
	section := f.Section(".modinfo")
	if section == nil {
		return nil, fmt.Errorf("no section .modinfo")
	}
	info, err := section.Data()
	if err != nil {
		return nil, err
	}
	for field := range strings.SplitSeq(string(info), "\x00") {
		if names, ok := strings.CutPrefix(field, "depends="); ok && names != "" {
			return strings.Split(names, ","), nil
		}
	}
	return nil, nil
}

// archive has the modules, and the script that loads them: the default guest's init runs /etc/rc before the first
// shell.
func (s *moduleSet) archive() (boot.File, error) {
	var script strings.Builder
	for _, f := range s.files {
		fmt.Fprintf(&script, "insmod /%s\n", f.Name)
	}
	data, err := cpio.Archive(append(s.files, cpio.File{Name: "etc/rc", Mode: 0o644, Data: []byte(script.String())}))
	return boot.File{Name: "modules.cpio", Data: data}, err
}
