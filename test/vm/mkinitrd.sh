#!/bin/bash
# mkinitrd.sh KERNEL_DIR OUT: an initramfs that puts the host's / (9p, read-only) below a throw-away overlay and starts the guest script there as init.
# So every tool of the host, Node and the bundle are in the guest at once, and nothing is copied. The script's path comes from the command line (guest=…).
set -euo pipefail
kernel=$(realpath "$1")
out=$(realpath -m "$2")
version=$(ls "$kernel/lib/modules")

root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root"/{bin,proc,sys,dev,host,up,root,modules}
cp /bin/busybox "$root/bin/"
for applet in sh mount insmod mkdir switch_root; do ln -s busybox "$root/bin/$applet"; done

# What the kernel needs before it can see the host's files, in the order of their dependencies.
for module in virtio_pci 9p 9pnet_virtio virtio_blk overlay; do
  modprobe -d "$kernel" -S "$version" --show-depends "$module" | awk '/^insmod/ { print $2 }'
done | awk '!seen[$0]++' | while read -r file; do
  cp "$file" "$root/modules/"
  echo "/modules/${file##*/}" >> "$root/order"
done

cat > "$root/init" <<'INIT'
#!/bin/sh
export PATH=/bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read module; do insmod $module; done < /order
share() { mkdir -p $2; mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,$3 $1 $2; }
share hostroot /host cache=loose,ro
mount -t tmpfs tmpfs /up
mkdir -p /up/upper /up/work
mount -t overlay -o lowerdir=/host,upperdir=/up/upper,workdir=/up/work overlay /root
for dir in proc sys dev; do mount --move /$dir /root/$dir; done
share kmods /root/kmods cache=loose,ro
share results /root/results cache=none
read cmdline < /root/proc/cmdline
for word in $cmdline; do case $word in guest=*) guest=${word#guest=};; esac; done
exec switch_root /root /bin/bash $guest
INIT
chmod +x "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet | gzip -1) > "$out"
