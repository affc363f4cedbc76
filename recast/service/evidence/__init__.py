"""What an answer rests on: every number opens to the version, the image, the inputs, the step and the signature."""
