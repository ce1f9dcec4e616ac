package rtc

import "encoding/binary"

// messageType is msg_type of a request or notification.
type messageType uint16

// Message types (5.23.6.2, 5.23.6.3, 5.23.6.4).
const (
	reqRead            messageType = 0x0001
	reqReadCross       messageType = 0x0002
	reqCfg             messageType = 0x1000
	reqClockCap        messageType = 0x1001
	reqCrossCap        messageType = 0x1002
	reqReadAlarm       messageType = 0x1003
	reqSetAlarm        messageType = 0x1004
	reqSetAlarmEnabled messageType = 0x1005
	notifAlarm         messageType = 0x2000
)

// status is how a request ended (5.23.6).
type status uint8

const (
	statusOK         status = 0
	statusEOPNOTSUPP status = 2
	statusENODEV     status = 3
	statusEINVAL     status = 4
)

// Clock types and hardware counters (5.23.6.1).
const (
	typeMonotonic       = 2
	typeUTCMaybeSmeared = 4

	counterARMVCT  = 0
	counterX86TSC  = 1
	counterInvalid = 0xff
)

// Flags.
const (
	flagAlarmCap     = 1 << 0
	flagCrossCap     = 1 << 0
	flagAlarmEnabled = 1 << 0
)

// Sizes in bytes: of both heads, and of the largest request and response.
const (
	headSize    = 8
	maxMessage  = 24
	notifyBytes = 16
)

// layout is a kind of request: the sizes of both messages, and which bytes of the
// request are reserved. Those of the head are 2 to 7.
type layout struct {
	message           messageType
	request, response int
	reserved          [2]int // from, to
	do                func(*session) status
}

var layouts = []layout{
	{reqRead, 16, 16, [2]int{10, 16}, (*session).read},
	{reqReadCross, 16, 24, [2]int{11, 16}, (*session).readCross},
	{reqCfg, 8, 16, [2]int{}, (*session).cfg},
	{reqClockCap, 16, 16, [2]int{10, 16}, (*session).clockCap},
	{reqCrossCap, 16, 16, [2]int{11, 16}, (*session).crossCap},
	{reqReadAlarm, 16, 24, [2]int{10, 16}, (*session).readAlarm},
	{reqSetAlarm, 24, 8, [2]int{19, 24}, (*session).setAlarm},
	{reqSetAlarmEnabled, 16, 8, [2]int{11, 16}, (*session).setAlarmEnabled},
}

func findLayout(m messageType) *layout {
	for i := range layouts {
		if layouts[i].message == m {
			return &layouts[i]
		}
	}
	return nil
}

// reservedZero reports whether the reserved bytes of a request are zero.
func (l *layout) reservedZero(request []byte) bool {
	return zero(request[2:headSize]) && zero(request[l.reserved[0]:l.reserved[1]])
}

func zero(b []byte) bool {
	for _, v := range b {
		if v != 0 {
			return false
		}
	}
	return true
}

var le = binary.LittleEndian
