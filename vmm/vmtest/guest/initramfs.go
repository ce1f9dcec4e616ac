package guest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/miniboot-vmm/miniboot/boot"
	"github.com/miniboot-vmm/miniboot/boot/cpio"
	"github.com/miniboot-vmm/miniboot/testdata"
)

// How init is built, which is a part of the cached archive's key. GOARM64 is the oldest architecture whatever the user's
// default is, because the software CPU implements that one.
var (
	recipeEnv  = []string{"GOOS=linux", "GOARCH=arm64", "GOARM64=v8.0", "CGO_ENABLED=0", "GOEXPERIMENT="}
	recipeArgs = []string{"build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", "init", "."}
)

// Initramfs returns the default guest's initramfs. If it has to be built first, progress (nil for none) gets a line
// about that. The initramfs works with any arm64 kernel.
func Initramfs(ctx context.Context, progress io.Writer) (boot.File, error) {
	key, err := sourceKey()
	if err != nil {
		return boot.File{}, fmt.Errorf("guest: initramfs: %w", err)
	}
	file := boot.File{Name: "initramfs-" + key + ".cpio"}
	cache, err := os.UserCacheDir()
	if err == nil {
		file.Name = filepath.Join(cache, "miniboot", file.Name)
		if _, err := os.Stat(file.Name); err == nil {
			return file, nil
		}
	}
	say(progress, "building the default initramfs (once)")
	archive, err := buildInitramfs(ctx)
	if err != nil {
		return boot.File{}, fmt.Errorf("guest: initramfs: %w", err)
	}
	if cache == "" || store(file.Name, archive) != nil {
		file.Data = archive // without a cache it is built each time
	}
	return file, nil
}

// sourceKey names what the archive is made from.
func sourceKey() (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, goMod, recipeEnv, recipeArgs, runtime.Version())
	err := fs.WalkDir(testdata.Guest, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := testdata.Guest.ReadFile(path)
		fmt.Fprintln(h, path, len(data))
		h.Write(data)
		return err
	})
	return fmt.Sprintf("%.8x", h.Sum(nil)), err
}

func buildInitramfs(ctx context.Context) ([]byte, error) {
	g, err := newGoCommand()
	if err != nil {
		return nil, err
	}
	defer g.close()
	source, err := fs.Sub(testdata.Guest, "guest")
	if err == nil {
		err = os.CopyFS(g.dir, source)
	}
	if err == nil {
		_, err = g.run(ctx, recipeEnv, recipeArgs...)
	}
	if err != nil {
		return nil, err
	}
	program, err := os.ReadFile(filepath.Join(g.dir, "init"))
	if err != nil {
		return nil, err
	}
	return cpio.Archive([]cpio.File{
		{Name: "dev/console", Mode: fs.ModeDevice | fs.ModeCharDevice | 0o600, Major: 5, Minor: 1},
		{Name: "init", Mode: 0o755, Data: program},
	})
}

// store writes a file so that nobody ever sees a part of it.
func store(name string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(name), "initramfs-*.tmp")
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
