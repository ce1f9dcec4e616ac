package main

import (
	"bytes"
	"testing"

	"github.com/google/pprof/profile"
)

// TestNameGuestCode renames one function of a profile and keeps all else.
func TestNameGuestCode(t *testing.T) {
	external := &profile.Function{ID: 1, Name: "runtime._ExternalCode", SystemName: "runtime._ExternalCode", Filename: "proc.go"}
	other := &profile.Function{ID: 2, Name: "runtime._System", SystemName: "runtime._System", Filename: "proc.go"}
	at := []*profile.Location{{ID: 1, Line: []profile.Line{{Function: external}}}, {ID: 2, Line: []profile.Line{{Function: other}}}}
	in := &profile.Profile{
		PeriodType: &profile.ValueType{}, SampleType: []*profile.ValueType{{Type: "samples", Unit: "count"}},
		Sample:   []*profile.Sample{{Location: at, Value: []int64{7}}},
		Location: at, Function: []*profile.Function{external, other},
	}
	var raw, named bytes.Buffer
	if err := in.Write(&raw); err != nil {
		t.Fatal(err)
	}
	if err := nameGuestCode(&raw, &named); err != nil {
		t.Fatal(err)
	}
	out, err := profile.Parse(&named)
	if err != nil {
		t.Fatal(err)
	}
	*external = profile.Function{ID: 1, Name: "guest code", SystemName: "guest code"}
	if got, want := out.String(), in.String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if err := nameGuestCode(bytes.NewReader([]byte("no profile")), &named); err == nil {
		t.Error("what is no profile has no error")
	}
}
