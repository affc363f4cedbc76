"""Statements about a version, stored with it: its status, its builds, its validation; signed or not."""
