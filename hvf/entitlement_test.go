package hvf

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/hv"
)

// TestExplainCreate: of each code of hv_vm_create the error says what to do, and only a
// program that lacks the entitlement is told to get it.
func TestExplainCreate(t *testing.T) {
	real := entitled
	defer func() { entitled = real }()
	for _, tt := range []struct {
		code ReturnCode
		has  bool // the program has the entitlement
		is   error
		want string
	}{
		{ReturnDenied, false, ErrEntitlement, "run: miniboot sign /"},
		{ReturnUnsupported, false, ErrEntitlement, "run: miniboot sign /"},
		{ReturnError, false, ErrEntitlement, "run: miniboot sign /"},
		{ReturnDenied, true, hv.ErrNotAvailable, "it is the system that refuses"},
		{ReturnUnsupported, true, hv.ErrNotAvailable, "it is the system that refuses"},
		{ReturnNoResources, false, ReturnNoResources, "end some"},
		{ReturnBusy, false, ReturnBusy, "close it first"},
		{ReturnNoDevice, false, ReturnNoDevice, "HV_NO_DEVICE"},
	} {
		entitled = func(string) (bool, error) { return tt.has, nil }
		err := explainCreate(&Error{"hv_vm_create", tt.code})
		if !errors.Is(err, tt.is) || !errors.Is(err, tt.code) || !strings.Contains(strings.ReplaceAll(err.Error(), `sign C:\`, "sign /"), tt.want) {
			t.Errorf("%v, entitled %v: %v, want %q and %v", tt.code, tt.has, err, tt.want, tt.is)
		}
		if tt.has && errors.Is(err, ErrEntitlement) {
			t.Errorf("%v, entitled: %v: the program has the entitlement", tt.code, err)
		}
	}
	entitled = func(string) (bool, error) { return false, fs.ErrPermission }
	err := explainCreate(&Error{"hv_vm_create", ReturnDenied})
	if !errors.Is(err, ReturnDenied) || !errors.Is(err, fs.ErrPermission) || errors.Is(err, ErrEntitlement) || !strings.Contains(err.Error(), "make it readable") {
		t.Errorf("a program that cannot be read: %v", err)
	}
	if err := explainCreate(nil); err != nil {
		t.Errorf("no error: %v", err)
	}
}
