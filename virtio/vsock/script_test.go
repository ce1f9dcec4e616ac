package vsock

import (
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"
)

// script plays both ends of one connection, a line at a time:
//
//	> OP [TEXT|FLAGS]   the guest sends a packet
//	< OP [TEXT|FLAGS]   the guest gets a packet
//	listen, accept      the host's side of a connection from the guest
//	dial, ok, refused   the host's side of a connection to the guest
//	write TEXT, read TEXT, eof, shut, noread, close
type script struct {
	*guest
	at       address
	listener net.Listener
	host     *net.UnixConn
	sent     uint32 // by the device, bytes
}

var flagNames = map[string]uint32{"receive": shutdownReceive, "send": shutdownSend, "both": shutdownBoth}

func opNamed(t testing.TB, name string) op {
	for i, n := range opNames {
		if n == name {
			return op(i)
		}
	}
	n, err := strconv.Atoi(name)
	if err != nil {
		t.Fatalf("no op %q", name)
	}
	return op(n)
}

func (s *script) play(line string) {
	s.t.Helper()
	f := append(strings.Fields(line), "", "")
	switch f[0] {
	case ">":
		h := s.packetTo(opNamed(s.t, f[1]), s.at)
		h.flags, h.len, h.fwdCnt = flagNames[f[2]], 0, s.sent
		payload := []byte(f[2])
		if h.op != opRW {
			payload = nil
		}
		h.len = uint32(len(payload))
		s.send(h, payload)
	case "<":
		s.want(opNamed(s.t, f[1]), f[2])
	case "eof":
		s.read("")
	case "read":
		s.read(f[1])
	default:
		s.hostDoes(f[0], f[1])
	}
}

// want receives a packet; TEXT may come in pieces, and both flags one by one.
func (s *script) want(o op, arg string) {
	s.t.Helper()
	if o == opRequest {
		h, _ := s.receive()
		s.at = address{h.srcPort, h.dstPort}
		if h.op != opRequest || h.dstPort != 1024 || h.srcPort < firstHostPort {
			s.t.Fatalf("got %v from port %d to %d", h.op, h.srcPort, h.dstPort)
		}
		return
	}
	h, payload := s.expect(o, s.at)
	s.sent += h.len
	switch {
	case o == opShutdown && arg == "both" && h.flags != shutdownBoth:
		s.want(o, arg)
	case o == opShutdown && h.flags != flagNames[arg]:
		s.t.Fatalf("SHUTDOWN with flags %d, want %s", h.flags, arg)
	case o == opRW && (len(payload) == 0 || !strings.HasPrefix(arg, string(payload))):
		s.t.Fatalf("RW %q, want %q", payload, arg)
	case o == opRW && len(payload) < len(arg):
		s.want(o, arg[len(payload):])
	}
}

