package user

import (
	"bytes"
	"io"
	stdnet "net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/miekg/dns"
)

// maxHostFile is how many bytes of a file of the host are looked at.
const maxHostFile = 4 << 20

// A hostFile is a file of the host, which is parsed again when its size or its time of
// change is another. A file that cannot be read, or has no path, has the zero value.
type hostFile[T any] struct {
	path  string
	parse func([]byte) T

	mu      sync.Mutex // a leaf
	size    int64
	changed time.Time
	value   T
}

func (f *hostFile[T]) load() T {
	f.mu.Lock()
	defer f.mu.Unlock()
	info, err := os.Stat(f.path)
	if err == nil && info.Size() == f.size && info.ModTime().Equal(f.changed) {
		return f.value
	}
	var b []byte
	if err == nil {
		b, err = readStart(f.path)
	}
	if err != nil {
		var none T
		f.size, f.changed, f.value = 0, time.Time{}, none
		return none
	}
	f.size, f.changed, f.value = info.Size(), info.ModTime(), f.parse(b)
	return f.value
}

// readStart reads the first lines of a file, up to maxHostFile bytes.
func readStart(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxHostFile))
	if len(b) == maxHostFile {
		b = b[:bytes.LastIndexByte(b, '\n')+1]
	}
	return b, err
}

// Limits of a resolverConfig. The first two are those of the C library.
const (
	maxServers  = 3
	maxAttempts = 5
	maxSearch   = 32
)

// A resolverConfig is what resolv.conf(5) says.
type resolverConfig struct {
	servers  []string // addresses with ports
	search   []string // domains, without a dot at the end
	timeout  time.Duration
	attempts int
}

func parseResolvConf(b []byte) (c resolverConfig) {
	conf, err := dns.ClientConfigFromReader(bytes.NewReader(b))
	if err != nil {
		return c
	}
	for _, s := range conf.Servers {
		if _, err := netip.ParseAddr(s); err == nil && len(c.servers) < maxServers {
			c.servers = append(c.servers, stdnet.JoinHostPort(s, conf.Port))
		}
	}
	for _, s := range conf.Search {
		s = strings.TrimSuffix(s, ".")
		if _, ok := dns.IsDomainName(s); ok && !strings.Contains(s, `\`) && len(c.search) < maxSearch {
			c.search = append(c.search, s)
		}
	}
	// Each server is asked at least once in the time that a query has.
	c.timeout = queryTimeout / time.Duration(max(len(c.servers), 1))
	if conf.Timeout < int(c.timeout/time.Second) {
		c.timeout = time.Duration(conf.Timeout) * time.Second
	}
	c.attempts = min(conf.Attempts, maxAttempts)
	return c
}

// hostNames are the addresses in hosts(5) by name, in lower case with a dot at the end.
type hostNames map[string][]netip.Addr

func parseHosts(b []byte) hostNames {
	names := hostNames{}
	for line := range strings.Lines(string(b)) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		a, err := netip.ParseAddr(fields[0])
		if err != nil {
			continue
		}
		for _, name := range fields[1:] {
			name = dns.CanonicalName(name)
			names[name] = append(names[name], a.Unmap().WithZone(""))
		}
	}
	return names
}
