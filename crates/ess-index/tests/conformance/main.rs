//! Every index through the suites that every index runs.

mod flat;
mod graph;
mod identified;
mod ivf_pq;
mod passages;
mod sharded;
