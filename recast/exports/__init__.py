"""Results in the forms that others read: submissions for HEPData, patchsets for pyhf."""
