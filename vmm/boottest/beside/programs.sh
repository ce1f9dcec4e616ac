#!/bin/busybox sh
# The init of a guest that measures programs of busybox. The parameter beside= has the name of what it runs.
# For the host it prints "beside: begin NAME", and "beside: end NAME START END HASH": times of /proc/uptime and the
# MD5 of what the program has printed.
/bin/busybox --install -s /bin
export PATH=/bin
mount -t proc proc /proc
mount -t tmpfs tmpfs /tmp
mount -t devtmpfs dev /dev

# measure NAME COMMAND
measure() {
	echo "beside: begin $1"
	read -r start _ </proc/uptime
	eval "$2" >/tmp/output 2>&1
	read -r end _ </proc/uptime
	hash=$(md5sum </tmp/output)
	echo "beside: end $1 $start $end ${hash%% *}"
	cat /tmp/output
}

# zeros MIB
zeros() { dd if=/dev/zero bs=1M count="$1" 2>/dev/null; }

programs() {
	measure md5sum 'zeros 96 | md5sum'
	measure sha512sum 'zeros 32 | sha512sum'
	measure gzip 'cat /bin/busybox /bin/busybox /bin/busybox /bin/busybox | gzip -c | md5sum'
	measure awk "awk 'BEGIN { for (i = 1; i < 400000; i++) s += i % 7 / i + i * 0.5; printf \"%.9g\\n\", s }'"
	measure fork 'i=0; while [ $i -lt 500 ]; do /bin/true; i=$((i + 1)); done; echo $i'
	measure shell 'i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); x=${i#1}; done; echo $i $x'
	measure tmpfs 'zeros 64 >/tmp/a; cp /tmp/a /tmp/b; cmp /tmp/a /tmp/b && md5sum /tmp/b'
}

# Two programs that need nothing of each other, and two with a writer each that wakes and awaits them.
parallel() {
	zeros 128 >/tmp/zeros
	measure parallel 'sha512sum /tmp/zeros >/tmp/1 & sha512sum /tmp/zeros >/tmp/2; wait; cat /tmp/1 /tmp/2'
	measure pipes 'zeros 128 | sha512sum >/tmp/1 & zeros 128 | sha512sum >/tmp/2; wait; cat /tmp/1 /tmp/2'
}

"$beside"
echo "beside: done"
read -r _ # the host looks at this process's machine, and ends it
poweroff -f
