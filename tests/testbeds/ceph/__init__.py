"""A real object store on this machine: Ceph's gateway for S3, by one command."""

from tests.testbeds.ceph.bed import CephBed

__all__ = ["CephBed"]
