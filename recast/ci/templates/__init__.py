"""The pipeline of a repository for GitLab, GitHub, Gitea and Forgejo: written once, by `recast ci init`."""

from recast.ci.templates.write import FORGES, Written, write_pipeline

__all__ = ["FORGES", "Written", "write_pipeline"]
