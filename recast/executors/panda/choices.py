"""What a user or a site has chosen for tasks of PanDA, read from the settings and from what is said of jobs. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from recast.errors import UsageError
from recast.executors.settings import words
from recast.jobs import Wishes
from recast.jobs.container_args import ARGUMENTS, pilot_words
from recast.json_types import JsonObject

__all__ = ["CONTAINER_ARGS", "Choices", "chosen"]

CONTAINER_ARGS = tuple(sorted(item.pilot for item in ARGUMENTS.values() if item.pilot))
"""What may be handed to the pilot's front end for containers: nothing that opens the node."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a user or site has chosen for tasks; `source_url` is where nodes fetch sandboxes."""

    source_url: str
    trans_path: str
    vo: str = "wlcg"
    mode: str = "pilot"
    user: str = "user.recast"
    site: str | None = None
    included_sites: tuple[str, ...] = ()
    excluded_sites: tuple[str, ...] = ()
    working_group: str | None = None
    architecture: str = ""
    prod_source_label: str = "user"
    processing_type: str = "recast-jedi-run"
    priority: int | None = None
    container_args: tuple[str, ...] = ()
    container_folder: str = "/srv"
    use_secrets: bool = False
    no_looping_check: bool = False

    @classmethod
    def of(cls, values: JsonObject) -> Choices:
        """Return the choices that the settings of the executor hold; raise UsageError for what they lack."""
        for name in ("server", "vo", "trans_path"):
            if not values.get(name):
                raise UsageError(
                    f"PanDA needs the setting {name}",
                    where="executor panda",
                    why=_WHY[name],
                    next_step=f"--panda-{name.replace('_', '-')}, or RECAST_PANDA_{name.upper()}",
                )
        _check_forms(values)
        arguments = words(values.get("container_args"))
        strange = [word for word in arguments if word not in CONTAINER_ARGS]
        if strange:
            raise UsageError(
                f"The pilot's container takes no argument {strange[0]!r} from RECAST",
                where="container_args of panda",
                why=f"Allowed are {' and '.join(CONTAINER_ARGS)}: others could open the node to the payload.",
                next_step="leave it out; what a site needs for all jobs belongs into the configuration of its queue",
            )
        return cls(
            source_url=str(values.get("source_url") or values["server"]).rstrip("/"),
            trans_path=values["trans_path"],
            vo=str(values["vo"]).partition(":")[0],
            mode=values.get("mode") or "pilot",
            user=str(values.get("user") or "user.recast").rstrip("."),
            site=values.get("site"),
            included_sites=words(values.get("included_sites")),
            excluded_sites=words(values.get("excluded_sites")),
            working_group=values.get("working_group"),
            architecture=values.get("architecture") or "",
            prod_source_label=values.get("prod_source_label") or "user",
            processing_type=values.get("processing_type") or "recast-jedi-run",
            priority=values.get("priority"),
            container_args=arguments,
            container_folder=str(values.get("container_folder", "/srv") or "").rstrip("/"),
            use_secrets=bool(values.get("use_secrets") or values.get("store_token_secret")),
            no_looping_check=bool(values.get("no_looping_check")),
        )


_FORMS = {
    "trans_path": (re.compile(r"https?://[^\s'\"`$;&|<>\\]+"), "a URL of http or https"),
    "container_folder": (re.compile(r"(/[A-Za-z0-9_.-]+)*/?"), "a plain absolute path, or nothing"),
    "user": (re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*\.?"), "letters, digits, _ and -, in parts with dots"),
}
"""What becomes part of commands on nodes, or of names in PanDA's catalogue of data."""


def _check_forms(values: JsonObject) -> None:
    for name, (form, wanted) in _FORMS.items():
        value = values.get(name)
        if value and not form.fullmatch(str(value)):
            raise UsageError(
                f"{value!r:.200} is no {name} for PanDA",
                where=f"{name} of panda",
                why=f"It is {wanted}.",
                next_step="recast executors show panda",
            )


def chosen(choices: Choices, wishes: Wishes) -> Choices:
    """Return the choices for jobs with these wishes: what is said of a job wins over the settings.

    Raises ValueError for an argument of the container that the pilot has no word for.
    """
    if not wishes:
        return choices
    one = len(wishes.sites) == 1
    arguments = pilot_words(wishes.container_args).split() if choices.mode == "pilot" else []
    return replace(
        choices,
        site=(wishes.sites[0] if one else None) if wishes.sites else choices.site,
        included_sites=() if one else wishes.sites or choices.included_sites,
        excluded_sites=wishes.excluded_sites or choices.excluded_sites,
        working_group=wishes.working_group or choices.working_group,
        architecture=_platform(choices.architecture, wishes),
        container_args=tuple(dict.fromkeys((*choices.container_args, *arguments))),
        use_secrets=choices.use_secrets or bool(wishes.secrets),
    )


def _platform(setting: str, wishes: Wishes) -> str:
    """Return `@platform#CPU&GPU` with the processor and GPU that are wished for in place of the setting's."""
    rest, _, gpu = setting.partition("&")
    base, _, processor = rest.partition("#")
    processor, gpu = wishes.architecture or processor, wishes.gpu_model or gpu
    return base + (f"#{processor}" if processor else "") + (f"&{gpu}" if gpu else "")


_WHY = {
    "server": "Tasks are submitted there.",
    "vo": "The server maps a token to a user by the virtual organisation that it is told.",
    "trans_path": "Pilots start RECAST's transformation, which they download from a place that they accept.",
}
