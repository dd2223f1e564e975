//! Trainable searching modules on Burn: linear, MLP, ensembles, and the trait to write your own.
