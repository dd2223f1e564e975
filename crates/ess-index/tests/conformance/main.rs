//! Every index through the suites that every index runs.

mod flat;
mod graph;
mod identified;
mod passages;
mod quantised;
mod sharded;
