package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestMain makes this binary the multi-call program that it tests: under an applet's name it is that applet.
func TestMain(m *testing.M) {
	if name := filepath.Base(os.Args[0]); applets[name].run != nil {
		os.Exit(runApplet(name, os.Args[1:]))
	}
	os.Exit(m.Run())
}

// installApplets returns a directory with a link for each applet.
func installApplets(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name := range applets {
		if err := os.Symlink(self, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestShell runs scripts in an empty directory. Standard error is part of the output.
func TestShell(t *testing.T) {
	bin := installApplets(t)
	for _, test := range []struct {
		script string
		want   string
		status int
	}{
		// quoting
		{`echo a  b 'c  d' "e  f" g\ \ h`, "a b c  d e  f g  h\n", 0},
		{`echo "it's" 'say "x"' "a\"b\$c\\d\e"`, `it's say "x" a"b$c\d\e` + "\n", 0},
		{`echo a\` + "\n" + `b "c\` + "\n" + `d"`, "ab cd\n", 0},
		{`echo '' | wc -c; echo "" "" | wc -c`, "1\n2\n", 0},
		{"echo a # a comment\n#another\necho 'b#c' d#e", "a\nb#c d#e\n", 0},

		// variables
		{`x=5; y=$x-${x}6; echo $y "$y" '$y' $x$x ${#y}`, "5-56 5-56 $y 55 4\n", 0},
		{`x="a  b"; echo $x; echo "$x"; for i in $x; do echo $i; done`, "a b\na  b\na\nb\n", 0},
		{`echo ${u:-default} ${u-other}; echo ${u:=set} $u ${u:+alt}`, "default other\nset set alt\n", 0},
		{`x=a.b.c; echo ${x%.*} ${x#*.}`, "a.b b.c\n", 0},
		{`: ${u:?is not set}; echo no`, "sh: u: is not set\nno\n", 0},
		{`x=1 env | grep ^x=; echo "[$x]"`, "x=1\n[]\n", 0},
		{`set -- a "b c" d; echo $# $1 "$2"; shift; echo $*; for i in "$@"; do echo "<$i>"; done`, "3 a b c\nb c d\n<b c>\n<d>\n", 0},
		{`echo $? $# $0; false; echo $?`, "0 0 sh\n1\n", 0},
		{`echo "$@" x`, "x\n", 0},

		// arithmetic
		{`echo $((1 + 2 * 3)) $(( (1+2)*3 )) $((7/2)) $((-7%3)) $((1<<4|3))`, "7 9 3 -1 19\n", 0},
		{`i=3; echo $((i*i)) $(($i == 3 && !0)) $((0x10 > 15)) $((~0)) $((a+1))`, "9 1 1 -1 1\n", 0},
		{`echo $((1/0)); echo $?`, "sh: arithmetic: division by zero\n1\n", 0},
		{`echo $((1+)); echo $((2 3)); echo $((x$((1))y)); echo $((()))`, "sh: arithmetic: an operand is missing\n" +
			"sh: arithmetic: unexpected 3 in 2 3\n0\nsh: arithmetic: \")\" is not a number\n", 1},
		{`echo $(((1))`, "sh: unexpected end of input\n", 2},

		// lists and compound commands
		{`true && echo a || echo b; false && echo c || echo d`, "a\nd\n", 0},
		{`! true; echo $?; ! false; echo $?`, "1\n0\n", 0},
		{`if false; then echo a; elif true; then echo b; else echo c; fi`, "b\n", 0},
		{`if false; then echo a; fi; echo $?`, "0\n", 0},
		{"i=0\nwhile test $i -lt 3\ndo\n  echo $i\n  i=$((i+1))\ndone", "0\n1\n2\n", 0},
		{`until true; do echo no; done; echo $?`, "0\n", 0},
		{`for i in 1 2 3 4; do if [ $i = 2 ]; then continue; fi; [ $i = 4 ] && break; echo $i; done`, "1\n3\n", 0},
		{`for i in 1 2; do for j in 1 2; do [ $j = 2 ] && continue 2; echo $i$j; done; done`, "11\n21\n", 0},
		{`{ echo a; echo b; } | cat; (cd /; pwd); x=1; (x=2); echo $x`, "a\nb\n/\n1\n", 0},
		{`(exit 7); echo $?; exit 3; echo no`, "7\n", 3},

		// substitution
		{`echo $(echo a; echo b) "$(echo a; echo b)" ` + "`echo c`", "a b a\nb c\n", 0},
		{`x=$(exit 4); echo $?`, "4\n", 0},
		{`echo $(echo $(echo deep) ")")`, "deep )\n", 0},

		// pipes and redirections
		{`seq 10 | head -n 3 | tail -n 1; yes | head -n 1`, "3\ny\n", 0},
		{`echo a > f; echo b >> f; cat < f; echo c 2>&1 >f; cat f`, "a\nb\nc\n", 0},
		{`ls /nonexistent 2> e; echo $?; cat e`, "1\nls: lstat /nonexistent: no such file or directory\n", 0},
		{`{ echo out; echo err >&2; } 2>/dev/null | cat`, "out\n", 0},
		{`while read a b; do echo "$b-$a"; done <<x`, "sh: syntax error near <\n", 2},
		{`printf '1 2 3\n4 5\n' > f; while read a b; do echo "$b-$a"; done < f`, "2 3-1\n5-4\n", 0},
		{`cat < missing; echo $?`, "sh: missing: no such file or directory\n1\n", 0},
		{`true | false; echo $?; false | true; echo $?`, "1\n0\n", 0},
		{`sleep 0.01 & wait; echo done`, "done\n", 0},
		{`sh -c 'exit 5' & wait $!; echo $?`, "5\n", 0},

		// patterns
		{`touch b.go a.go .h c.txt; echo *.go *; echo '*' "*.go" \*`, "a.go b.go a.go b.go c.txt\n* *.go *\n", 0},
		{`touch ab ac; echo a[bc] a? .x* [; mkdir d; touch d/q; echo */q`, "ab ac ab ac .x* [\nd/q\n", 0},
		{`x='*'; touch one; echo $x "$x"`, "one *\n", 0},

		// errors
		{`nosuch; echo $?`, "sh: nosuch: no such command; help lists them\n127\n", 0},
		{`echo a; fi`, "sh: syntax error near fi\n", 2},
		{`echo a | | b`, "sh: syntax error near |\n", 2},
		{`if true; then`, "sh: unexpected end of input\n", 2},
		{`echo "a`, "sh: unexpected end of input\n", 2},
		{`ls --nosuch; echo $?`, "usage: ls [-la1dR] [PATH]...\n2\n", 0},

		// applets
		{`echo hello | tr a-y b-z | tee f | cat - f`, "ifmmp\nifmmp\n", 0},
		{`printf '%s=%04d %x%%\n' a 7 255 b 8 16`, "a=0007 ff%\nb=0008 10%\n", 0},
		{`printf 'b 2\na 10\na 1\n' | sort; printf '10\n9\n9\n' | sort -nu; printf '1\n2\n' | sort -r`, "a 1\na 10\nb 2\n9\n10\n2\n1\n", 0},
		{`echo a:b:c | cut -d : -f 1,3; echo a:b:c:d | cut -d: -f2-`, "a:c\nb:c:d\n", 0},
		{`printf 'a\na\nb\n' | uniq -c`, "      2 a\n      1 b\n", 0},
		{`printf abc | md5sum; printf abc | sha256sum | head -c 16; echo`, "900150983cd24fb0d6963f7d28e17f72  -\nba7816bf8f01cfea\n", 0},
		{`printf 'a\000b0c\1011\n' | tr -d '\000b'; printf '%b\n' 'x\ty\\n'`, "a0cA1\nx\ty\\n\n", 0},
		{`printf 'Hello, arm64!\n\0' | xxd`, "00000000  48 65 6c 6c 6f 2c 20 61  72 6d 36 34 21 0a 00     |Hello, arm64!..|\n", 0},
		{`printf 'one\ntwo\nthree\n' | grep -n t; echo x | grep -q y; echo $?; echo A | grep -ic a; echo a | grep -v a`, "2:two\n3:three\n1\n1\n", 1},
		{`printf 'a b\nc\n' | wc; printf 'a b\nc\n' | wc -l`, "2 3 6\n2\n", 0},
		{`mkdir -p a/b; touch a/b/f; cp -r a c; mv c d; rm -r a; find . -type f; rm d`, "d/b/f\nrm: d is a directory; rm -r removes it\n", 1},
		{`touch f; chmod 640 f; ls -l f | cut -d ' ' -f 1; chmod u+x,g-r,o=r f; ls -l f | cut -d' ' -f1`, "-rw-r-----\n-rwx---r--\n", 0},
		{`ln -s f l; readlink l; test -L l && [ ! -e l ] && echo dangling`, "f\ndangling\n", 0},
		{`[ 1 -lt 2 -a a = a ] && echo yes; [ a = b -o 1 -eq 1 ] && echo yes; [ x ] && [ ! "" ] && echo yes; [ -n "" ]; echo $?; [ a -eq 1 ]; echo $?`,
			"yes\nyes\nyes\n1\ntest: a -eq 1: not numbers\n2\n", 0},
		{`dd if=/dev/zero bs=1K count=3 2>/dev/null | wc -c; seq 5 -2 1`, "3072\n5\n3\n1\n", 0},
		{`basename /a/b.c .c; dirname /a/b.c; env -i 2>&1 | head -n 1`, "b\n/a\nenv: -i: no such command; help lists them\n", 0},
		{`sh -c 'kill -9 $$'; echo $?`, "killed\n137\n", 0},
	} {
		cmd := exec.Command(filepath.Join(bin, "sh"), "-c", test.script)
		cmd.Dir = t.TempDir()
		cmd.Env = []string{"PATH=" + bin, "HOME=/", "GOCOVERDIR=" + t.TempDir()}
		out, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil {
			t.Fatal(err)
		}
		if got := string(out); got != test.want || cmd.ProcessState.ExitCode() != test.status {
			t.Errorf("sh -c %q\n got %q, status %d\nwant %q, status %d", test.script, got, cmd.ProcessState.ExitCode(), test.want, test.status)
		}
	}
}

func TestInputIsReadLineByLine(t *testing.T) {
	bin := installApplets(t)
	cmd := exec.Command(filepath.Join(bin, "sh"))
	cmd.Env = []string{"PATH=" + bin}
	cmd.Stdin = strings.NewReader("for i in 1 2\ndo echo $i\ndone\nread x\nfor read\necho \"a\nb $x\" \\\nc\nexit 6\necho no\n")
	out, err := cmd.Output()
	if want := "1\n2\na\nb for read c\n"; string(out) != want || cmd.ProcessState.ExitCode() != 6 {
		t.Errorf("got %q, %v, want %q, status 6", out, err, want)
	}
}

func TestParseWantsMore(t *testing.T) {
	for _, test := range []struct {
		text string
		more bool
	}{
		{"if true\n", true}, {"if true; then x\n", true}, {"if true; then x; fi\n", false}, {"'a\n", true}, {"a |\n", true},
		{"a &&\n", true}, {"$(a\n", true}, {"{ a\n", true}, {"(a\n", true}, {"for i in a b\n", true}, {"a\n", false}, {"a; b &\n", false},
		{"a )\n", false}, {"a > \n", false}, {"", false}, {"\n\n", false},
	} {
		_, err := parse(test.text)
		if errors.Is(err, errIncomplete) != test.more {
			t.Errorf("parse(%q): %v, want that more input helps: %v", test.text, err, test.more)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a|b&&c", "for i in $(x `y`); do {(a);}; done 2>&1", "x=${a:-'b'} \"$((1+(2)))\"", "if a\nthen b\nelif c\nthen d\nfi"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parse(text)
		if err != nil {
			return
		}
		var walk func(s script)
		walk = func(s script) {
			for _, st := range s {
				for _, c := range append([]command(nil), st.first.commands...) {
					if !strings.Contains(text, c.src) {
						t.Errorf("parse(%q): a command's text is %q", text, c.src)
					}
					walk(c.condition)
					walk(c.body)
					walk(c.otherwise)
				}
			}
		}
		walk(s)
	})
}

func TestFindParameter(t *testing.T) {
	for _, test := range []struct {
		line, want string
		ok         bool
	}{
		{`console=ttyAMA0 miniboot.run="uname -a; exit 3" quiet`, "uname -a; exit 3", true},
		{`"miniboot.run=ls -l /" quiet`, "ls -l /", true},
		{`miniboot.run=poweroff`, "poweroff", true},
		{`miniboot.run=a miniboot.run="b c"`, "b c", true},
		{`miniboot.run=`, "", true},
		{`xminiboot.run=a miniboot.runx=b "x miniboot.run=c"`, "", false},
		{``, "", false},
	} {
		got, ok := findParameter(test.line, "miniboot.run")
		if got != test.want || ok != test.ok {
			t.Errorf("findParameter(%q) = %q, %v, want %q, %v", test.line, got, ok, test.want, test.ok)
		}
	}
}

func TestGetopt(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"", "map[] [] <nil>"},
		{"-la x", "map[a: l:] [x] <nil>"},
		{"-n 5 x", "map[n:5] [x] <nil>"},
		{"-ln5 x -a", "map[l: n:5] [x -a] <nil>"},
		{"-- -l", "map[] [-l] <nil>"},
		{"- -l", "map[] [- -l] <nil>"},
		{"-z", "map[] [] unknown option -z"},
		{"-:", "map[] [] unknown option -:"},
		{"-n", "map[] [] option -n needs a value"},
	} {
		opts, operands, err := getopt(strings.Fields(test.args), "lan:")
		letters := map[string]string{}
		for c, value := range opts {
			letters[string(c)] = value
		}
		if got := fmt.Sprint(letters, operands, err); got != test.want {
			t.Errorf("getopt(%s) = %s, want %s", test.args, got, test.want)
		}
	}
}
