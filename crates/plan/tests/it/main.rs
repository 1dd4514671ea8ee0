//! The plan as a caller sees it.

mod bumps;
mod corpus;
mod docs;
mod fields;
mod json;
mod read;
mod rules;
mod secrets;
