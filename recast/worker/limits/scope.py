"""When a systemd manager is asked for a group of our own, and which one.

Only where nothing is left by it: no limit, no batch system that keeps its jobs together by their group. What belongs
to a login, to cron or to a user's own manager may go beside its unit; a service only if it runs nothing but us.
"""

from __future__ import annotations

import os
import uuid

from recast.worker.limits.place import Lack, Place
from recast.worker.limits.systemd import Refused, is_delegated, start_scope

__all__ = ["is_handed_over", "own_scope"]

_STARTERS = ("cron.", "crond.", "cronie.", "anacron.", "fcron.", "atd.", "ssh.", "sshd.", "ssh@", "sshd@")
"""Services that start arbitrary user processes: other processes in them do not prevent a group of our own."""
_AGAIN = "systemd-run {}--scope -p Delegate=yes recast run ..."


def is_handed_over(place: Place) -> bool:
    """Return whether systemd has delegated the group of a unit to the processes in it.

    Of a user's own units only the manager can tell: the user owns the folders of all of them. Of the system's, a mark
    tells root, and the folder's owner tells others.
    """
    if _is_of_own_manager(place):
        return is_delegated(_address(place), place.unit)
    if os.geteuid() != 0:
        return place.is_writable
    try:
        return os.getxattr(place.folder, "trusted.delegate") == b"1"
    except OSError:
        return False


def own_scope(place: Place) -> Place | Lack:
    """Let systemd put this process, alone, into a new group that is ours; return that, or why there is none."""
    lack = _objection(place)
    if lack is not None:
        return lack
    name = f"recast-{os.getpid()}-{uuid.uuid4().hex[:8]}.scope"
    slice_name = place.slice_name if os.geteuid() == 0 or _is_of_own_manager(place) else ""
    try:
        start_scope(_address(place), name, os.getpid(), slice_name, place.tasks_max())
        found = Place(place.mount, _own_path())
    except (Refused, OSError) as problem:
        return Lack(f"systemd gave us no group of our own: {problem}", _AGAIN.format(_user_flag(place)))
    if found.names[-1:] != [name]:
        return Lack("systemd said that it gave us a group of our own, and did not", _AGAIN.format(_user_flag(place)))
    return found


def _objection(place: Place) -> Lack | None:
    """Return why nobody is to be asked from here, None if somebody is."""
    if not place.unit:
        return Lack(f"the control group {place.path} was made by somebody who did not hand it to us")
    is_user_unit = any(name.startswith("user@") for name in place.names[:-1])
    is_service = place.unit.endswith(".service") and not is_user_unit
    if is_service and not place.unit.startswith(_STARTERS) and (is_handed_over(place) or place.has_strangers()):
        return Lack(f"{place.unit} runs others, too, and did not hand its control group to us")
    limited = place.limited_below(_target(place))
    if limited:
        return _keeps_its_limits(place, limited)
    return _absent_manager(place)


def _target(place: Place) -> str:
    """Return the group below which a manager would put us: limits there and above go on holding."""
    if os.geteuid() == 0 or _is_of_own_manager(place):
        return place.parent.path
    return f"/user.slice/user-{os.geteuid()}.slice/user@{os.geteuid()}.service"


def _keeps_its_limits(place: Place, limited: str) -> Lack:
    why = f"{limited} has limits that jobs must not leave, and {place.unit} is not delegated"
    is_scope, is_transient = place.unit.endswith(".scope"), place.unit.startswith("run-")
    if is_scope or is_transient:
        how = "--scope" if is_scope else "--pipe --wait"
        return Lack(why, f"systemd-run {_user_flag(place)}{how} -p Delegate=yes -p MemoryMax=... recast run ...")
    edit = "systemctl --user" if _is_of_own_manager(place) else "systemctl" if os.geteuid() == 0 else "sudo systemctl"
    return Lack(why, f"{edit} edit {place.unit}   # write [Service] and Delegate=yes; then start it again")


def _absent_manager(place: Place) -> Lack | None:
    """Return what is wanting of a manager that could be asked, None if nothing is."""
    is_there = _is_ours(_address(place))
    if os.geteuid() == 0 and not is_there:
        return Lack(f"systemd does not answer at {_address(place)}")
    if os.geteuid() == 0 or (is_there and (_is_among_own(place) or _lingers())):
        return None
    why = "it ends when you log out" if is_there else "it is not running"
    why = f"only your own systemd manager could hand us a control group, and {why}"
    return Lack(why, f"sudo loginctl enable-linger {_user()}")


def _address(place: Place) -> str:
    if os.geteuid() == 0 and not _is_of_own_manager(place):
        return "/run/systemd/private"
    ours = f"/run/user/{os.geteuid()}/systemd/private"
    # After `su` the variable is still that of somebody else.
    told = os.environ.get("XDG_RUNTIME_DIR", "") + "/systemd/private"
    return told if told.startswith("/run/") and _is_ours(told) else ours


def _is_ours(address: str) -> bool:
    try:
        return os.stat(address).st_uid == os.geteuid()
    except OSError:
        return False


def _is_of_own_manager(place: Place) -> bool:
    return f"user@{os.geteuid()}.service" in place.names[:-1]


def _is_among_own(place: Place) -> bool:
    """Whether we run in a session of our user: its manager is there as long as we are."""
    return f"user-{os.geteuid()}.slice" in place.names


def _lingers() -> bool:
    return os.path.exists(f"/var/lib/systemd/linger/{_user()}")


def _user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _user_flag(place: Place) -> str:
    return "" if os.geteuid() == 0 and not _is_of_own_manager(place) else "--user "


def _own_path() -> str:
    with open("/proc/self/cgroup", encoding="utf-8", errors="surrogateescape") as file:
        return next(line[3:].rstrip("\n") for line in file if line.startswith("0::"))
