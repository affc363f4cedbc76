# OURS, in place of ALRB's set-up script, which is on CVMFS: starts what the pilot asks for by bubblewrap.
#
# The pilot sources it as `source atlasLocalSetup.sh -c IMAGE [-d] -s SETUP -r /srv/SCRIPT -e OPTIONS ...`, in the
# folder of a job, which is /srv inside. An image is a folder of $PANDA_BED_IMAGES by its digest, put there beforehand;
# one that is not there ends as Apptainer ends over it. `--quiet` alone sets up a shell and does nothing here.
_image="" _script=""
while [ $# -gt 0 ]; do
    case $1 in
    -c) _image=$2; shift ;;
    -r) _script=$2; shift ;;
    -s | -e) shift ;;
    esac
    shift
done
if [ -n "$_image" ]; then
    _root="$PANDA_BED_IMAGES/${_image##*@sha256:}"
    if [ ! -d "$_root" ]; then
        echo "FATAL:   Unable to handle $_image uri: failed to get checksum for $_image: manifest unknown" >&2
        exit 255
    fi
    _shell=/bin/sh
    [ ! -x "$_root/bin/bash" ] || _shell=/bin/bash
    # All of a container ends with its first process, as with Apptainer. An image need not have a place for /srv: its
    # root is put together from what is in it.
    set --
    for _path in "$_root"/*; do
        _name=${_path##*/}
        if [ -L "$_path" ]; then
            set -- "$@" --symlink "$(readlink "$_path")" "/$_name"
        else
            set -- "$@" --ro-bind "$_path" "/$_name"
        fi
    done
    bwrap "$@" --bind "$PWD" /srv --proc /proc --dev /dev --tmpfs /tmp --die-with-parent --unshare-pid --as-pid-1 \
        --unshare-ipc --chdir /srv --clearenv --setenv PATH /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
        "$_shell" "$_script"
    exit $?
fi
