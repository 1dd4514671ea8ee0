//! What the tests are built from: the program, and a real git server.

pub mod program;
