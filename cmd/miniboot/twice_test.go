package main

import (
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
)

// valuesFor are values that each flag takes which may not be given twice.
var valuesFor = map[string]string{
	"kernel": "a", "m": "512M", "smp": "1", "accel": "soft", "engine": "interpreter", "code-memory": "1M", "gic": "3", "irqchip": "go",
	"dtb": "a", "dumpdtb": "a", "vsock": "a", "serial": "none", "console": "file:a", "timeout": "1s", "cpuprofile": "a", "sandbox": "off",
}

// TestFlagsGivenTwice: of two values of any flag none is dropped silently: there is an error, or both count.
func TestFlagsGivenTwice(t *testing.T) {
	o := defaults()
	newFlags(&o).VisitAll(func(f *flag.Flag) {
		b, ok := f.Value.(interface{ IsBoolFlag() bool })
		if ok && b.IsBoolFlag() || slices.Contains(severalTimes, f.Name) {
			return
		}
		v, ok := valuesFor[f.Name]
		if !ok {
			t.Errorf("-%s: no value to try", f.Name)
			return
		}
		if _, err := parseOptions([]string{"-" + f.Name, v}, io.Discard); err != nil {
			t.Errorf("-%s %s: %v", f.Name, v, err)
		}
		_, err := parseOptions([]string{"-" + f.Name, v, "-" + f.Name, v}, io.Discard)
		if err == nil || !strings.HasPrefix(err.Error(), "-"+f.Name+" ") || !strings.Contains(err.Error(), "twice") && !strings.Contains(err.Error(), "once") {
			t.Errorf("-%s twice: %v", f.Name, err)
		}
	})
	got, err := parseOptions(strings.Fields("-append a -append b -initrd c -initrd d"), io.Discard)
	if err != nil || got.append != "a b" || !slices.Equal(got.initrds, []string{"c", "d"}) {
		t.Errorf("-append %q, -initrd %q, %v; want both of each", got.append, got.initrds, err)
	}
}

// TestUnknownFlagIsSuggested: whatever letter is wrong, missing or too many, the flag is named that was meant.
func TestUnknownFlagIsSuggested(t *testing.T) {
	for arg, want := range map[string]string{
		"-kernal":    "-kernal: there is no such flag: did you mean -kernel?",
		"--kernl":    "-kernl: there is no such flag: did you mean -kernel?",
		"-apppend":   "-apppend: there is no such flag: did you mean -append?",
		"-smpp":      "-smpp: there is no such flag: did you mean -smp?",
		"-q":         "flag provided but not defined: -q",
		"-cpu":       "flag provided but not defined: -cpu",
		"-nographic": "flag provided but not defined: -nographic",
	} {
		if _, err := parseOptions([]string{arg, "x"}, io.Discard); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", arg, err, want)
		}
	}
}

// TestOptionsGivenTwice: the same for what stands after the commas of a flag.
func TestOptionsGivenTwice(t *testing.T) {
	for arg, want := range map[string]string{
		"-disk a,ro,ro":                                         "ro is given twice",
		"-disk a,format=raw,format=qcow2":                       "format is given twice",
		"-disk a,serial=a,serial=b":                             "serial is given twice",
		"-disk a,format=qcow2,backing=a,backing=b":              "",
		"-net user,mac=02:00:00:00:00:01,mac=02:00:00:00:00:02": "mac is given twice",
		"-net user,mtu=1500,mtu=1501":                           "mtu is given twice",
		"-net user,pcap=a,pcap=b":                               "pcap is given twice",
		"-net user,hostfwd=tcp::1-:1,hostfwd=tcp::2-:2":         "",
		"-net unix=a,framing=qemu,framing=vfkit":                "framing is given twice",
		"-share a=/,ro,ro":                                      "ro is given twice",
		"-vsock a,cid=3,cid=4":                                  "cid is given twice",
	} {
		_, err := parseOptions(strings.Fields(arg), io.Discard)
		if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", arg, err, want)
		}
	}
}
