"""`recast-ci.yml`: what a repository wants to be tested, run and compared; read strictly, every fault with its line."""

from recast.ci.config.files import files_named
from recast.ci.config.model import CONFIG_NAME, DEFAULT_TESTS, CiConfig, ToleranceRule, ValidationRun
from recast.ci.config.read import config_of, load_config

__all__ = [
    "CONFIG_NAME",
    "DEFAULT_TESTS",
    "CiConfig",
    "ToleranceRule",
    "ValidationRun",
    "config_of",
    "files_named",
    "load_config",
]
