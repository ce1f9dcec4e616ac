package vec

import (
	"strings"
	"testing"

	"github.com/miniboot-vmm/miniboot/softcpu/internal/a64"
)

// TestEveryCodeHasAnExecutor checks every code that has a name.
func TestEveryCodeHasAnExecutor(t *testing.T) {
	for code := a64.FirstVector; code < a64.EndVector; code++ {
		named := !strings.HasPrefix(code.String(), "code ")
		if has := Exec[code-a64.FirstVector] != nil; has != named {
			t.Errorf("code %d (%v): has an executor: %v, has a name: %v", code, code, has, named)
		}
	}
}
