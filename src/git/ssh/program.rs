//! Calls of the git program: their arguments and surroundings, and what it
//! means when they fail.

use std::time::Duration;

use super::copy::{Copy, ORIGIN};
use super::trouble;
use crate::git::error::Fault;
use crate::model::ObjectId;
use crate::tools::{Invocation, Output, Tools};

/// How long one call may take. Far beyond what any needs: SSH itself notices
/// dead connections long before.
const PATIENCE: Duration = Duration::from_mins(15);

/// How SSH is spoken unless the user says otherwise: it never asks, and ends
/// when the server does not answer for a minute.
const SSH: &str =
    "ssh -o BatchMode=yes -o ConnectTimeout=30 -o ServerAliveInterval=15 -o ServerAliveCountMax=4";

/// Bytes of an answer, at most.
const LONGEST_ANSWER: usize = 128 << 20;

/// What went wrong with a push before there was an answer.
pub(super) enum Unanswered {
    /// Git did not start, so that nothing was sent.
    NotStarted(Fault),
    /// It took too long.
    TooLong(Duration),
}

/// The git program.
pub(super) struct Git {
    tools: Tools,
    pub(super) patience: Duration,
}

impl Git {
    pub(super) fn new(tools: Tools) -> Self {
        Self {
            tools,
            patience: PATIENCE,
        }
    }

    /// The branches, and which is the default, as `git ls-remote` tells them.
    pub(super) async fn list(&self, copy: &Copy) -> Result<String, Fault> {
        const DOING: &str = "reading the list of branches";
        let args = ["ls-remote", "--symref", ORIGIN, "HEAD", "refs/heads/*"];
        let output = self.run(copy, DOING, &args).await?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The same with the tags, and what they point to.
    pub(super) async fn list_all(&self, copy: &Copy) -> Result<String, Fault> {
        const DOING: &str = "reading the list of branches and tags";
        let args = [
            "ls-remote",
            "--symref",
            ORIGIN,
            "HEAD",
            "refs/heads/*",
            "refs/tags/*",
        ];
        let output = self.run(copy, DOING, &args).await?;
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Fetches commits and what belongs to them. Asked for by id, they are the
    /// ones that were listed, wherever the branch is by now.
    pub(super) async fn fetch(
        &self,
        copy: &Copy,
        how: &[&str],
        ids: &[ObjectId],
    ) -> Result<(), Fault> {
        const DOING: &str = "reading the objects";
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let mut args = vec!["fetch", "--quiet", "--no-tags", "--recurse-submodules=no"];
        args.extend(how);
        args.push(ORIGIN);
        args.extend(ids.iter().map(String::as_str));
        self.run(copy, DOING, &args).await.map(drop)
    }

    /// Fetches single objects, as git itself does for those that a filter left out.
    pub(super) async fn fetch_objects(&self, copy: &Copy, ids: &[ObjectId]) -> Result<(), Fault> {
        let how = ["--no-write-fetch-head", "--filter=blob:none"];
        self.fetch(copy, &how, ids).await
    }

    /// Pushes one change on the condition of `lease`. The answer may be a
    /// refusal; the error is that there is none.
    pub(super) async fn push(
        &self,
        copy: &Copy,
        lease: &str,
        change: &str,
    ) -> Result<Output, Unanswered> {
        let args = [
            "push",
            "--porcelain",
            "--no-verify",
            "--recurse-submodules=no",
            lease,
            ORIGIN,
            change,
        ];
        let call = self.call(copy, &args).map_err(Unanswered::NotStarted)?;
        match tokio::time::timeout(self.patience, self.tools.run(&call)).await {
            Ok(Ok(output)) => Ok(output),
            Ok(Err(error)) => Err(Unanswered::NotStarted(error.into())),
            Err(_) => Err(Unanswered::TooLong(self.patience)),
        }
    }

    /// Runs a call that changes nothing on the server.
    async fn run(&self, copy: &Copy, doing: &'static str, args: &[&str]) -> Result<Output, Fault> {
        let call = self.call(copy, args)?;
        let output = tokio::time::timeout(self.patience, self.tools.run(&call))
            .await
            .map_err(|_| Fault::Git {
                doing,
                said: format!("it took longer than {} seconds", self.patience.as_secs()),
            })??;
        if output.status.success() {
            return Ok(output);
        }
        Err(trouble::explain(doing, &output.stderr))
    }

    /// A call in the private repository. It sees the user's keys and nothing
    /// of the checkout, of the machine's git settings, or of their hooks.
    fn call(&self, copy: &Copy, args: &[&str]) -> Result<Invocation, Fault> {
        let none = copy.path().join("none");
        let mut hooks = std::ffi::OsString::from("core.hooksPath=");
        hooks.push(&none);
        let mut folder = std::ffi::OsString::from("--git-dir=");
        folder.push(copy.path());
        let mut call = Invocation::new(self.tools.find("git")?)
            .directory(copy.path())
            .arg(folder)
            .arg("-c")
            .arg(hooks)
            .args(["-c", "gc.auto=0", "-c", "maintenance.auto=false"])
            .args(["-c", "fetch.negotiationAlgorithm=noop"])
            .args(args.iter().copied())
            .in_users_name()
            .variable("GIT_CONFIG_NOSYSTEM", "1")
            .variable("GIT_CONFIG_GLOBAL", none)
            .variable("GIT_ALLOW_PROTOCOL", "ssh")
            .variable("GIT_TERMINAL_PROMPT", "0")
            .variable("SSH_ASKPASS_REQUIRE", "never")
            .variable("LC_ALL", "C");
        call.output_limit = LONGEST_ANSWER;
        let chosen = ["GIT_SSH_COMMAND", "GIT_SSH"];
        if !chosen.iter().any(|name| self.tools.has_user_variable(name)) {
            call = call.variable("GIT_SSH_COMMAND", SSH);
        }
        Ok(call)
    }
}
