package main

import (
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A value is a flag's value that notes what is wrong with the text it gets, because package flag has other words for
// that.
type value struct {
	flag.Value
	name  string
	given *bool  // it was set before
	wrong *error // of all flags: the first error, one line
}

// severalTimes are the flags that may be given again: each adds something.
var severalTimes = []string{"initrd", "disk", "share", "net", "append"}

// errTwice is the error of a flag whose second value would replace the first one.
var errTwice = errors.New("it is given twice: leave one out")

// noteErrors makes each flag of a set note the first error.
func noteErrors(set *flag.FlagSet) (wrong *error) {
	wrong = new(error)
	set.VisitAll(func(f *flag.Flag) { f.Value = value{f.Value, f.Name, new(bool), wrong} })
	return wrong
}

// Set implements flag.Value.
func (v value) Set(text string) error {
	err := v.Value.Set(text)
	if err == nil && *v.given && !v.IsBoolFlag() && !slices.Contains(severalTimes, v.name) {
		err = errTwice
	}
	*v.given = true
	if err != nil && v.IsBoolFlag() {
		err = errors.New("give it alone, or =true or =false")
	}
	if err != nil && *v.wrong == nil {
		*v.wrong = fmt.Errorf("-%s %s: %w", v.name, shown(text), err)
	}
	return err
}

// IsBoolFlag says that a flag needs no value, see flag.Value.
func (v value) IsBoolFlag() bool {
	b, ok := v.Value.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

// shown is an argument in an error: in quotes where it would not be recognized without.
func shown(text string) string {
	if quoted := strconv.Quote(text); text == "" || strings.Contains(text, " ") || quoted != `"`+text+`"` {
		return quoted
	}
	return text
}

// path is a flag that takes the name of a file.
type path string

func (p *path) String() string { return string(*p) }

func (p *path) Set(value string) error {
	*p = path(value)
	return needFile(value)
}

// needFile refuses an empty name, which a script makes of a variable that is not set.
func needFile(name string) error {
	if name == "" {
		return errors.New("give a FILE")
	}
	return nil
}

// choice is a flag that takes one of a few words.
type choice struct {
	value *string
	words []string
}

func (c choice) String() string {
	if c.value == nil {
		return "" // flag asks a zero value
	}
	return *c.value
}

func (c choice) Set(value string) error {
	for _, w := range c.words {
		if value == w {
			*c.value = value
			return nil
		}
	}
	return fmt.Errorf("give %s", strings.Join(c.words, " or "))
}

// number is a flag that takes one of the whole numbers from least to most.
type number struct {
	value       *int
	least, most int
}

func (n number) String() string {
	if n.value == nil {
		return "" // flag asks a zero value
	}
	return strconv.Itoa(*n.value)
}

func (n number) Set(value string) (err error) {
	*n.value, err = strconv.Atoi(value)
	if err != nil || *n.value < n.least || *n.value > n.most {
		return fmt.Errorf("give %d to %d", n.least, n.most)
	}
	return nil
}

// size is a flag that takes a number of bytes, a multiple of unit from least to most.
type size struct {
	value             *uint64
	least, most, unit uint64
}

func (s size) String() string {
	if s.value == nil {
		return "" // flag asks a zero value
	}
	return formatSize(*s.value)
}

func (s size) Set(value string) (err error) {
	n, err := parseSize(value)
	*s.value = n
	switch below := n / s.unit * s.unit; {
	case err != nil:
		return err
	case n < s.least || n > s.most:
		return fmt.Errorf("give %s to %s", formatSize(s.least), formatSize(s.most))
	case n != below:
		return fmt.Errorf("give %s or %s", formatSize(below), formatSize(below+s.unit))
	}
	return nil
}

// duration is a flag that takes a time with its unit.
type duration time.Duration

func (d *duration) String() string { return time.Duration(*d).String() }

func (d *duration) Set(value string) error {
	v, err := time.ParseDuration(value)
	*d = duration(v)
	if err != nil || v < 0 {
		return errors.New("give a number and a unit, such as 90s or 5m")
	}
	return nil
}

// suggest adds to package flag's error about an unknown flag the flag that it resembles most, if there is one.
func suggest(set *flag.FlagSet, err error) error {
	const unknown = "flag provided but not defined: -"
	name, ok := strings.CutPrefix(err.Error(), unknown)
	best, distance := "", 3
	set.VisitAll(func(f *flag.Flag) {
		if d := editDistance(name, f.Name); d < min(distance, len(f.Name)) {
			best, distance = f.Name, d
		}
	})
	if !ok || best == "" {
		return err
	}
	return fmt.Errorf("-%s: there is no such flag: did you mean -%s?", name, best)
}

// editDistance is how many letters have to be added, dropped or replaced to make b of a.
func editDistance(a, b string) int {
	row := make([]int, len(b)+1) // of the letters of a so far
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0] // the row above, one to the left
		row[0] = i + 1
		for j := range len(b) {
			replaced := before
			if a[i] != b[j] {
				replaced++
			}
			before = row[j+1]
			row[j+1] = min(replaced, row[j]+1, before+1)
		}
	}
	return row[len(b)]
}
