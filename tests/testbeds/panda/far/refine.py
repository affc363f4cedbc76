"""From task parameters to the dictionaries that pilots get, by panda-server's own code where that needs no database.

Real: the refiners of JEDI (`AtlasAnalTaskRefiner`, `GenTaskRefiner`, on `TaskRefinerBase.extractCommon` and
`doBasicRefine`), `JobGeneratorThread.makeJobParameters`, `JobSpec`, `FileSpec`, `Protocol.Response.appendJob`.
Ours: the names of output files and the attributes of `JobSpec` that `doGenerate` sets from rows of the database, the
queue (there is one, so nothing is brokered), the splitting (one job for each entry of `pfnList`, else one).
"""

from __future__ import annotations

import copy
import datetime
import json
import sys
import uuid
from typing import Any

__all__ = ["make_jobs", "pilot_dictionary", "refine"]

_GENERAL = ("wlcg",)
_SITE, _DISK = "LOCAL_TEST", "LOCAL_DISK"


class _Shelf:
    """In place of interfaces to a database and to Rucio: what a refiner asks for, empty."""

    queue_id = 1

    def get_site_mapper(self) -> None:
        return None

    def getConfigValue(self, *_: Any) -> None:
        return None

    def isSuperUser(self, _: str) -> tuple[bool, bool]:
        return False, False

    def getUserJobsetID_JEDI(self, _: str) -> tuple[bool, int]:
        return True, 1

    def is_valid_share(self, _: str) -> bool:
        return False

    def get_share_for_task(self, _: Any) -> str:
        return "User Analysis"

    def get_resource_type_task(self, _: Any) -> str:
        return "SCORE"

    def getQueueWithSelParams(self, *_: Any, **__: Any) -> tuple[Any, str]:
        return self, ""

    getQueueByName = getQueueWithSelParams

    def getInterface(self, *_: Any) -> None:
        return None


class _Sites:
    """In place of the cache of sites: the one queue of the test-bed, with the one disk that it has."""

    def get_object(self) -> _Sites:
        return self

    def release_object(self) -> None:
        return

    def resolveNucleus(self, name: Any) -> Any:
        return name

    def getSite(self, _: str) -> Any:
        from pandaserver.taskbuffer.SiteSpec import SiteSpec

        site = SiteSpec()
        site.ddm_endpoints_input, site.ddm_endpoints_output = {}, {}
        site.setokens_input, site.setokens_output = {}, {}
        site.ddm_input, site.ddm_output = {"default": _DISK}, {"default": _DISK}
        return site


def _import_jedi() -> None:
    """JEDI imports a library of panda-common by the name that it had before."""
    import pandacommon.liveconfigparser as package
    import pandacommon.liveconfigparser.LiveConfigParser as parser

    sys.modules.setdefault("liveconfigparser", package)
    sys.modules.setdefault("liveconfigparser.LiveConfigParser", parser)


def refine(task_id: int, parameters: dict[str, Any]) -> Any:
    """Return the refiner that has read a task; raise what it raises for parameters that it does not take."""
    _import_jedi()
    from pandacommon.pandalogger.LogWrapper import LogWrapper
    from pandacommon.pandalogger.PandaLogger import PandaLogger
    from pandajedi.jedirefine.AtlasAnalTaskRefiner import AtlasAnalTaskRefiner
    from pandajedi.jedirefine.GenTaskRefiner import GenTaskRefiner

    given, shelf = copy.deepcopy(parameters), _Shelf()
    kind = GenTaskRefiner if given["vo"] in _GENERAL else AtlasAnalTaskRefiner
    refiner = kind(shelf, shelf)
    refiner.initializeRefiner(LogWrapper(PandaLogger().getLogger("TaskRefiner"), f"<jediTaskID={task_id}>"))
    refiner.extractCommon(task_id, given, shelf, None)
    if refiner.doRefine(task_id, given) != refiner.SC_SUCCEEDED:
        raise ValueError(refiner.taskSpec.errorDialog or "the refiner refuses it")
    refiner.taskSpec.jobParamsTemplate = refiner.jobParamsTemplate
    return refiner


def make_jobs(refiner: Any, first_id: int) -> list[Any]:
    """Return the jobs of a refined task, numbered from `first_id`."""
    entries = refiner.updatedTaskParams.get("pfnList") or [None]
    return [_job(refiner, first_id + serial, serial, entry) for serial, entry in enumerate(entries)]


