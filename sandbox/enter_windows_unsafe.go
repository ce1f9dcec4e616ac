//go:build windows

package sandbox

import (
	"fmt"
	"unsafe"

	"golang.org/x/sys/windows"
)

// enter makes the process the only one of a job, so that it starts no other. The job lasts as long as the process.
func enter(Config) (h Held, err error) {
	job, err := windows.CreateJobObject(nil, nil)
	if err != nil {
		return h, fmt.Errorf("make a job: %w", err)
	}
	info := windows.JOBOBJECT_BASIC_LIMIT_INFORMATION{LimitFlags: windows.JOB_OBJECT_LIMIT_ACTIVE_PROCESS, ActiveProcessLimit: 1}
	// The kernel reads the live value only during the call.
	if _, err := windows.SetInformationJobObject(job, windows.JobObjectBasicLimitInformation, uintptr(unsafe.Pointer(&info)), uint32(unsafe.Sizeof(info))); err != nil {
		return h, fmt.Errorf("limit a job to one process: %w", err)
	}
	if err := windows.AssignProcessToJobObject(job, windows.CurrentProcess()); err != nil {
		return h, fmt.Errorf("enter a job: %w", err)
	}
	h.Job = true
	return h, nil
}
