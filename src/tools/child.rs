//! The life of one child process.

use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop};
use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::confine::{Cage, Strength};
use super::{Error, Invocation, Output, Status, shown};

/// How much of standard error is kept: its end says why something failed.
const STDERR_KEPT: usize = 256 << 10;

/// How long the pipes may stay open after the program itself has ended,
/// before what it left behind is killed.
const LEFTOVER_GRACE: Duration = Duration::from_secs(1);

/// Runs `invocation` with exactly `environment`, and says how far it is confined.
pub(super) async fn run(
    invocation: &Invocation,
    environment: &[(OsString, OsString)],
    cage: Option<Cage>,
) -> Result<(Output, Option<Strength>), Error> {
    let program = shown(&invocation.program).into_owned();
    let read = |source| Error::Read {
        program: program.clone(),
        source,
    };
    let (mut group, strength) = match cage {
        Some(cage) => {
            let (group, strength) = confined(invocation, environment, cage).await?;
            (group, Some(strength))
        }
        None => (spawn(invocation, environment, Stdio::null())?, None),
    };
    let stdout = group.0.stdout().take().expect("stdout is piped");
    let stderr = group.0.stderr().take().expect("stderr is piped");
    let limit = invocation.output_limit;
    let pipes = async {
        tokio::try_join!(bounded(stdout, limit, &program), async {
            tail(stderr).await.map_err(read)
        })
    };
    tokio::pin!(pipes);

    let (status, early) = tokio::select! {
        both = &mut pipes => {
            let both = both?;
            (group.0.wait().await, Some(both))
        }
        status = group.0.wait() => (status, None),
    };
    let (stdout, stderr) = match early {
        Some(both) => both,
        None => {
            if let Ok(both) = tokio::time::timeout(LEFTOVER_GRACE, &mut pipes).await {
                both?
            } else {
                // A background process still holds the pipes: it belongs to
                // the group, so this ends it and nothing else.
                let _ = group.0.start_kill();
                pipes.await?
            }
        }
    };
    let output = Output {
        status: Status(status.map_err(read)?),
        stdout,
        stderr,
    };
    Ok((output, strength))
}

/// Starts it from a thread that has confined itself: a restriction is that of
/// a thread, handed down to what it starts, and can never be taken back.
async fn confined(
    invocation: &Invocation,
    environment: &[(OsString, OsString)],
    cage: Cage,
) -> Result<(Group, Strength), Error> {
    let (send, started) = tokio::sync::oneshot::channel();
    let runtime = tokio::runtime::Handle::current();
    let (own, environment) = (invocation.clone(), environment.to_vec());
    let program = || shown(&invocation.program).into_owned();
    let thread = std::thread::Builder::new().spawn(move || {
        let _runtime = runtime.enter();
        let made = cage.close().map_err(|source| Error::Confine {
            program: shown(&own.program).into_owned(),
            source,
        });
        let made =
            made.and_then(|strength| Ok((spawn(&own, &environment, Stdio::null())?, strength)));
        // Nobody waits for it any more: dropping it ends the child.
        let _ = send.send(made);
    });
    if let Err(source) = thread {
        let program = program();
        return Err(Error::Start { program, source });
    }
    started.await.unwrap_or_else(|_| {
        let source = std::io::Error::other("the thread that starts it has ended");
        let program = program();
        Err(Error::Start { program, source })
    })
}

/// A process group that dies with this value, whether its leader has ended or not.
pub(super) struct Group(pub(super) Box<dyn ChildWrapper>);

impl Drop for Group {
    fn drop(&mut self) {
        // Already gone is as good as killed.
        let _ = self.0.start_kill();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the room that starts programs"
)]
pub(super) fn spawn(
    invocation: &Invocation,
    environment: &[(OsString, OsString)],
    stdin: Stdio,
) -> Result<Group, Error> {
    let mut command = tokio::process::Command::new(&invocation.program);
    command
        .args(&invocation.args)
        .env_clear()
        .envs(environment.iter().map(|(name, value)| (name, value)))
        .stdin(stdin)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    if let Some(directory) = &invocation.directory {
        command.current_dir(directory);
    }
    let mut command = CommandWrap::from(command);
    command.wrap(KillOnDrop);
    #[cfg(unix)]
    command.wrap(process_wrap::tokio::ProcessGroup::leader());
    #[cfg(windows)]
    command.wrap(process_wrap::tokio::JobObject);
    match command.spawn() {
        Ok(child) => Ok(Group(child)),
        Err(source) => Err(Error::Start {
            program: shown(&invocation.program).into_owned(),
            source,
        }),
    }
}

/// Reads to the end, unless that is more than `limit` bytes.
async fn bounded(
    mut pipe: impl AsyncRead + Unpin,
    limit: usize,
    program: &str,
) -> Result<Vec<u8>, Error> {
    let mut all = Vec::new();
    let bound = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let result = (&mut pipe).take(bound).read_to_end(&mut all).await;
    let program = program.to_owned();
    match result {
        Err(source) => Err(Error::Read { program, source }),
        Ok(_) if all.len() > limit => Err(Error::TooMuchOutput { program, limit }),
        Ok(_) => Ok(all),
    }
}

/// Reads to the end and keeps the last [`STDERR_KEPT`] bytes.
pub(super) async fn tail(mut pipe: impl AsyncRead + Unpin) -> std::io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    let mut chunk = vec![0; 16 << 10];
    loop {
        match pipe.read(&mut chunk).await? {
            0 => break,
            count => kept.extend_from_slice(&chunk[..count]),
        }
        if kept.len() > 2 * STDERR_KEPT {
            kept.drain(..kept.len() - STDERR_KEPT);
        }
    }
    kept.drain(..kept.len().saturating_sub(STDERR_KEPT));
    Ok(kept)
}
