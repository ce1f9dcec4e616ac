package oracle

import "math/rand/v2"

// Class is a set of encodings that are tested together.
type Class struct {
	Name      string
	CPU       string // QEMU's model that has the instructions; empty is the default
	Encodings []Encoding
	Avoid     *Exclusion // words that the class leaves out in addition to Exclusions
}

// Classes are all classes. Together they cover what the software CPU executes
// at EL0, and what it must find undefined there.
var Classes = mustParse([]Class{
	{Name: "dpimm", Encodings: dpImm},
	{Name: "dpreg", Encodings: dpReg},
	{Name: "crc32", Encodings: crc32},
	{Name: "branch", Encodings: branches},
	{Name: "system", Encodings: system},
	{Name: "load", Encodings: loads},
	{Name: "pair", Encodings: pairs},
	{Name: "exclusive", Encodings: exclusives},
	{Name: "lse", CPU: "neoverse-n1", Encodings: lse},
	{Name: "simdload", Encodings: simdLoads},
	{Name: "simdstruct", Encodings: simdStructs},
	{Name: "fp", Encodings: fpScalar},
	{Name: "fpcvt", Encodings: fpConvert},
	{Name: "simdint", Encodings: simdInt},
	{Name: "simdshift", Encodings: simdShift},
	{Name: "simdmisc", Encodings: simdMisc},
	{Name: "simdfp", Encodings: simdFP},
	{Name: "crypto", Encodings: crypto},
	{Name: "any", Encodings: anything, Avoid: lseElsewhere},
})

// FindClass returns the class of that name, or nil if there is none.
func FindClass(name string) *Class {
	for i := range Classes {
		if Classes[i].Name == name {
			return &Classes[i]
		}
	}
	return nil
}

// mustParse parses the table. A mistake in it is a mistake in this package.
func mustParse(classes []Class) []Class {
	for i := range classes {
		for j := range classes[i].Encodings {
			if err := classes[i].Encodings[j].parse(); err != nil {
				panic(err)
			}
		}
	}
	return classes
}

// RandomWord returns a word of any class.
func RandomWord(r *rand.Rand) uint32 {
	c := &Classes[r.IntN(len(Classes))]
	return c.Encodings[r.IntN(len(c.Encodings))].random(r, nil)
}
