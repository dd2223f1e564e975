//! What the example programs share: arguments, data and tables.