def _job(refiner: Any, job_id: int, serial: int, entry: str | None) -> Any:
    from pandacommon.pandalogger.PandaLogger import PandaLogger
    from pandajedi.jediorder.JobGenerator import JobGeneratorThread

    job, task = _blank(refiner.taskSpec, job_id), refiner.taskSpec
    inputs, outputs = _inputs(refiner, job, serial, entry), _outputs(refiner, job, serial)
    generator = object.__new__(JobGeneratorThread)
    generator.time_profile_level, generator.taskBufferIF = 0, _Shelf()
    job.jobParameters, steps = generator.makeJobParameters(
        task, inputs, outputs, serial + 1, [("MIDDLENAME", "")], job, False, refiner.updatedTaskParams, False,
        job.Files, False, [], None, PandaLogger().getLogger("JobGenerator"),
    )  # fmt: skip
    if steps is not None:
        job.addMultiStepExec(steps)
    return job


def _blank(task: Any, job_id: int) -> Any:
    """Return a job as JobGenerator.doGenerate fills it in."""
    from pandaserver.taskbuffer import JobUtils
    from pandaserver.taskbuffer.JobSpec import JobSpec

    job = JobSpec()
    job.PandaID, job.jobDefinitionID, job.attemptNr, job.jobStatus = job_id, 1, 0, "activated"
    job.maxAttempt = -1 if task.disableAutoRetry() else 0
    job.jobName, job.transformation = f"{task.taskName}.{job_id}", task.transPath
    job.cmtConfig, job.homepackage = task.get_platforms(), task.transHome or ""
    job.prodSourceLabel, job.processingType = task.prodSourceLabel, task.processingType
    job.jediTaskID = job.taskID = job.jobsetID = job.reqID = task.jediTaskID
    job.workingGroup, job.computingSite, job.cloud, job.VO = task.workingGroup, _SITE, "wlcg", task.vo
    job.AtlasRelease = task.transUses or ""
    job.maxCpuCount, job.maxCpuUnit = task.walltime, task.walltimeUnit
    job.maxWalltime = task.walltime or 86_400
    job.maxDiskCount, job.maxDiskUnit = task.getOutDiskSize() // 1024**2, "MB"
    job.coreCount, job.minRamCount, job.minRamUnit = task.coreCount, task.ramCount, "MB"
    job.currentPriority = job.assignedPriority = task.currentPriority
    job.lockedby, job.metadata, job.prodUserID = "jedi", "", task.userName
    job.container_name = task.container_name
    job.job_label = JobUtils.translate_tasktype_to_jobtype(task.taskType)
    job.resource_type, job.creationTime = (
        task.resource_type,
        datetime.datetime.now(datetime.UTC).replace(tzinfo=None, microsecond=0),
    )
    if task.no_looping_check():
        job.disable_looping_check()
    if task.use_secrets():
        job.set_use_secrets()
    if task.encode_job_params():
        job.set_encode_job_params()
    return job


def _inputs(refiner: Any, job: Any, serial: int, entry: str | None) -> list[Any]:
    from pandaserver.taskbuffer.JediFileSpec import JediFileSpec

    chosen = []
    for dataset in refiner.inMasterDatasetSpec:
        file = JediFileSpec()
        # JEDI names the files of a list so: the number is how it finds the entry again.
        file.lfn = f"{serial:06d}:{entry}" if entry is not None else "pseudo_lfn"
        file.jediTaskID, file.type, file.fsize, file.attemptNr = job.jediTaskID, dataset.type, 0, 0
        dataset.masterID, dataset.datasetID = None, 1
        job.addFile(file.convertToJobFileSpec(dataset))
        chosen.append((dataset, [file]))
    return chosen


def _outputs(refiner: Any, job: Any, serial: int) -> dict[str, Any]:
    from pandaserver.taskbuffer.JediFileSpec import JediFileSpec

    made = {}
    for number, dataset in enumerate(refiner.outDatasetSpecList, start=2):
        for template in refiner.outputTemplateMap.get(dataset.outputMapKey(), []):
            file, kind = JediFileSpec(), template["outtype"]
            name = template["filenameTemplate"].replace("${SN/P}", f"{serial + 1:06d}")
            file.lfn = name.replace("${SN}", f"{serial + 1:06d}").replace("$JEDITASKID", str(job.jediTaskID))
            file.jediTaskID, file.type, file.fsize, file.attemptNr, file.GUID = (
                job.jediTaskID,
                kind,
                0,
                0,
                str(uuid.uuid4()),
            )
            dataset.datasetID, dataset.type = number, kind
            job.addFile(file.convertToJobFileSpec(dataset))
            made[template["streamName"]] = file
    return made


def pilot_dictionary(job: Any) -> dict[str, Any]:
    """Return what the server's protocol tells a pilot of a job."""
    from pandaserver.jobdispatcher import Protocol

    answer = Protocol.Response(Protocol.SC_Success)
    answer.appendJob(job, _Sites())
    told = {name: value for name, value in answer.data.items() if name != "StatusCode"}
    if isinstance(told.get("cmtConfig"), dict | list):
        told["cmtConfig"] = ""
    return json.loads(json.dumps(told | {"nSent": 0}, default=str))
