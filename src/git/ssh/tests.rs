//! What can be told of SSH without a server.

use std::time::Duration;

use super::*;
use crate::host::{self, Place};
use crate::http;
use crate::tools::Tools;

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let temp = tempfile::tempdir().unwrap();
    let search_path = std::env::split_paths("/usr/local/bin:/usr/bin:/bin");
    let search_path = std::env::join_paths(search_path).unwrap();
    let tools =
        Tools::new(search_path, temp.path()).user_environment([("GIT_SSH_COMMAND", "sleep 600 #")]);
    let location = host::resolve("git@git.contoso.com:m.git", None).unwrap();
    let Place::Ssh(address) = location.place else {
        panic!("not SSH")
    };
    let options = Options {
        http: http::Options::new("gitops-publisher/test"),
        authorization: None,
        temp_root: temp.path().to_path_buf(),
        tools,
        create_if_missing: false,
    };
    let mut remote = Ssh::new(address, HostKind::Git, options);
    remote.git.patience = Duration::from_millis(300);
    let error = remote.read(None, &[]).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "git@git.contoso.com:m.git: git failed while reading the list of branches: it took longer than 0 seconds"
    );
    let tip = {
        let mut tip = read::empty("main".to_owned(), &[], None);
        tip.copy = Some(Arc::new(remote.copy().await.unwrap()));
        tip
    };
    let error = remote.delete(&tip).await.unwrap_err();
    assert!(error.unknown_outcome().is_some(), "{error}");
    drop(tip);
    assert_eq!(temp.path().read_dir().unwrap().count(), 0);
}
