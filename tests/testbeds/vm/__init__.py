"""An ordinary machine: Debian with systemd, control groups of version 2, ordinary users, Podman and Docker, in QEMU."""
