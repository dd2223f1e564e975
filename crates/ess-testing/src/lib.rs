//! Conformance suites for implementers of encoders, searching modules and indexes.
