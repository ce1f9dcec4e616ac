// Package abi is the C interface of Hypervisor.framework on arm64 as data: the tables
// beside this file. They were made from what is known of Apple's headers. Tests
// compare the Go bindings with them in both directions. The strict fake is compiled
// with prototypes and constants made from them.
package abi

import (
	"embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

//go:embed *.txt
var tables embed.FS

// Version is a version of macOS.
type Version struct{ Major, Minor uint8 }

// Param is a parameter of a C function.
type Param struct {
	Type  string // without const
	Stars int
	Array int // elements, if it is declared as an array
	Const bool
	Name  string
}

// Func is a function.
type Func struct {
	Prototype    string
	Return, Name string
	Thread       string // see functions.txt
	Params       []Param
	Since        Version
}

// Const is a constant.
type Const struct {
	Type, Name string
	Value      uint64
	Since      Version
}

// Type is a C type.
type Type struct {
	Name string
	Size int    // bytes
	Kind string // int, uint, object, vector or struct
}

// Field is a field of a C struct.
type Field struct {
	Struct, Name string
	Offset, Size int // bytes
}

// table returns the fields of a table's rows. The tables are part of the program, so
// a malformed row panics.
func table(name string, fields int) [][]string {
	b, err := tables.ReadFile(name)
	if err != nil {
		panic(err)
	}
	var rows [][]string
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			continue
		}
		row := strings.Split(line, "\t")
		if len(row) != fields {
			panic(fmt.Sprintf("abi: %s: row %q has %d fields, want %d", name, line, len(row), fields))
		}
		rows = append(rows, row)
	}
	return rows
}

var (
	prototype = regexp.MustCompile(`^(\w+) (\w+)\((.*)\)$`)
	parameter = regexp.MustCompile(`^(const )?(\w+) (\**)(\w+)(?:\[(\d+)\])?$`)
	rangeName = regexp.MustCompile(`^(\w+)\{(\d+)\.\.(\d+)\}$`)
)

func number(s string) uint64 {
	v, err := strconv.ParseUint(s, 0, 64)
	if err != nil {
		panic(err)
	}
	return v
}

func version(s string) Version {
	if s == "-" { // libSystem: always there
		return Version{11, 0}
	}
	major, minor, _ := strings.Cut(s, ".")
	return Version{uint8(number(major)), uint8(number(minor))}
}

// match is FindStringSubmatch that must match.
func match(re *regexp.Regexp, s string) []string {
	m := re.FindStringSubmatch(s)
	if m == nil {
		panic(fmt.Sprintf("abi: %q does not match %v", s, re))
	}
	return m
}

// Functions returns functions.txt.
func Functions() []Func {
	var list []Func
	for _, row := range table("functions.txt", 3) {
		m := match(prototype, row[0])
		f := Func{Prototype: row[0], Return: m[1], Name: m[2], Thread: row[1], Since: version(row[2])}
		if m[3] != "void" {
			for _, p := range strings.Split(m[3], ", ") {
				pm := match(parameter, p)
				n, _ := strconv.Atoi(pm[5])
				f.Params = append(f.Params, Param{Const: pm[1] != "", Type: pm[2], Stars: len(pm[3]), Name: pm[4], Array: n})
			}
		}
		list = append(list, f)
	}
	return list
}

// Constants returns constants.txt, its ranges expanded.
func Constants() []Const {
	var list []Const
	for _, row := range table("constants.txt", 4) {
		since := version(row[3])
		m := rangeName.FindStringSubmatch(row[1])
		if m == nil {
			list = append(list, Const{row[0], row[1], number(row[2]), since})
			continue
		}
		first, stride, _ := strings.Cut(row[2], "+")
		for i, v := number(m[2]), number(first); i <= number(m[3]); i, v = i+1, v+number(stride) {
			list = append(list, Const{row[0], fmt.Sprintf("%s%d", m[1], i), v, since})
		}
	}
	return list
}

// Types returns types.txt.
func Types() []Type {
	var list []Type
	for _, row := range table("types.txt", 3) {
		list = append(list, Type{row[0], int(number(row[1])), row[2]})
	}
	return list
}

// Fields returns structs.txt.
func Fields() []Field {
	var list []Field
	for _, row := range table("structs.txt", 4) {
		list = append(list, Field{row[0], row[1], int(number(row[2])), int(number(row[3]))})
	}
	return list
}
