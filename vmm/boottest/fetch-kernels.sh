#!/bin/sh
# Fetches Debian's arm64 kernels for this package's tests into the directory $1:
#
#	bookworm.vmlinuz  bookworm-cloud.vmlinuz  trixie.vmlinuz  trixie-cloud.vmlinuz
#	installer.vmlinuz  installer.initrd.gz
#	bookworm-cloud.modules/  trixie-cloud.modules/	the modules that drive virtio, and what they need
#	e2fsprogs/	mke2fs and e2fsck for a guest, with their libraries
#	timesync/	chronyd, chronyc and phc2sys for a guest, with their libraries
#	busybox	the static one, whose programs the command beside measures
#	runtimes/	Node.js and a Java virtual machine for a guest, with their libraries: 300 MB, only with MINIBOOT_FULL=1
#
# It needs apt and dpkg-deb, no root, and changes nothing outside $1: apt works on a state of its own there, with the
# mirror that the machine's own apt is configured for (or MINIBOOT_DEBIAN_MIRROR), its proxies and its keyrings. What is
# there already is left as it is.
set -eu

suites="bookworm trixie"
modules='[^/]*virtio[^/]*|net_failover|failover|fuse|vsock|loop|overlay|isofs'
e2fsprogs='e2fsprogs libext2fs2 libcom-err2 libblkid1 libuuid1 libc6'
timesync='chrony linuxptp libc6 libcap2 libedit2 libbsd0 libmd0 libtinfo6 libseccomp2 libgnutls30 libnettle8 libhogweed6
	libgmp10 libidn2-0 libp11-kit0 libffi8 libtasn1-6 libunistring2'
runtimes='nodejs libnode108 node-acorn node-busboy node-cjs-module-lexer node-undici openjdk-17-jre-headless
	libc6 libgcc-s1 libstdc++6 zlib1g libbrotli1 libc-ares2 libicu72 libnghttp2-14 libssl3 libuv1'
installer=debian-installer-12-netboot-arm64 # bookworm's

[ $# -eq 1 ] || { echo "usage: $0 DIRECTORY" >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)

mirror=${MINIBOOT_DEBIAN_MIRROR:-$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(CREATED_BY) $(REPO_URI) $(RELEASE)' |
	awk '$1 == "Debian" && $2 == "main" && $3 == "Packages" && $5 !~ /-/ { print $4; exit }')}
[ -n "$mirror" ] || { echo "$0: apt has no Debian mirror configured; name one in MINIBOOT_DEBIAN_MIRROR" >&2; exit 1; }

keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -r $keyring ] || { echo "$0: $keyring is missing; install debian-archive-keyring" >&2; exit 1; }

