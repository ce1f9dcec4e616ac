package main

import (
	"testing"

	"github.com/miniboot-vmm/miniboot/virtio/vsock"
)

func TestParseVsock(t *testing.T) {
	for _, tc := range []struct {
		value string
		want  vsock.Config
		bad   bool
	}{
		{value: "/run/vm.sock", want: vsock.Config{Path: "/run/vm.sock"}},
		{value: "vm.sock,cid=7", want: vsock.Config{Path: "vm.sock", CID: 7}},
		{value: "vm.sock,cid=4294967294", want: vsock.Config{Path: "vm.sock", CID: 4294967294}},
		{value: "a,,b,cid=4", want: vsock.Config{Path: "a,b", CID: 4}},
		{value: "", bad: true},
		{value: ",cid=7", bad: true},
		{value: "vm.sock,", bad: true},
		{value: "vm.sock,cid=", bad: true},
		{value: "vm.sock,cid=0", bad: true},
		{value: "vm.sock,cid=2", bad: true},
		{value: "vm.sock,cid=4294967295", bad: true},
		{value: "vm.sock,cid=-1", bad: true},
		{value: "vm.sock,cid=4294967296", bad: true},
		{value: "vm.sock,port=7", bad: true},
	} {
		got, err := parseVsock(tc.value)
		if (err != nil) != tc.bad || err == nil && got != tc.want {
			t.Errorf("%q: %+v, %v; want %+v, an error %v", tc.value, got, err, tc.want, tc.bad)
		}
	}
}
