//! The plan as a caller sees it.
#![allow(
    clippy::unwrap_used,
    reason = "a failed assumption should fail the test"
)]
#![allow(clippy::disallowed_methods, reason = "tests read their fixtures")]
#![allow(clippy::print_stdout, reason = "tests say what they skip")]
#![allow(clippy::format_collect, reason = "tests need no speed there")]
#![allow(clippy::too_many_lines, reason = "tables of cases are long")]
#![allow(clippy::wildcard_imports, reason = "helpers of the tables")]
#![allow(unreachable_pub, reason = "one binary: everything is shared inside it")]

mod approval;
mod bumps;
mod copies;
mod corpus;
mod disclosed;
mod docs;
mod edits;
mod evasions;
mod examples;
mod fields;
mod files;
mod gaps;
mod hostile;
mod json;
mod meaning;
mod policy;
mod published;
mod read;
mod rotated;
mod rules;
mod secrets;
mod shapes;
mod speed;
mod view;
mod views;