work=$(mktemp -d "$dir/apt.XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 755 "$work" # apt downloads as a user of its own

# in_suite SUITE COMMAND... runs an apt command on the state of a suite.
in_suite() {
	state=$work/$1 command=$2
	shift 2
	"$command" -q -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts=/dev/null -o Dir::State="$state" \
		-o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" -o APT::Architecture=arm64 \
		-o APT::Architectures=arm64 -o Acquire::Languages=none "$@"
}

# prepare SUITE makes its state, once.
prepare() {
	[ ! -d "$work/$1" ] || return 0
	mkdir -p "$work/$1/lists/partial" "$work/$1/cache/archives/partial"
	: >"$work/$1/status"
	echo "deb [signed-by=$keyring] $mirror $1 main" >"$work/$1/sources.list"
	in_suite "$1" apt-get update
}

# download SUITE PACKAGE leaves the package at $work/PACKAGE.deb.
download() {
	prepare "$1"
	[ -f "$work/$2.deb" ] || (cd "$work" && in_suite "$1" apt-get download "$2" && mv "$2"_*.deb "$2.deb")
}

# unpack SUITE PACKAGE PATTERN FILE puts the one file of a package whose path matches at FILE.
unpack() {
	download "$1" "$2"
	dpkg-deb --fsys-tarfile "$work/$2.deb" | tar -x -O --wildcards -f - "$3" >"$work/file"
	[ -s "$work/file" ] || { echo "$0: $2 has no $3" >&2; exit 1; }
	mv "$work/file" "$dir/$4"
}

# unpack_modules SUITE PACKAGE DIRECTORY puts the chosen modules of a kernel there, uncompressed, without the tree,
# and the list of those that are built in.
unpack_modules() {
	download "$1" "$2"
	rm -rf "$work/tree" "$work/modules" "$dir/$3"
	mkdir "$work/tree" "$work/modules"
	dpkg-deb --fsys-tarfile "$work/$2.deb" | tar -x -C "$work/tree" --wildcards -f - '*.ko*' '*/modules.builtin'
	find "$work/tree" -type f | grep -E "/(($modules)\.ko(\.xz)?|modules.builtin)\$" | xargs mv -t "$work/modules"
	find "$work/modules" -name '*.xz' -exec unxz {} +
	mv "$work/modules" "$dir/$3"
}

# latest SUITE PACKAGE prints the package that a metapackage of kernels depends on.
latest() {
	in_suite "$1" apt-cache depends "$2" | awk '$1 == "Depends:" && $2 ~ /^linux-image-[0-9]/ { print $2; exit }'
}

# unpack_tree SUITE PACKAGE... unpacks packages into one tree, $work/tree.
unpack_tree() {
	suite=$1
	shift
	rm -rf "$work/tree"
	mkdir "$work/tree"
	for package; do
		download "$suite" "$package"
		dpkg-deb -x "$work/$package.deb" "$work/tree"
	done
}

# unpack_programs SUITE DIRECTORY PACKAGES PATH... puts these files of the packages there, in sbin, bin or etc as in the
# packages, and the libraries in lib, under the names that programs load.
unpack_programs() {
	unpack_tree "$1" $3
	target=$2
	shift 3
	rm -rf "$work/programs"
	mkdir -p "$work/programs/lib"
	for path; do
		folder=$work/programs/$(basename "$(dirname "$path")")
		mkdir -p "$folder"
		cp "$work/tree/$path" "$folder"
	done
	find "$work/tree" \( -name '*.so.[0-9]' -o -name '*.so.[0-9][0-9]' \) -exec cp -L {} "$work/programs/lib" \;
	mv "$work/programs" "$dir/$target"
}

# unpack_runtimes SUITE DIRECTORY puts the tree of the runtimes there. It can be a guest's root, and a directory of the
# host that its programs run in: its links are relative, and it has the places for mounts.
unpack_runtimes() {
	unpack_tree "$1" $runtimes
	find "$work/tree" -type l -lname '/*' | while read -r link; do
		ln -s -n -f -r "$work/tree$(readlink "$link")" "$link"
	done
	mkdir "$work/tree/dev" "$work/tree/proc" "$work/tree/tmp" "$work/tree/mnt"
	mv "$work/tree" "$dir/$2"
}

# fetch_kernel SUITE FLAVOUR fetches a kernel, and the modules that fit no other if it is the flavour without drivers
# for hardware.
fetch_kernel() {
	prepare "$1"
	package=$(latest "$1" "linux-image$2-arm64")
	unpack "$1" "$package" './boot/vmlinuz-*' "$1$2.vmlinuz"
	[ -z "$2" ] || unpack_modules "$1" "$package" "$1$2.modules"
}

for suite in $suites; do
	[ -f "$dir/$suite.vmlinuz" ] || fetch_kernel "$suite" ""
	[ -d "$dir/$suite-cloud.modules" ] || fetch_kernel "$suite" -cloud
done
[ -f "$dir/busybox" ] || unpack bookworm busybox-static '*/bin/busybox' busybox
[ -d "$dir/e2fsprogs" ] || unpack_programs bookworm e2fsprogs "$e2fsprogs" sbin/mke2fs sbin/e2fsck etc/mke2fs.conf
[ -d "$dir/timesync" ] || unpack_programs bookworm timesync "$timesync" usr/sbin/chronyd usr/bin/chronyc usr/sbin/phc2sys
[ -z "${MINIBOOT_FULL:-}" ] || [ -d "$dir/runtimes" ] || unpack_runtimes bookworm runtimes
[ -f "$dir/installer.vmlinuz" ] || unpack bookworm $installer '*/debian-installer/arm64/linux' installer.vmlinuz
[ -f "$dir/installer.initrd.gz" ] || unpack bookworm $installer '*/debian-installer/arm64/initrd.gz' installer.initrd.gz
ls -l "$dir"/*.vmlinuz "$dir"/*.gz
