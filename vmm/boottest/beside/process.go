package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// A process is a machine with a guest. Its standard output is the console.
type process struct {
	cmd     *exec.Cmd
	cancel  context.CancelFunc
	console *bufio.Reader
	seen    strings.Builder
	started time.Time
}

// boot starts a guest. The caller stops it.
func (b *bench) boot(m machine, s spec) (*process, error) {
	ctx, cancel := context.WithTimeout(b.ctx, b.timeout)
	args := m.args(s)
	p := &process{cmd: exec.CommandContext(ctx, args[0], args[1:]...), cancel: cancel, started: time.Now()}
	p.cmd.Stderr = os.Stderr
	out, err := p.cmd.StdoutPipe()
	if err == nil {
		err = p.cmd.Start()
	}
	if err != nil {
		cancel()
		return nil, err
	}
	p.console = bufio.NewReader(out)
	return p, nil
}

// stop kills a guest that still runs.
func (p *process) stop() {
	p.cancel()
	p.cmd.Wait()
}

// line returns the console's next line without its end.
func (p *process) line() (string, error) {
	line, err := p.console.ReadString('\n')
	p.seen.WriteString(line)
	if err != nil {
		return "", p.failed("ended early", err)
	}
	return strings.TrimRight(line, "\r\n"), nil
}

// expect reads the console until text has come, which need not end its line.
func (p *process) expect(text string) error {
	for !strings.HasSuffix(p.seen.String(), text) {
		c, err := p.console.ReadByte()
		if err != nil {
			return p.failed(fmt.Sprintf("ended without %q", text), err)
		}
		p.seen.WriteByte(c)
	}
	return nil
}

// output waits until the guest has powered off and returns all of its console.
func (p *process) output() (string, error) {
	_, err := io.Copy(&p.seen, p.console)
	if err == nil {
		err = p.cmd.Wait()
	}
	if err != nil {
		return "", p.failed("did not power off", err)
	}
	return p.seen.String(), nil
}

// failed is an error with the last of the console.
func (p *process) failed(what string, err error) error {
	const most = 1000
	seen := p.seen.String()
	return fmt.Errorf("the guest %s: %w; its console ends with\n%s", what, err, seen[max(0, len(seen)-most):])
}

// age is for how long the guest has run.
func (p *process) age() float64 { return time.Since(p.started).Seconds() }

func (p *process) cpuSeconds() (float64, error) { return cpuSeconds(p.cmd.Process.Pid) }

func (p *process) peakMiB() (float64, error) { return peakMiB(p.cmd.Process.Pid) }
