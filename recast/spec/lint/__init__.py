"""What is wrong with a spec, dubious, or not fit to be kept: rules judged over its documents."""
