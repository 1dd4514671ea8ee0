//! Tests of tree reading and editing.
