package hvf

import "fmt"

// ReturnCode has the bits of an hv_return_t, a signed 32-bit mach_error_t.
type ReturnCode uint32

// Return codes: err_local, subsystem 0xba5. 0xfae94008 has no constant here, because
// SDKs disagree: they call it HV_EXISTS, HV_FAULT, or nothing.
const (
	ReturnSuccess           ReturnCode = 0
	ReturnError             ReturnCode = 0xfae94001
	ReturnBusy              ReturnCode = 0xfae94002
	ReturnBadArgument       ReturnCode = 0xfae94003
	ReturnIllegalGuestState ReturnCode = 0xfae94004
	ReturnNoResources       ReturnCode = 0xfae94005
	ReturnNoDevice          ReturnCode = 0xfae94006
	ReturnDenied            ReturnCode = 0xfae94007
	ReturnUnsupported       ReturnCode = 0xfae9400f
)

var returnNames = map[ReturnCode]string{
	ReturnSuccess: "HV_SUCCESS", ReturnError: "HV_ERROR", ReturnBusy: "HV_BUSY", ReturnBadArgument: "HV_BAD_ARGUMENT",
	ReturnIllegalGuestState: "HV_ILLEGAL_GUEST_STATE", ReturnNoResources: "HV_NO_RESOURCES",
	ReturnNoDevice: "HV_NO_DEVICE", ReturnDenied: "HV_DENIED", 0xfae94008: "HV_EXISTS or HV_FAULT",
	ReturnUnsupported: "HV_UNSUPPORTED",
}

// String returns the code's name in C.
func (c ReturnCode) String() string {
	if n, ok := returnNames[c]; ok {
		return n
	}
	return fmt.Sprintf("hv_return_t 0x%08x", uint32(c))
}

// Error makes a code an error, for errors.Is(err, ReturnBusy).
func (c ReturnCode) Error() string { return c.String() }

// Error says which function of the framework has failed.
type Error struct {
	Func string // its name in C
	Code ReturnCode
}

func (e *Error) Error() string {
	return fmt.Sprintf("hvf: %s: %v (0x%08x)", e.Func, e.Code, uint32(e.Code))
}

// Unwrap returns the code.
func (e *Error) Unwrap() error { return e.Code }
