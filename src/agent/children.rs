//! Which variables the programs that are run may see.

use super::Environment;
use super::env::AGENT_PROXYURL;

/// What programs that we start may see: how to find programs and libraries,
/// the language, the way through the proxy, and nothing of the run. The
/// agent's own proxy stands above those of variables, and is not among them:
/// programs reach it by way of `http::Relay`.
pub fn child_environment(environment: &Environment) -> Vec<(String, String)> {
    const KEPT: [&str; 20] = [
        "PATH",
        "PATHEXT",
        "SYSTEMROOT",
        "SYSTEMDRIVE",
        "WINDIR",
        "COMSPEC",
        "LANG",
        "LC_ALL",
        "LC_CTYPE",
        "TZ",
        "LD_LIBRARY_PATH",
        "SSL_CERT_FILE",
        "SSL_CERT_DIR",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "NO_PROXY",
        "ALL_PROXY",
        "NUMBER_OF_PROCESSORS",
        "PROCESSOR_ARCHITECTURE",
        "OS",
    ];
    let with_agents_proxy = environment.get(AGENT_PROXYURL).is_some();
    environment
        .iter()
        .filter(|(name, _)| KEPT.contains(&name.to_ascii_uppercase().as_str()))
        .filter(|(name, _)| !with_agents_proxy || !name.to_ascii_uppercase().ends_with("_PROXY"))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// What programs see that act in the user's name, beyond what all see: where
/// keys and known servers are, and which program speaks SSH.
pub fn user_environment(environment: &Environment) -> Vec<(String, String)> {
    const KEPT: [&str; 16] = [
        "HOME",
        "USERPROFILE",
        "HOMEDRIVE",
        "HOMEPATH",
        "PROGRAMDATA",
        "ALLUSERSPROFILE",
        "USER",
        "LOGNAME",
        "USERNAME",
        "USERDOMAIN",
        "KRB5CCNAME",
        "SSH_AUTH_SOCK",
        "SSH_AGENT_PID",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_SSH_VARIANT",
    ];
    let kept = |name: &str| KEPT.contains(&name.to_ascii_uppercase().as_str());
    environment
        .iter()
        .filter(|(name, value)| kept(name) && !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_in_the_users_name_see_keys_and_no_secrets() {
        let kept = user_environment(&Environment::from([
            ("HOME", "/home/ada"),
            ("SSH_AUTH_SOCK", "/tmp/agent"),
            ("GIT_SSH_COMMAND", ""),
            ("SSH_ASKPASS", "/bin/x"),
            ("GIT_DIR", "/x"),
            ("SECRET_X", "s3cret"),
        ]));
        let names: Vec<_> = kept.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["HOME", "SSH_AUTH_SOCK"]);
    }

    #[test]
    fn programs_see_nothing_of_the_run() {
        let kept = child_environment(&Environment::from([
            ("PATH", "/bin"),
            ("SECRET_X", "s3cret"),
            ("INPUT_TOKEN", "t0ken"),
            ("SYSTEM_ACCESSTOKEN", "t0ken"),
            ("HTTPS_PROXY", "http://proxy:8080"),
            ("no_proxy", "contoso.com"),
        ]));
        let names: Vec<_> = kept.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["HTTPS_PROXY", "PATH", "no_proxy"]);
    }
}
