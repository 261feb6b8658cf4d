"""A substation and a container that are not there: for training, demonstration and CI."""
