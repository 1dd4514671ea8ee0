//! The process itself: no other one reads its memory, and none of it is left
//! on disk when it crashes. It holds tokens.

/// Switches off core dumps, here and for children, and reading by others of
/// the same user. Where the system refuses, there is nothing to be done.
pub(super) fn harden() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        let _ = setrlimit(Resource::Core, none);
    }
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}
