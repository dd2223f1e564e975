//! ESS by example: the files beside this folder, in the order of their numbers.
