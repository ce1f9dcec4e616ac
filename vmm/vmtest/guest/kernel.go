package guest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/miniboot-vmm/miniboot/boot"
)

// The default kernel: Linux 7.1.3, a raw Image of 59 MB.
const (
	kernelModule   = "github.com/gokrazy/kernel.arm64"
	kernelVersion  = "v0.0.0-20260705071517-37841c4d6ff1"
	kernelSum      = "h1:MYq3OcTlEz46i/DZxG3c6ePjE6Te/024cPW2VHTBVAs=" // of the module's zip, as in go.sum
	kernelZipBytes = 20277653
	kernelFile     = "vmlinuz"
)

// Kernel returns the default kernel, in the module cache. If it has to be fetched first, progress (nil for none)
// gets lines about that.
func Kernel(ctx context.Context, progress io.Writer) (boot.File, error) {
	dir, err := kernelDir(ctx, progress)
	if err != nil {
		return boot.File{}, fmt.Errorf("guest: default kernel: %w", err)
	}
	return boot.File{Name: filepath.Join(dir, kernelFile)}, nil
}

func kernelDir(ctx context.Context, progress io.Writer) (string, error) {
	g, err := newGoCommand()
	if err != nil {
		return "", err
	}
	defer g.close()
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.reportDownload(ctx, progress)
	}()
	defer func() {
		cancel()
		<-done
	}()
	return g.downloadKernel(ctx)
}

// downloadKernel returns the module's directory. The go command checks the zip against the checksum database when it
// fetches it and against its own record when it finds it in the cache; the compiled-in sum holds in both cases.
func (g goCommand) downloadKernel(ctx context.Context) (dir string, err error) {
	stdout, err := g.run(ctx, nil, "mod", "download", "-json", kernelModule+"@"+kernelVersion)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	var module struct{ Dir, Sum, Error string }
	if jsonErr := json.Unmarshal(stdout, &module); jsonErr != nil && err == nil {
		err = fmt.Errorf("go mod download: %w", jsonErr)
	}
	switch {
	case module.Error != "":
		return "", errors.New(lastLine(module.Error))
	case err != nil:
		return "", err
	case module.Sum != kernelSum:
		return "", fmt.Errorf("%s has the sum %s, expected %s: a different file came from the proxy or the module cache; go clean -modcache empties that", module.Dir, module.Sum, kernelSum)
	}
	return module.Dir, nil
}

// reportDownload prints the progress of the download until ctx is done. It prints nothing if there is none: on a busy
// host the go command takes a while to find the kernel in its cache.
func (g goCommand) reportDownload(ctx context.Context, progress io.Writer) {
	ticker := time.NewTicker(time.Second)
	defer ticker.Stop()
	partial := ""
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if partial == "" {
			partial = g.partialDownload(ctx)
		}
		sayFetched(progress, partial)
	}
}

// sayFetched prints how much of the kernel there is, if it is being fetched.
func sayFetched(progress io.Writer, partial string) {
	if size, ok := fileSize(partial); ok {
		say(progress, "fetching the default kernel, %s (once): %d of %d MB", kernelModule, size/1_000_000, kernelZipBytes/1_000_000)
	}
}

// partialDownload is the pattern of the file that the go command downloads the module's zip to.
func (g goCommand) partialDownload(ctx context.Context) string {
	cache, err := g.run(ctx, nil, "env", "GOMODCACHE")
	if err != nil {
		return ""
	}
	return filepath.Join(lastLine(string(cache)), "cache", "download", filepath.FromSlash(kernelModule), "@v", kernelVersion+".zip*.tmp")
}

// fileSize returns the size in bytes of the first file that matches pattern, if there is one.
func fileSize(pattern string) (size int64, ok bool) {
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		return 0, false
	}
	info, err := os.Stat(names[0])
	if err != nil {
		return 0, false
	}
	return info.Size(), true
}
