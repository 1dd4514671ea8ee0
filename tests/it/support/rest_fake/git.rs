//! Git at the address of a fake: the real one, with its faults.

use axum::body::Bytes;
use axum::response::Response;

use super::{Behaviour, Fault, Reply, Service, Shared, respond};
use crate::support::git_server::cgi;
use crate::support::git_server::connection::Handle;

/// What the address of a push ends with.
pub(super) const PUSH: &str = "/git-receive-pack";

/// A request of git's own protocol.
#[derive(Debug, Clone)]
pub struct GitAsked {
    pub path: String,
    pub authorization: Option<String>,
}

impl<S> Behaviour<S> {
    /// Lets happen what was to happen before git is asked for branches.
    fn happen(&mut self) {
        for (later, act) in std::mem::take(&mut self.git_happenings) {
            match later.checked_sub(1) {
                None => act(&mut self.service),
                Some(later) => self.git_happenings.push((later, act)),
            }
        }
    }
}

/// Answers one request, or meets it with the fault that waits for it.
pub(super) async fn serve<S: Service>(
    shared: &Shared<S>,
    connection: &Handle,
    head: &axum::http::request::Parts,
    body: Bytes,
) -> Response {
    let path = head.uri.path().to_owned();
    let authorization = head.headers.get("authorization");
    let authorization = authorization.and_then(|value| value.to_str().ok());
    let (fault, instead) = {
        let mut behaviour = shared.behaviour.lock().unwrap();
        behaviour.git_requests.push(GitAsked {
            path: path.clone(),
            authorization: authorization.map(str::to_owned),
        });
        if path.ends_with("/info/refs") {
            behaviour.happen();
        }
        let found = behaviour
            .git_faults
            .iter()
            .position(|(end, _)| path.ends_with(end));
        let fault = found.map(|at| behaviour.git_faults.remove(at).1);
        let target = head.uri.path_and_query().map_or("", |it| it.as_str());
        (fault, behaviour.service.serve_git(target, authorization))
    };
    match fault {
        Some(Fault::Answer(reply)) => return respond(reply),
        Some(Fault::DropBefore) => {
            connection.cut();
            return respond(Reply::status(500));
        }
        _ => {}
    }
    if let Some(reply) = instead {
        return respond(reply);
    }
    let answer = cgi::run(shared.root.path(), head, body, true).await;
    match fault {
        Some(Fault::DropAfter) => connection.cut(),
        Some(Fault::AnswerAfter(reply)) => return respond(reply),
        Some(Fault::Stall) => return std::future::pending().await,
        _ => {}
    }
    answer
}
