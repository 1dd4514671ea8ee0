//! The plan as a caller sees it.

mod bumps;
mod corpus;
mod read;