func (s *script) hostDoes(what, arg string) {
	s.t.Helper()
	var err error
	switch what {
	case "listen":
		s.listener = s.listen(s.at.host)
	case "accept":
		var c net.Conn
		if c, err = s.listener.Accept(); err == nil {
			s.host = c.(*net.UnixConn)
		}
	case "dial":
		if s.host, err = net.DialUnix("unix", nil, &net.UnixAddr{Name: s.path, Net: "unix"}); err == nil {
			_, err = s.host.Write([]byte("CONNECT 1024\n" + arg))
		}
	case "ok":
		s.read("OK " + strconv.Itoa(int(s.at.host)) + "\n")
	case "refused":
		s.read("")
	case "write":
		_, err = s.host.Write([]byte(arg))
	case "shut":
		err = s.host.CloseWrite()
	case "noread":
		err = s.host.CloseRead()
	case "close":
		err = s.host.Close()
	default:
		s.t.Fatalf("no such line: %s", what)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

// read reads text; "" is the end.
func (s *script) read(want string) {
	s.t.Helper()
	s.host.SetReadDeadline(time.Now().Add(20 * time.Second))
	b := make([]byte, max(len(want), 1))
	n, err := io.ReadFull(s.host, b)
	if want == "" && (n > 0 || err != io.EOF) || want != "" && string(b[:n]) != want {
		s.t.Fatalf("host reads %q, %v, want %q", b[:n], err, want)
	}
}

func TestConversations(t *testing.T) {
	for _, tc := range []struct{ name, script string }{
		{"to the host, nobody listens", "> REQUEST; < RST"},
		{"to the host, closed by the guest",
			"listen; > REQUEST; < RESPONSE; accept; > RW hello; read hello; write world; < RW world; > SHUTDOWN both; < RST; eof"},
		{"to the host, data and the end at once",
			"listen; > REQUEST; < RESPONSE; accept; > RW last; > SHUTDOWN both; < RST; read last; eof"},
		{"to the host, reset by the guest",
			"listen; > REQUEST; < RESPONSE; accept; > RW last; > RST; read last; eof; > RW x; < RST"},
		{"to the host, half-close by the guest",
			"listen; > REQUEST; < RESPONSE; accept; > RW question; > SHUTDOWN send; read question; eof; write answer; < RW answer; close; < SHUTDOWN both; > RST"},
		{"to the host, half-close by the host",
			"listen; > REQUEST; < RESPONSE; accept; write question; < RW question; shut; < SHUTDOWN send; > RW answer; read answer; > SHUTDOWN both; < RST; eof"},
		{"to the host, both halves close one by one",
			"listen; > REQUEST; < RESPONSE; accept; shut; < SHUTDOWN send; > SHUTDOWN send; eof; < SHUTDOWN both; > RST"},
		{"to the host, one flag after the other",
			"listen; > REQUEST; < RESPONSE; accept; > SHUTDOWN send; eof; > SHUTDOWN receive; < RST"},
		{"to the host, closed by the host",
			"listen; > REQUEST; < RESPONSE; accept; close; < SHUTDOWN send; > RW x; < SHUTDOWN both; > RW x; < RST"},
		{"to the host, the guest takes no more",
			"listen; > REQUEST; < RESPONSE; accept; > SHUTDOWN receive; < SHUTDOWN send; > RW still; read still; > SHUTDOWN send; < RST; eof"},
		{"to the host, the host takes no more",
			"listen; > REQUEST; < RESPONSE; accept; noread; > RW x; < SHUTDOWN receive; > RW late; write still; < RW still; shut; < SHUTDOWN both; > RST"},
		{"a closed connection's ports again",
			"listen; > REQUEST; < RESPONSE; accept; > SHUTDOWN both; < RST; eof; > REQUEST; < RESPONSE; accept; > RW x; read x"},
		{"to the guest", "dial; < REQUEST; > RESPONSE; ok; write hello; < RW hello; > RW world; read world; close; < SHUTDOWN send; > SHUTDOWN both; < RST"},
		{"to the guest, with data behind the line", "dial early; < REQUEST; > RESPONSE; < RW early; ok; > RW x; read x"},
		{"to the guest, refused", "dial; < REQUEST; > RST; refused; > RST"},
		{"to the guest, answered and over at once",
			"dial; < REQUEST; > RESPONSE; > RW daytime; > SHUTDOWN both; < RST; ok; read daytime; eof"},
		{"credit asked for", "listen; > REQUEST; < RESPONSE; accept; > CREDIT_REQUEST; < CREDIT_UPDATE; > CREDIT_UPDATE"},
		{"REQUEST twice", "listen; > REQUEST; < RESPONSE; accept; > REQUEST; < RST; eof"},
		{"RESPONSE that nobody wants", "listen; > REQUEST; < RESPONSE; accept; > RESPONSE; < RST; eof"},
		{"RW before RESPONSE", "dial; < REQUEST; > RW x; < RST; refused"},
		{"SHUTDOWN before RESPONSE", "dial; < REQUEST; > SHUTDOWN both; < RST; refused"},
		{"RW after SHUTDOWN", "listen; > REQUEST; < RESPONSE; accept; > SHUTDOWN send; > RW x; < RST; eof"},
		{"INVALID", "listen; > REQUEST; < RESPONSE; accept; > INVALID; < RST; eof"},
		{"an op that is not there", "listen; > REQUEST; < RESPONSE; accept; > RW ok; > 8; < RST; read ok; eof"},
		{"an op past the width of a set", "listen; > REQUEST; < RESPONSE; accept; > 65535; < RST; eof"},
		{"RST of nothing", "> RST"},
		{"RESPONSE of nothing", "> RESPONSE; < RST"},
		{"SHUTDOWN of nothing", "> SHUTDOWN both; < RST"},
		{"RW of nothing", "> RW x; < RST"},
		{"CREDIT_UPDATE of nothing", "> CREDIT_UPDATE; < RST"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := &script{guest: newGuest(t, 0).post(), at: address{host: 52, guest: 2000}}
			for _, line := range strings.Split(tc.script, "; ") {
				s.play(line)
			}
			s.quiet()
			if s.host != nil {
				s.host.Close()
			}
		})
	}
}
